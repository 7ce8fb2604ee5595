"""Which records would be made, changed and deleted at the other side?

The rows are the ones that the next push looks at; their records are read again and merged, as the
push does just before it writes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hub.core.links import Link
from hub.core.mapping import Parked, Resolve, StreamMapping, to_remote
from hub.core.meeting import RecordPlan, empty_of
from hub.core.outgoing import outgoing_cells
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.values import Unfit, Value
from hub.store import divergences, links, rows
from hub.store.rows import Row
from hub.sync.adopt import outgoing_resolver
from hub.sync.candidates import find_candidates
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness
from hub.sync.dry_run import Action, CellDiff, Preview, RecordDiff
from hub.sync.meet import plan_page
from hub.sync.reasons import shown_remote

CHUNK = 100


def preview_push(work: Work, mapping: StreamMapping, seen: Preview) -> None:
    """Tell what the next push would send, and what the run would cost.

    Raises:
        HubError: what the other side answered.
    """
    if not mapping.writes:
        return
    with work.connection.database.reading() as session:
        facts = divergences.stream_facts(session, mapping.connection, mapping.stream)
        tick = facts.push_tick if facts else None
        changed = divergences.unsent_rows(session, mapping.hub_table, tick)
        asked = links.rechecks(session, mapping.connection, mapping.stream)
        alone = (
            []
            if facts and facts.is_backfilled
            else rows.live_unlinked_rows(
                session, mapping.hub_table, mapping.connection, mapping.stream
            )
        )
    row_ids = list(dict.fromkeys([*changed, *asked, *alone]))
    for start in range(0, len(row_ids), CHUNK):
        preview_rows(work, mapping, row_ids[start : start + CHUNK], set(asked), seen)
    connector = work.connection.connector
    sent = seen.counts[Action.CREATE] + seen.counts[Action.CHANGE]
    seen.calls += math.ceil(sent / connector.write_batch_size)
    seen.calls += math.ceil(seen.counts[Action.DELETE] / connector.write_batch_size)


def preview_rows(
    work: Work,
    mapping: StreamMapping,
    row_ids: Sequence[UUID],
    asked: set[UUID],
    seen: Preview,
) -> None:
    """Tell what would be sent of these rows now; `asked` ones are read again in any case."""
    fields = work.fields_of(mapping)
    with work.connection.database.reading() as session:
        wanted = find_candidates(session, mapping, fields, row_ids, forced=asked)
        known = rows.load_rows(session, mapping.hub_table, row_ids)
    touched = {**wanted.updates, **wanted.deletes}
    external_ids = [link.external_id for link in touched.values()]
    before = work.connection.connector.requests_made
    there = read_with_witness(work, mapping, external_ids) if external_ids else {}
    # The worker reads them again just before it writes.
    seen.calls += work.connection.connector.requests_made - before
    with work.connection.database.trying() as session:
        plans = plan_page(session, mapping, fields, list(there.values()), edits={}, created={})
        values = {plan.link.row_id: _merged(plan, known.get(plan.link.row_id)) for plan in plans}
        fresh = {row_id: known[row_id].values for row_id in wanted.creates}
        lost = {
            row_id: known[row_id].values
            for row_id, link in touched.items()
            if link.external_id not in there
            and row_id in known
            and known[row_id].deleted_at is None
        }
        resolve = outgoing_resolver(
            session, mapping, [*values.values(), *fresh.values(), *lost.values()]
        )
    outgoing = _Outgoing(mapping=mapping, fields=fields, resolve=resolve, seen=seen)
    for plan in plans:
        outgoing.tell_merged(plan, values[plan.link.row_id], there[plan.link.external_id])
    for row_id, row in fresh.items():
        outgoing.tell_new(row_id, row, None)
    for row_id, row in lost.items():
        outgoing.tell_new(row_id, row, "its record is gone there: the edit here makes a new one")


def _merged(plan: RecordPlan, row: Row | None) -> dict[str, Value]:
    """The row as it is once their edits are taken in."""
    return dict(row.values if row else {}) | {name: take for name, (take, _) in plan.takes.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outgoing:
    mapping: StreamMapping
    fields: Mapping[str, FieldSchema]
    resolve: Resolve
    seen: Preview

    def tell_merged(
        self, plan: RecordPlan, values: Mapping[str, Value], record: RemoteRecord
    ) -> None:
        """A linked record after a merge with what was just read."""
        is_gone = plan.meeting.row is None or plan.meeting.is_row_deleted
        edited_there = f"{len(plan.takes)} cells edited there are taken in first"
        if is_gone and not (plan.revives or plan.inserts):
            self._add(Action.DELETE, plan.link, (), None)
            return
        cells, kept = self._cells(plan.link, values, record)
        notes = [edited_there] if plan.takes else []
        if is_gone:
            notes.append("deleted here, but edited there: the edit wins")
        notes += kept
        if cells:
            self._add(Action.CHANGE, plan.link, cells, "; ".join(notes) or None)
        elif notes:
            self._add(Action.STAY, plan.link, (), "; ".join(notes))

    def tell_new(self, row_id: UUID, values: Mapping[str, Value], note: str | None) -> None:
        """A row that gets a record."""
        cells, kept = self._cells(None, values, None)
        notes = [*([note] if note else []), *kept]
        self.seen.add(
            RecordDiff(
                action=Action.CREATE,
                row_id=row_id,
                external_id=None,
                cells=cells,
                note="; ".join(notes) or None,
            )
        )

    def _cells(
        self, link: Link | None, values: Mapping[str, Value], record: RemoteRecord | None
    ) -> tuple[tuple[CellDiff, ...], list[str]]:
        cells: list[CellDiff] = []
        kept: list[str] = []
        for cell in outgoing_cells(self.mapping, self.fields, link, values):
            name = cell.mapping.column.name
            after = to_remote(
                cell.mapping,
                cell.schema,
                cell.ours,
                self.resolve,
                allow_new_options=self.mapping.allow_new_options,
            )
            if isinstance(after, Unfit):
                kept.append(f"{name} cannot be sent: {after.reason}")
                continue
            if isinstance(after, Parked):
                kept.append(f"{name} waits for a record of {after.waits_for} in {after.stream}")
                continue
            before = (
                record.fields.get(cell.schema.id, empty_of(cell.schema))
                if record is not None
                else None
            )
            cells.append(
                CellDiff(
                    column=name,
                    before=shown_remote(cell.schema, before),
                    after=shown_remote(cell.schema, after),
                )
            )
        return tuple(cells), kept

    def _add(
        self, action: Action, link: Link, cells: tuple[CellDiff, ...], note: str | None
    ) -> None:
        self.seen.add(
            RecordDiff(
                action=action,
                row_id=link.row_id,
                external_id=link.external_id,
                cells=cells,
                note=note,
            )
        )
