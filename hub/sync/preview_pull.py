"""Which rows would a complete read make, change and delete?"""

from __future__ import annotations

from collections.abc import Sequence

from hub.contract import Priority
from hub.core.links import LIVE
from hub.core.mapping import StreamMapping
from hub.core.meeting import RecordPlan
from hub.core.outgoing import outgoing_cells
from hub.core.policies import DeletePolicy
from hub.errors import CursorExpired
from hub.store import links, rows
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness
from hub.sync.dry_run import Action, CellDiff, Preview, RecordDiff
from hub.sync.meet import plan_page

CHUNK = 100
RESTARTS = 3


def preview_pull(work: Work, mapping: StreamMapping, seen: Preview) -> None:
    """Read the whole table and tell what would become of each row.

    Raises:
        HubError: what the other side answered.
    """
    present = _read_pages(work, mapping, seen)
    with work.connection.database.reading() as session:
        linked = links.live_external_ids(session, mapping.connection, mapping.stream)
    unseen = sorted(linked - present)
    there = read_with_witness(work, mapping, unseen) if unseen else {}
    gone = [external_id for external_id in unseen if external_id not in there]
    for start in range(0, len(gone), CHUNK):
        _tell_gone(work, mapping, gone[start : start + CHUNK], seen)


def _read_pages(work: Work, mapping: StreamMapping, seen: Preview) -> set[str]:
    connector, address = work.connection.connector, work.address_of(mapping)
    fields = work.fields_of(mapping)
    for attempt in range(RESTARTS):
        present: set[str] = set()
        cursor: str | None = None
        try:
            while True:
                page = connector.read_page(address, cursor, Priority.BACKFILL)
                fresh = [r for r in page.records if r.external_id not in present]
                with work.connection.database.trying() as session:
                    for plan in plan_page(session, mapping, fields, fresh, edits={}, created={}):
                        _tell_plan(plan, seen)
                present.update(record.external_id for record in fresh)
                cursor = page.next_cursor
                if cursor is None:
                    seen.counts["records_read"] = len(present)
                    return present
        except CursorExpired:
            if attempt == RESTARTS - 1:
                raise
            seen.records.clear()
            seen.counts.clear()
    raise AssertionError("a complete read ends or raises")


def _tell_plan(plan: RecordPlan, seen: Preview) -> None:
    row = plan.meeting.row or {}
    cells = tuple(
        CellDiff(column=name, before=None if plan.inserts else row.get(name), after=value)
        for name, (value, _) in plan.takes.items()
        if not (plan.inserts and value is None)
    )
    seen.counts["conflicts"] += len(plan.disagreements)
    seen.counts["frozen"] += len(plan.freezes)
    action = (
        Action.CREATE
        if plan.inserts
        else Action.REVIVE
        if plan.revives
        else Action.CHANGE
        if cells
        else Action.STAY
    )
    notes = [f"{item.field} stands still: {item.detail or item.reason}" for item in plan.freezes]
    notes += [
        f"{item.field} differs on both sides: {item.winner or 'a person is asked'}"
        for item in plan.disagreements
    ]
    if action is Action.STAY and not notes:
        return
    seen.add(
        RecordDiff(
            action=action,
            row_id=plan.link.row_id,
            external_id=plan.link.external_id,
            cells=cells,
            note="; ".join(notes) or None,
        )
    )
    seen.counts["overwritten"] += plan.overwrites


def _tell_gone(work: Work, mapping: StreamMapping, gone: Sequence[str], seen: Preview) -> None:
    """Records that are not there any more: their rows go, unless somebody edited them here."""
    fields = work.fields_of(mapping)
    with work.connection.database.reading() as session:
        found = links.links_of_records(session, mapping.connection, mapping.stream, gone)
        known = rows.load_rows(session, mapping.hub_table, [k.row_id for k in found.values()])
    for link in found.values():
        row = known.get(link.row_id)
        if link.state != LIVE or row is None or row.deleted_at is not None:
            continue
        action, note = Action.DELETE, None
        if mapping.on_delete is DeletePolicy.IGNORE:
            action, note = Action.STAY, "its record is gone; the stream ignores deletions"
        elif mapping.on_delete is DeletePolicy.RESTORE:
            action, note = Action.STAY, "its record is gone and would be made again"
        elif any(True for _ in outgoing_cells(mapping, fields, link, row.values)):
            action, note = Action.STAY, "its record is gone, but it was edited here: the edit wins"
        seen.add(
            RecordDiff(action=action, row_id=link.row_id, external_id=link.external_id, note=note)
        )
