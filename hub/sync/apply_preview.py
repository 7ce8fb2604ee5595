"""How is exactly that carried out which a person saw in a preview and approved?

Everything is looked at again first. A cell that still stands as the preview showed it is taken or
sent; one that moved since, on either side, is left as it is and listed. The guard has nothing to
ask: a person said yes to these very records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from hub.core.mapping import StreamMapping
from hub.core.meeting import RecordPlan
from hub.core.values import Value
from hub.errors import HubError
from hub.store import leases, links, previews, rows, runs
from hub.store.previews import KeptPreview
from hub.sync import guarding
from hub.sync.apply import apply_page
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness, settle_missing
from hub.sync.dry_run import Action, Direction, Preview, RecordDiff
from hub.sync.meet import plan_page
from hub.sync.preview import mapping_of
from hub.sync.preview_push import preview_rows
from hub.sync.previews import records_of
from hub.sync.push_page import push_rows
from hub.sync.push_plan import Want

CHUNK = 100


@dataclass(kw_only=True, slots=True)
class _Outcome:
    """How many cells and records were carried out, and what was left and why."""

    done: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    def leave(self, record: RecordDiff, columns: Iterable[str | None], reason: str) -> None:
        self.left += [
            {
                "row_id": str(record.row_id),
                "external_id": record.external_id,
                "column": column,
                "reason": reason,
            }
            for column in columns
        ]


def apply_approved(work: Work) -> None:
    """Carry out the connection's approved previews, one after another.

    Raises:
        HubError: what the other side answered; what is left of the preview is done next time.
    """
    database = work.connection.database
    with database.reading() as session:
        waiting = previews.approved_previews(session, work.connection.name)
    for preview_id in waiting:
        with database.reading() as session:
            kept = previews.load_preview(session, preview_id)
        try:
            outcome = _apply(work, kept)
        except HubError as exc:
            if exc.retryable:
                raise
            with database.unit_of_work(work.provenance()) as session:
                leases.check(session, work.grant)
                previews.note_failed(session, preview_id, exc.message)
            raise
        with database.unit_of_work(work.provenance()) as session:
            leases.check(session, work.grant)
            previews.note_applied(
                session,
                preview_id,
                run_id=work.run_id,
                left_out=outcome.left,
                message=f"{outcome.done} cells and records were carried out as shown, "
                f"{len(outcome.left)} were left because they had moved since.",
            )
        work.counts["previews_applied"] += 1
        work.counts["approved_done"] += outcome.done
        work.counts["approved_left"] += len(outcome.left)


def _apply(work: Work, kept: KeptPreview) -> _Outcome:
    mapping = mapping_of(work.connection, kept.stream)
    outcome = _Outcome()
    wanted = [record for record in records_of(kept.diff) if record.action is not Action.STAY]
    act = _pull if kept.direction == Direction.PULL else _push
    for start in range(0, len(wanted), CHUNK):
        act(work, mapping, wanted[start : start + CHUNK], kept.decided_by or "", outcome)
    return outcome


def _by_columns(
    matched: Mapping[UUID | str, frozenset[str]],
) -> Iterator[tuple[frozenset[str], list[Any]]]:
    """The records that share the cells that may be carried out."""
    groups: dict[frozenset[str], list[Any]] = {}
    for key, columns in matched.items():
        if columns:
            groups.setdefault(columns, []).append(key)
    yield from groups.items()


def _only(mapping: StreamMapping, columns: frozenset[str]) -> StreamMapping:
    """The stream as if nothing but these columns were mapped."""
    fields = tuple(m for m in mapping.fields if m.column.name in columns)
    return replace(mapping, fields=fields)


# Theirs into the hub


def _pull(
    work: Work,
    mapping: StreamMapping,
    chunk: Sequence[RecordDiff],
    by: str,
    outcome: _Outcome,
) -> None:
    approved = {record.external_id: record for record in chunk if record.external_id}
    there = read_with_witness(work, mapping, list(approved))
    fields = work.fields_of(mapping)
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        plans = plan_page(session, mapping, fields, list(there.values()), edits={}, created={})
        whole: list[RecordPlan] = []
        parts: dict[UUID | str, frozenset[str]] = {}
        for plan in plans:
            record = approved[plan.link.external_id]
            if record.action in {Action.CREATE, Action.REVIVE}:
                if _is_as_shown(record, plan):
                    whole.append(plan)
                    outcome.done += 1
                else:
                    outcome.leave(record, [None], "its record or its row is not as it was shown")
            elif record.action is Action.CHANGE:
                parts[plan.link.external_id] = _takes_as_shown(record, plan, outcome)
            else:
                outcome.leave(record, [None], "its record is there again")
        apply_page(session, work, mapping, whole)
        for columns, external_ids in _by_columns(parts):
            part = _only(mapping, columns)
            found = [there[external_id] for external_id in external_ids]
            apply_page(
                session, work, part, plan_page(session, part, fields, found, edits={}, created={})
            )
        gone = [record for key, record in approved.items() if key not in there]
        _bury(session, work, mapping, gone, by, outcome)


def _is_as_shown(record: RecordDiff, plan: RecordPlan) -> bool:
    if (record.action is Action.CREATE) != plan.inserts:
        return False
    if (record.action is Action.REVIVE) != plan.revives:
        return False
    takes = {name: value for name, (value, _) in plan.takes.items()}
    shown: dict[str, Value] = {cell.column: cell.after for cell in record.cells}
    if record.action is Action.CREATE:
        return shown == {name: value for name, value in takes.items() if value is not None}
    return shown == takes


def _takes_as_shown(record: RecordDiff, plan: RecordPlan, outcome: _Outcome) -> frozenset[str]:
    row = plan.meeting.row or {}
    matched: set[str] = set()
    for cell in record.cells:
        take = plan.takes.get(cell.column)
        if take is not None and take[0] == cell.after and row.get(cell.column) == cell.before:
            matched.add(cell.column)
            outcome.done += 1
        elif row.get(cell.column) == cell.after:
            # An earlier attempt, or somebody else, did it already.
            outcome.done += 1
        else:
            outcome.leave(record, [cell.column], "it moved since the preview")
    return frozenset(matched)


def _bury(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    gone: Sequence[RecordDiff],
    by: str,
    outcome: _Outcome,
) -> None:
    doomed = [record for record in gone if record.action is Action.DELETE]
    for record in gone:
        if record.action is not Action.DELETE:
            outcome.leave(record, [cell.column for cell in record.cells], "its record is gone")
    if not doomed:
        return
    items = [str(record.row_id) for record in doomed]
    runs.grant(session, mapping.connection, mapping.stream, guarding.DELETE_IN_HUB, items, by)
    settle_missing(session, work, mapping, [str(record.external_id) for record in doomed], {})
    runs.mark_applied(session, mapping.connection, mapping.stream, guarding.DELETE_IN_HUB)
    known = rows.load_rows(session, mapping.hub_table, [record.row_id for record in doomed])
    for record in doomed:
        row = known.get(record.row_id)
        if row is None or row.deleted_at is not None:
            outcome.done += 1
        else:
            outcome.leave(record, [None], "the row was edited here since: it stays")


# Ours to the other side


def _push(
    work: Work,
    mapping: StreamMapping,
    chunk: Sequence[RecordDiff],
    by: str,
    outcome: _Outcome,
) -> None:
    row_ids = [record.row_id for record in chunk]
    fresh = Preview(
        connection=mapping.connection,
        stream=mapping.stream,
        direction=Direction.PUSH,
        keeps=len(row_ids),
    )
    preview_rows(work, mapping, row_ids, set(row_ids), fresh)
    now = {record.row_id: record for record in fresh.records}
    shadows = _agreed(work, mapping, row_ids)
    matched: dict[UUID | str, frozenset[str]] = {}
    doomed: list[UUID] = []
    for record in chunk:
        seen = now.get(record.row_id)
        if record.action is Action.DELETE:
            if seen is not None and seen.action is Action.DELETE:
                doomed.append(record.row_id)
                outcome.done += 1
            else:
                outcome.leave(record, [None], "its row is back, or its record was edited since")
            continue
        matched[record.row_id] = _cells_as_shown(
            record, seen, shadows.get(record.row_id, {}), outcome
        )
    for columns, listed in _by_columns(matched):
        part = {row_id: Want.CHANGE for row_id in listed}
        push_rows(work, _only(mapping, columns), part, asked=set(), unanswered=set())
    if doomed:
        push_rows(work, mapping, dict.fromkeys(doomed, Want.DELETE), asked=set(), unanswered=set())


def _agreed(
    work: Work, mapping: StreamMapping, row_ids: Sequence[UUID]
) -> dict[UUID, frozenset[str]]:
    """The columns of each row in which nothing is left to send: both sides agree."""
    with work.connection.database.reading() as session:
        found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
        known = rows.load_rows(session, mapping.hub_table, row_ids)
    return {
        row_id: frozenset(
            name
            for name, pair in link.shadow.items()
            if row_id in known and known[row_id].values.get(name) == pair.hub
        )
        for row_id, link in found.items()
    }


def _cells_as_shown(
    record: RecordDiff,
    seen: RecordDiff | None,
    agreed: Iterable[str],
    outcome: _Outcome,
) -> frozenset[str]:
    if seen is not None and seen.action is record.action:
        cells = {cell.column: cell for cell in seen.cells}
    else:
        cells = {}
    matched: set[str] = set()
    for shown in record.cells:
        if cells.get(shown.column) == shown:
            matched.add(shown.column)
            outcome.done += 1
        else:
            outcome.leave(record, [shown.column], _why_moved(shown.column, agreed))
    return frozenset(matched)


def _why_moved(column: str, agreed: Iterable[str]) -> str:
    if column in agreed:
        return "both sides agree on it by now"
    return "it moved since the preview"
