"""At which named steps of a worker can it be killed, and where may others go on meanwhile?

Patched from here; the product has no switch for it. Each step belongs to a part of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from simulation.steps import find_step

_CONNECTOR = "connectors.airtable.connector.AirtableConnector"
STEPS: Mapping[str, str] = {
    # At the other side: no transaction is open.
    "schema read": f"{_CONNECTOR}.discover",
    "hook made": f"{_CONNECTOR}.create_hook",
    "hooks listed": f"{_CONNECTOR}.hooks",
    "payloads read": f"{_CONNECTOR}.read_changes",
    "records read": f"{_CONNECTOR}.read_records",
    "page read": f"{_CONNECTOR}.read_page",
    "records found by Hub ID": f"{_CONNECTOR}.find_by_hub_id",
    "records written": f"{_CONNECTOR}.write",
    "records deleted": f"{_CONNECTOR}.delete",
    "request sent": "simulation.deterministic.wire.Wire.carry",
    # Pull, one transaction.
    "changes pulled": "hub.sync.attend.pull_changes",
    "page planned": "hub.sync.pull.plan_page",
    "payloads matched": "hub.sync.pull.match_payloads",
    "missing settled": "hub.sync.pull.settle_missing",
    "lost updates settled": "hub.sync.pull.settle_lost",
    "edits of deleted kept": "hub.sync.pull.keep_edits_of_deleted",
    "rows inserted": "hub.store.rows.insert_rows",
    "rows updated": "hub.store.rows.update_rows",
    "links saved": "hub.store.links.save_links",
    "cells frozen": "hub.store.links.freeze",
    "cells thawed": "hub.store.links.thaw",
    "conflicts kept": "hub.store.conflicts.record_conflicts",
    "cursor moved": "hub.store.streams.advance_hook",
    "hook given up": "hub.store.streams.close_hook",
    # Push: three transactions a batch.
    "changes pushed": "hub.sync.attend.push_changes",
    "tick taken": "hub.store.change_log.take_tick",
    "rows pushed": "hub.sync.push.push_rows",
    "merged again": "hub.sync.push_page._merge_again",
    "lost creates looked up": "hub.sync.push_page.look_up_lost_creates",
    "records removed": "hub.sync.push_page.remove_records",
    "letters prepared": "hub.sync.push_page._prepare",
    "intents opened": "hub.store.intents.open_intents",
    "answers noted": "hub.sync.send.note_answers",
    "outcome noted": "hub.store.intents.note_outcome",
    "rechecks cleared": "hub.store.links.clear_rechecks",
    "writes superseded": "hub.store.intents.note_superseded",
    "stream moved": "hub.store.streams.change",
    # Backfill and reconcile: a transaction a page, and one at the end.
    "scan begun": "hub.sync.attend.begin_scan",
    "page scanned": "hub.sync.attend.scan_page",
    "page merged": "hub.sync.backfill.plan_page",
    "scan ended": "hub.sync.backfill._finish",
    "absent settled": "hub.sync.backfill.settle_missing",
    # Around it all.
    "lease taken": "hub.store.leases.take",
    "lease held": "hub.store.leases.extend",
    "lease given back": "hub.store.leases.give_back",
    "pings answered": "hub.store.leases.answer_pings",
    "run begun": "hub.store.runs.start_run",
    "run ended": "hub.store.runs.finish_run",
}
Told = Callable[[str, str, tuple[Any, ...]], None]
"""(step, before or after, arguments)."""


@contextmanager
def watched(told: Told) -> Iterator[None]:
    """Hear of every step while the context lasts."""
    with ExitStack() as stack:
        for name, path in STEPS.items():
            owner, attribute = find_step(path)
            step = _watched(name, getattr(owner, attribute), told)
            stack.enter_context(patch.object(owner, attribute, step))
        yield


def _watched(name: str, step: Callable[..., Any], told: Told) -> Callable[..., Any]:
    def stepped(*args: Any, **kwargs: Any) -> Any:
        told(name, "before", args)
        answer = step(*args, **kwargs)
        told(name, "after", args)
        return answer

    return stepped
