"""At which steps of the worker can something come in between?

Patched from here; the product has no switch for it. `OUTSIDE` steps hold no transaction open.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

_CONNECTOR = "connectors.airtable.connector.AirtableConnector"
OUTSIDE: Mapping[str, str] = {
    "payloads read": f"{_CONNECTOR}.read_changes",
    "records read": f"{_CONNECTOR}.read_records",
    "page read": f"{_CONNECTOR}.read_page",
    "records written": f"{_CONNECTOR}.write",
    "records deleted": f"{_CONNECTOR}.delete",
    "records found by hub id": f"{_CONNECTOR}.find_by_hub_id",
    "hook created": f"{_CONNECTOR}.create_hook",
    "request sent": "pyairtable.Api.request",
    "letters prepared": "hub.sync.push_page._prepare",
    "answers noted": "hub.sync.send.note_answers",
    "rows pushed": "hub.sync.push.push_rows",
    "records removed": "hub.sync.push_page.remove_records",
    "tick taken": "hub.store.change_log.take_tick",
    "changes pulled": "hub.sync.attend.pull_changes",
    "changes pushed": "hub.sync.attend.push_changes",
    "page scanned": "hub.sync.attend.scan_page",
}
INSIDE: Mapping[str, str] = {
    "page planned": "hub.sync.pull.plan_page",
    "rows inserted": "hub.store.rows.insert_rows",
    "rows updated": "hub.store.rows.update_rows",
    "links saved": "hub.store.links.save_links",
    "cells frozen": "hub.store.links.freeze",
    "conflicts kept": "hub.store.conflicts.record_conflicts",
    "cursor moved": "hub.store.streams.advance_hook",
    "payloads matched": "hub.sync.pull.match_payloads",
    "lost updates settled": "hub.sync.pull.settle_lost",
    "missing settled": "hub.sync.pull.settle_missing",
    "intents opened": "hub.store.intents.open_intents",
    "merged again": "hub.sync.push_page._merge_again",
    "answer applied": "hub.sync.answers.apply_page",
    "rechecks cleared": "hub.store.links.clear_rechecks",
    "pings answered": "hub.store.leases.answer_pings",
}
Told = Callable[[str, str], None]
"""(step, before or after)."""


@contextmanager
def watched(told: Told) -> Iterator[None]:
    """Hear of every step while the context lasts."""
    with ExitStack() as stack:
        for name, path in {**OUTSIDE, **INSIDE}.items():
            owner, attribute = find_step(path)
            step = _watched(name, getattr(owner, attribute), told)
            stack.enter_context(patch.object(owner, attribute, step))
        yield


def find_step(path: str) -> tuple[Any, str]:
    """The owner and the attribute that a dotted path names."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise LookupError(path)


def _watched(name: str, step: Callable[..., Any], told: Told) -> Callable[..., Any]:
    def stepped(*args: Any, **kwargs: Any) -> Any:
        told(name, "before")
        answer = step(*args, **kwargs)
        told(name, "after")
        return answer

    return stepped
