"""How does the memory store answer what changed between two ticks, and what rows held before?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from simulation.memory_store.change_log import CapturedChange, MemoryTick, versions
from simulation.memory_store.database import MemoryDatabase
from simulation.memory_store.session import MemorySession
from sqlmodel import SQLModel

from hub.errors import InvalidInput, NotFound, TickUnknown
from hub.store import captured, change_log, history, notices, ticks
from hub.store.captured import CapturedTable
from hub.store.change_log import Change, LastEdit
from hub.store.entities import FACTS
from hub.store.history import RowVersion
from hub.store.notices import FactNotice
from hub.store.operations import Operation
from hub.store.tables import TABLES
from hub.store.ticks import MINUTE, Tick, TickId

# Ticks


@ticks.take_tick.register(MemoryDatabase)
def take_tick(database: MemoryDatabase) -> TickId:
    store = database.store
    return store.ticks.take(store.changes, store.now())


@ticks.ensure_minute_tick.register(MemoryDatabase)
def ensure_minute_tick(database: MemoryDatabase) -> TickId:
    store = database.store
    newest = store.ticks.taken[-1].tick if store.ticks.taken else None
    if newest is not None and newest.at > store.now() - MINUTE:
        return newest.id
    return take_tick(database)


def tick_of(session: MemorySession, tick_id: int) -> MemoryTick:
    """The tick, unless it is not known or younger than the session."""
    found = session.store.ticks.find(tick_id)
    newest = session.newest_tick
    if found is None or (newest is not None and tick_id > newest):
        raise TickUnknown(
            f"[store] tick {tick_id} is none of this database's,"
            f" the newest is {newest or session.store.ticks.newest or None}."
        )
    return found


@ticks.find_tick.register(MemorySession)
def find_tick(session: MemorySession, tick_id: int) -> Tick:
    return tick_of(session, tick_id).tick


def _known(session: MemorySession) -> list[Tick]:
    newest = session.newest_tick
    taken = session.store.ticks.taken
    return [kept.tick for kept in taken if newest is None or kept.tick.id <= newest]


@ticks.newest_tick.register(MemorySession)
def newest_tick(session: MemorySession) -> Tick | None:
    known = _known(session)
    return known[-1] if known else None


@ticks.tick_at.register(MemorySession)
def tick_at(session: MemorySession, moment: datetime) -> Tick:
    if moment.tzinfo is None:
        raise InvalidInput(
            f"as of: {moment.isoformat()} has no time zone. Write {moment.isoformat()}Z for UTC."
        )
    known = _known(session)
    before = [tick for tick in known if tick.at <= moment]
    if not before:
        begins = f"begins at {known[0].at.isoformat()}" if known else "has not begun"
        raise NotFound(
            f"as of: there is no history at {moment.isoformat()}, it {begins}. Ask for later."
        )
    return max(before, key=lambda tick: (tick.at, tick.id))


# The captured tables


@cache
def _captured() -> tuple[CapturedTable, ...]:
    columns = {name: list(table.columns) for name, table in TABLES.items()}
    facts = [str(fact.__tablename__) for fact in FACTS]
    columns |= {name: list(SQLModel.metadata.tables[name].columns) for name in facts}
    tables, number = [], 0
    for place, (name, listed) in enumerate(columns.items(), start=1):
        kept = [column.name for column in listed if name not in facts or column.name != "tx_from"]
        numbered = dict(enumerate(kept, start=number + 1))
        number += len(kept)
        tables.append(
            CapturedTable(
                id=place,
                name=name,
                history_name=name,
                is_fact=name in facts,
                columns=numbered,
            )
        )
    return tuple(tables)


@captured.captured_tables.register(MemorySession)
def captured_tables(session: MemorySession) -> Sequence[CapturedTable]:
    return list(_captured())


@captured.find_captured.register(MemorySession)
def find_captured(session: MemorySession, names: Iterable[str]) -> Sequence[CapturedTable]:
    known = {table.name: table for table in _captured()}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise InvalidInput(
                f"[store] the changes of {name!r} are not recorded, valid are"
                f" {', '.join(known)}. Call hub.capture_table on it once, or name another."
            )
    return [known[name] for name in wanted]


# Changes


def unseen(
    session: MemorySession, after: int | None, until: int | None = None
) -> Iterator[CapturedChange]:
    """The changes visible here that the first tick has not seen and the second, if any, has."""
    since = tick_of(session, after) if after is not None else None
    till = tick_of(session, until) if until is not None else None
    for change in session.store.changes.after(since.first_unseen if since else 0):
        if since is not None and since.sees(change.tx):
            continue
        if (till is None or till.sees(change.tx)) and session.sees(change.tx):
            yield change


@change_log.read_changes.register(MemorySession)
def read_changes(
    session: MemorySession,
    *,
    after: int | None,
    until: int,
    tables: Iterable[str] | None = None,
    past_change: int | None = None,
    limit: int | None = None,
) -> Iterator[Change]:
    known = _captured() if tables is None else find_captured(session, tables)
    names = {table.name for table in known}
    found = (
        _change(change)
        for change in list(unseen(session, after, until))
        if change.table in names and change.id > (past_change or 0)
    )
    return found if limit is None else iter(list(found)[:limit])


def _change(change: CapturedChange) -> Change:
    return Change(
        id=change.id,
        tx=change.tx,
        table=change.table,
        row_id=change.row_id,
        operation=change.operation,
        columns=change.columns,
        client_id=change.client_id,
        actor=change.actor,
        origin=change.origin,
        run_id=change.run_id,
        edited_at=change.edited_at,
        at=change.at,
    )


@change_log.changed_rows.register(MemorySession)
def changed_rows(
    session: MemorySession, table: str, *, after: int | None, until: int
) -> list[UUID]:
    find_captured(session, [table])
    found = unseen(session, after, until)
    return list(dict.fromkeys(change.row_id for change in found if change.table == table))


@change_log.last_edit.register(MemorySession)
def last_edit(session: MemorySession, table: str, row_id: UUID, column: str) -> LastEdit | None:
    return last_edits(session, table, [row_id]).get(row_id, {}).get(column)


@change_log.last_edits.register(MemorySession)
def last_edits(
    session: MemorySession, table: str, row_ids: Sequence[UUID]
) -> dict[UUID, dict[str, LastEdit]]:
    find_captured(session, [table])
    log = session.store.changes
    edits: dict[UUID, dict[str, LastEdit]] = {}
    for row_id in row_ids:
        for change in log.of_row(session, table, row_id):
            if change.operation is not Operation.DELETE:
                edit = LastEdit(
                    change_id=change.id,
                    actor=change.actor,
                    origin=change.origin,
                    run_id=change.run_id,
                    edited_at=change.edited_at,
                )
                edits.setdefault(row_id, {}).update(dict.fromkeys(change.columns, edit))
    return edits


@notices.read_notices.register(MemorySession)
def read_notices(
    session: MemorySession, *, after: int | None, until: int, tables: Iterable[str] | None = None
) -> Sequence[FactNotice]:
    """None: facts are loaded by COPY, past every function of the store."""
    if tables is not None:
        find_captured(session, tables)
    for tick in (until, after):
        if tick is not None:
            tick_of(session, tick)
    return []


# History


@history.row_history.register(MemorySession)
def row_history(session: MemorySession, table: str, row_id: UUID) -> Sequence[RowVersion]:
    find_captured(session, [table])
    changes = versions(session.store.changes.of_row(session, table, row_id))
    found = []
    for place, together in enumerate(changes):
        last = together[-1]
        if last.after is not None:
            ended = changes[place + 1][0].tx if place + 1 < len(changes) else None
            found.append(
                RowVersion(
                    values=last.after,
                    tx_from=last.tx,
                    tx_to=ended,
                    change_id=last.id,
                    actor=last.actor,
                    origin=last.origin,
                    edited_at=last.edited_at,
                    at=last.at,
                )
            )
    return found


@history.row_as_of.register(MemorySession)
def row_as_of(session: MemorySession, table: str, row_id: UUID, tick: int) -> dict[str, Any] | None:
    find_captured(session, [table])
    moment = tick_of(session, tick)
    seen = [
        change
        for change in session.store.changes.of_row(session, table, row_id)
        if moment.sees(change.tx)
    ]
    return None if not seen or seen[-1].after is None else dict(seen[-1].after)
