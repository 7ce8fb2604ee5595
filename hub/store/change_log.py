"""What changed between two ticks, in which order, and who changed a cell last?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import Session

from hub.store.captured import CapturedTable, captured_tables, find_captured
from hub.store.generic import generic
from hub.store.history import RowVersion, row_as_of, row_history
from hub.store.notices import FactNotice, read_notices
from hub.store.operations import Operation
from hub.store.ticks import (
    Tick,
    TickId,
    between,
    ensure_minute_tick,
    find_tick,
    newest_tick,
    take_tick,
    tick_at,
)

__all__ = [
    "Change",
    "FactNotice",
    "LastEdit",
    "Operation",
    "RowVersion",
    "Tick",
    "TickId",
    "changed_rows",
    "ensure_minute_tick",
    "find_tick",
    "last_edit",
    "last_edits",
    "newest_tick",
    "read_changes",
    "read_notices",
    "row_as_of",
    "row_history",
    "take_tick",
    "tick_at",
]

FETCHED_TOGETHER = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of one row. An insert and a delete name every column."""

    id: int
    tx: int
    table: str
    row_id: UUID
    operation: Operation
    columns: tuple[str, ...]
    client_id: UUID | None
    actor: str
    origin: str
    run_id: UUID | None
    edited_at: datetime | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LastEdit:
    """Who gave a cell its present value, and when at the origin; None where that is unknown."""

    change_id: int
    actor: str
    origin: str
    run_id: UUID | None
    edited_at: datetime | None


@generic(Session)
def read_changes(
    session: Session,
    *,
    after: int | None,
    until: int,
    tables: Iterable[str] | None = None,
    past_change: int | None = None,
    limit: int | None = None,
) -> Iterator[Change]:
    """The changes that tick `until` has seen and tick `after` has not, in their true order.

    They are fetched as they are used. Who must stop in the middle goes on with the same two ticks
    and the id of the last change in `past_change`. `session` must be younger than `until`.

    Raises:
        TickUnknown: a tick is none of this database's.
        InvalidInput: a table is not captured.
    """
    known = captured_tables(session) if tables is None else find_captured(session, tables)
    condition, values = between(session, after=after, until=until)
    values |= {"past_change": past_change or 0, "limit": limit}
    return _stream(session, {table.id: table for table in known}, condition, values)


def _stream(
    session: Session,
    tables: Mapping[int, CapturedTable],
    condition: str,
    values: Mapping[str, object],
) -> Iterator[Change]:
    found = session.execute(
        text(
            "select * from hub.change"  # noqa: S608  # a constant condition
            f" where table_id = any(:tables) and id > :past_change and {condition}"
            " order by id limit :limit"
        ),
        {"tables": list(tables), **values},
        execution_options={"stream_results": True, "yield_per": FETCHED_TOGETHER},
    )
    for row in found:
        yield _change(row, tables[row.table_id])


@generic(Session)
def changed_rows(session: Session, table: str, *, after: int | None, until: int) -> list[UUID]:
    """The rows of the batch, each once, by their first change: what a level-triggered reader needs.

    Raises:
        TickUnknown: a tick is none of this database's.
        InvalidInput: the table is not captured.
    """
    (captured,) = find_captured(session, [table])
    condition, values = between(session, after=after, until=until)
    found = session.scalars(
        text(
            "select row_id from hub.change"  # noqa: S608  # a constant condition
            f" where table_id = :table_id and {condition} group by row_id order by min(id)"
        ),
        {"table_id": captured.id, **values},
    )
    return list(found)


@generic(Session)
def last_edit(session: Session, table: str, row_id: UUID, column: str) -> LastEdit | None:
    """Who wrote this cell last; None where the log does not know."""
    return last_edits(session, table, [row_id]).get(row_id, {}).get(column)


@generic(Session)
def last_edits(
    session: Session, table: str, row_ids: Sequence[UUID]
) -> dict[UUID, dict[str, LastEdit]]:
    """Who wrote each cell of these rows last, in one statement by index."""
    (captured,) = find_captured(session, [table])
    found = session.execute(
        text(
            "select distinct on (c.row_id, named.id) c.row_id, named.id as column_id,"
            " c.id, c.actor, c.origin, c.run_id, c.edited_at"
            " from hub.change c, unnest(coalesce(c.columns, :all_columns)) as named (id)"
            " where c.table_id = :table_id and c.row_id = any(:row_ids)"
            " and c.operation in ('I', 'U')"
            " order by c.row_id, named.id, c.id desc"
        ),
        {
            "table_id": captured.id,
            "row_ids": list(row_ids),
            "all_columns": list(captured.columns),
        },
    )
    edits: dict[UUID, dict[str, LastEdit]] = {}
    for row in found:
        column = captured.columns.get(row.column_id)
        if column is not None:
            edits.setdefault(row.row_id, {})[column] = LastEdit(
                change_id=row.id,
                actor=row.actor,
                origin=row.origin,
                run_id=row.run_id,
                edited_at=row.edited_at,
            )
    return edits


def _change(row: Row[Any], table: CapturedTable) -> Change:
    columns: Iterable[int] = table.columns if row.columns is None else row.columns
    return Change(
        id=row.id,
        tx=row.tx,
        table=table.name,
        row_id=row.row_id,
        operation=Operation(row.operation),
        columns=tuple(table.columns[number] for number in columns if number in table.columns),
        client_id=row.client_id,
        actor=row.actor,
        origin=row.origin,
        run_id=row.run_id,
        edited_at=row.edited_at,
        at=row.at,
    )
