"""What would a pull or a push change, cell by cell, and what would it cost?

The other side is read, nothing is written: what is planned here is rolled back. The plan is the
one that a worker makes from the same records and rows.
"""

from __future__ import annotations

import enum
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from hub.contract import Priority
from hub.core import guard
from hub.core.links import LIVE, Link
from hub.core.mapping import Parked, Resolve, StreamMapping, to_remote
from hub.core.outgoing import outgoing_cells
from hub.core.plan import RecordPlan, empty_of
from hub.core.policies import DeletePolicy
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.values import Unfit, Value
from hub.errors import CursorExpired, NotFound
from hub.store import divergences, links, rows, runs, schemas
from hub.store.database import Database
from hub.store.leases import LeaseGrant
from hub.store.rows import Row
from hub.sync import guarding
from hub.sync.adopt import outgoing_resolver
from hub.sync.connection import SyncConnection, Work
from hub.sync.deletes import read_with_witness
from hub.sync.divergence import shown_remote
from hub.sync.meet import plan_page

CHUNK = 100
RESTARTS = 3
USUAL_REQUESTS_PER_SECOND = 5.0


class Direction(enum.StrEnum):
    """Which way the previewed run would go."""

    PULL = "pull"
    PUSH = "push"


class Action(enum.StrEnum):
    """What would become of a row or record."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    REVIVE = "revive"
    STAY = "stay"


@dataclass(frozen=True, kw_only=True, slots=True)
class CellDiff:
    """One cell before and after."""

    column: str
    before: Value
    after: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDiff:
    """One row (pull) or record (push) that would change; `note` says what else there is to know."""

    action: Action
    row_id: UUID
    external_id: str | None
    cells: tuple[CellDiff, ...] = ()
    note: str | None = None


@dataclass(kw_only=True, slots=True)
class Preview:
    """The diff and its price. `records` holds the first ones; `counts` counts them all.

    `calls` and `seconds` are what the run itself would cost, `calls_made` what looking did.
    """

    connection: str
    stream: str
    direction: Direction
    keeps: int
    records: list[RecordDiff] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    stops: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    calls_made: int = 0

    def add(self, diff: RecordDiff) -> None:
        """Count a diff, and keep it while there is room."""
        self.counts[diff.action.value] += 1
        self.counts["cells"] += len(diff.cells)
        if len(self.records) < self.keeps:
            self.records.append(diff)


def preview(
    connection: SyncConnection,
    stream: str,
    direction: Direction,
    *,
    keeps: int = 1000,
    requests_per_second: float = USUAL_REQUESTS_PER_SECOND,
) -> Preview:
    """What the run would do now; nothing is written, here or there.

    Raises:
        NotFound: the connection has no such stream, or it has never run.
        HubError: what the other side answered.
    """
    mapping = mapping_of(connection, stream)
    seen = Preview(connection=connection.name, stream=stream, direction=direction, keeps=keeps)
    before = connection.connector.requests_made
    work = looking(connection)
    _note_state(connection.database, mapping, seen)
    if direction is Direction.PULL:
        _pull(work, mapping, seen)
        seen.calls = connection.connector.requests_made - before
    else:
        _push(work, mapping, seen)
    seen.calls_made = connection.connector.requests_made - before
    seen.seconds = round(seen.calls / requests_per_second, 1)
    _guard(connection.database, mapping, seen)
    return seen


def mapping_of(connection: SyncConnection, stream: str) -> StreamMapping:
    """The stream's mapping.

    Raises:
        NotFound: the connection has no such stream.
    """
    mapping = connection.mappings.get(stream)
    if mapping is None:
        known = ", ".join(f"{connection.name}.{name}" for name in connection.mappings)
        raise NotFound(f"there is no stream {connection.name}.{stream}; hub.toml has {known}.")
    return mapping


def looking(connection: SyncConnection) -> Work:
    """A work that only looks: it holds no lease, and whatever needs one refuses it."""
    with connection.database.reading() as session:
        known = schemas.load_schema(session, connection.name)
    wanted = {mapping.remote_table for mapping in connection.mappings.values()}
    if wanted <= set(known):
        connection.connector.use_schema(known)
    else:
        fresh = connection.connector.discover(Priority.BACKFILL)
        known = schemas.keep_firsts(fresh, known)
        connection.connector.use_schema(known)
    nobody = LeaseGrant(
        connection=connection.name, holder="preview", fence=-1, expires_at=datetime.now(UTC)
    )
    return Work(
        connection=connection,
        grant=nobody,
        run_id=UUID(int=0),
        kind="preview",
        schema=known,
        priority=Priority.BACKFILL,
    )


@contextmanager
def _rolled_back(database: Database) -> Iterator[Session]:
    with Session(database.engine, expire_on_commit=False) as session:
        try:
            yield session
        finally:
            session.rollback()


def _note_state(database: Database, mapping: StreamMapping, seen: Preview) -> None:
    name = f"{mapping.connection}.{mapping.stream}"
    with database.reading() as session:
        facts = divergences.stream_facts(session, mapping.connection, mapping.stream)
    if facts is None:
        raise NotFound(
            f"stream {name} has never run. Start a worker with `hub up`; "
            "`hub config check --remote` says whether its fields are there."
        )
    if facts.is_paused:
        seen.notes.append(f"{name} is paused: nothing is done until `hub sync resume {name}`.")
    if facts.hold_reason:
        seen.notes.append(f"{name} is stopped ({facts.hold_reason}): see `hub sync approvals`.")
    if seen.direction is Direction.PUSH and not facts.is_backfilled:
        seen.notes.append("Nothing is sent before the first complete read is over.")
    if seen.direction is Direction.PUSH and not mapping.writes:
        seen.notes.append("Every field of this stream flows to the hub only: nothing is sent.")


def _pull(work: Work, mapping: StreamMapping, seen: Preview) -> None:
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
                with _rolled_back(work.connection.database) as session:
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


def _push(work: Work, mapping: StreamMapping, seen: Preview) -> None:
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
        _push_chunk(work, mapping, row_ids[start : start + CHUNK], set(asked), seen)
    connector = work.connection.connector
    sent = seen.counts[Action.CREATE] + seen.counts[Action.CHANGE]
    seen.calls += math.ceil(sent / connector.write_batch_size)
    seen.calls += math.ceil(seen.counts[Action.DELETE] / connector.write_batch_size)


def _push_chunk(
    work: Work,
    mapping: StreamMapping,
    row_ids: Sequence[UUID],
    asked: set[UUID],
    seen: Preview,
) -> None:
    fields = work.fields_of(mapping)
    with work.connection.database.reading() as session:
        found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
        known = rows.load_rows(session, mapping.hub_table, row_ids)
    touched = {
        row_id: link
        for row_id, link in found.items()
        if link.state == LIVE and _is_touched(mapping, fields, link, known.get(row_id), asked)
    }
    external_ids = [link.external_id for link in touched.values()]
    before = work.connection.connector.requests_made
    there = read_with_witness(work, mapping, external_ids) if external_ids else {}
    # The worker reads them again just before it writes.
    seen.calls += work.connection.connector.requests_made - before
    with _rolled_back(work.connection.database) as session:
        plans = plan_page(session, mapping, fields, list(there.values()), edits={}, created={})
        values = {plan.link.row_id: _merged(plan, known.get(plan.link.row_id)) for plan in plans}
        fresh = {
            row_id: known[row_id].values
            for row_id in row_ids
            if row_id not in found and row_id in known and known[row_id].deleted_at is None
        }
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


def _is_touched(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    link: Link,
    row: Row | None,
    asked: set[UUID],
) -> bool:
    if row is None or row.deleted_at is not None:
        return mapping.on_delete is not DeletePolicy.IGNORE
    return link.row_id in asked or any(
        True for _ in outgoing_cells(mapping, fields, link, row.values)
    )


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


def _guard(database: Database, mapping: StreamMapping, seen: Preview) -> None:
    """Whether the guard would stop it and ask."""
    deletes, overwrites = (
        (guarding.DELETE_IN_HUB, guarding.OVERWRITE_IN_HUB)
        if seen.direction is Direction.PULL
        else (guarding.DELETE_AT_SOURCE, guarding.OVERWRITE_AT_SOURCE)
    )
    changed = (
        seen.counts["overwritten"]
        if seen.direction is Direction.PULL
        else seen.counts[Action.CHANGE]
    )
    with database.reading() as session:
        total = links.count_live(session, mapping.connection, mapping.stream)
        for action, affected in ((deletes, seen.counts[Action.DELETE]), (overwrites, changed)):
            free = runs.decided_items(
                session, mapping.connection, mapping.stream, action, "approved"
            )
            why = guard.exceeds(
                guarding.limits(mapping, action),
                affected=max(0, affected - len(free)),
                total=total,
            )
            if why is not None:
                seen.stops.append(f"{action}: {why}")
