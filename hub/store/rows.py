"""How do business rows become canonical values, and how are many of them written at once?

One statement writes any number of rows, whichever columns each of them sets, so that the change
log is written by statement and not by row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

from hub.core.mapping import HubColumn
from hub.core.values import Unfit, Value, ValueKind, canonical
from hub.store.generic import generic
from hub.store.tables import TABLES, hub_columns

Read: TypeAlias = Callable[[Any], Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A business row in canonical values; tombstoned since `deleted_at`."""

    id: UUID
    values: Mapping[str, Value]
    deleted_at: datetime | None


@generic(Session)
def load_rows(
    session: Session, table_name: str, row_ids: Sequence[UUID], *, lock: bool = False
) -> dict[UUID, Row]:
    """The rows with these ids, by id; locked in the order of their ids when asked."""
    if not row_ids:
        return {}
    reading = _reading(table_name)
    found = session.execute(
        reading.locking if lock else reading.plain, {"ids": [str(row_id) for row_id in row_ids]}
    ).all()
    cells = reading.cells
    return {
        row_id: Row(
            id=row_id,
            values={name: read(raw) for (name, read), raw in zip(cells, values, strict=True)},
            deleted_at=deleted_at,
        )
        for row_id, deleted_at, *values in found
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    """How rows of a table are asked for, and how each cell becomes canonical."""

    columns: Mapping[str, HubColumn]
    plain: TextClause
    locking: TextClause
    cells: tuple[tuple[str, Read], ...]


_READINGS: dict[str, _Reading] = {}


def _reading(table_name: str) -> _Reading:
    columns = hub_columns(table_name)
    known = _READINGS.get(table_name)
    if known is not None and known.columns is columns:
        return known
    listed = ", ".join(["id", "deleted_at", *(_asked(column) for column in columns.values())])
    query = (
        f"select {listed} from {_quoted(table_name)}"  # noqa: S608  # names come from the metadata
        " where id = any(cast(:ids as uuid[])) order by id"
    )
    _READINGS[table_name] = made = _Reading(
        columns=columns,
        plain=text(query),
        locking=text(f"{query} for update"),
        cells=tuple((name, _reader(table_name, column)) for name, column in columns.items()),
    )
    return made


def _asked(column: HubColumn) -> str:
    """Postgres writes numbers and ids as we want them, and does it faster."""
    if column.kind is ValueKind.DECIMAL:
        return f'cast(trim_scale("{column.name}") as text)'
    if column.kind is ValueKind.REFERENCE:
        return f'cast("{column.name}" as text)'
    return f'"{column.name}"'


def _reader(table_name: str, column: HubColumn) -> Read:
    """From what Postgres holds to the canonical value; of most kinds it is that as it is."""
    empty = None if column.is_nullable else column.default

    def read_checked(raw: Any) -> Value:
        value = canonical(column.kind, raw, scale=column.scale)
        if isinstance(value, Unfit):
            raise AssertionError(f"{table_name}.{column.name} holds {raw!r}: {value.reason}")
        return empty if value is None else value

    def read_number(raw: Any) -> Value:
        # All but NaN and the infinities end with a digit.
        return empty if raw is None else raw if raw[-1].isdigit() else read_checked(raw)

    def read_plain(raw: Any) -> Value:
        return empty if raw is None or raw == "" else raw

    match column.kind:
        case ValueKind.BOOLEAN:
            return bool
        case ValueKind.DECIMAL:
            return read_number
        case ValueKind.TEXT | ValueKind.INTEGER | ValueKind.REFERENCE:
            return read_plain
        case _:
            return read_checked


@generic(Session)
def insert_rows(
    session: Session, table_name: str, rows: Mapping[UUID, Mapping[str, Value]]
) -> None:
    """Insert rows by id; a column that no row names keeps its default."""
    if not rows:
        return
    columns = hub_columns(table_name)
    named = sorted({name for values in rows.values() for name in values})
    for name in named:
        if name not in columns:
            raise AssertionError(f"{table_name} has no editable column {name}")
    items = [
        {"id": str(row_id), **{name: values.get(name, columns[name].default) for name in named}}
        for row_id, values in rows.items()
    ]
    listed = ", ".join(["id", *(f'"{name}"' for name in named)])
    session.execute(
        text(
            f"insert into {_quoted(table_name)} ({listed})"  # noqa: S608  # names come from the metadata
            f" select {listed} from jsonb_populate_recordset("
            f"null::{_quoted(table_name)}, cast(:items as jsonb))"
        ),
        {"items": json.dumps(items)},
    )


@generic(Session)
def update_rows(session: Session, table_name: str, rows: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Update rows by id; each sets its own columns, the others stay.

    `deleted_at` may be among them (None revives the row).
    """
    if not rows:
        return
    table = TABLES[table_name]
    named = sorted({name for values in rows.values() for name in values})
    for name in named:
        if name not in table.columns or name == "id":
            raise AssertionError(f"{table_name} has no column {name} to update")
    items = [{"id": str(row_id), **values} for row_id, values in rows.items()]
    sets = ", ".join(
        f'"{name}" = case when item.value ? \'{name}\' then new."{name}" else old."{name}" end'
        for name in named
    )
    session.execute(
        text(
            f"update {_quoted(table_name)} as old set {sets}"  # noqa: S608  # names come from the metadata
            " from jsonb_array_elements(cast(:items as jsonb)) as item"
            " cross join lateral"
            f" jsonb_populate_record(null::{_quoted(table_name)}, item.value) as new"
            " where old.id = new.id"
        ),
        {"items": json.dumps(items, default=str)},
    )


@generic(Session)
def live_unlinked_rows(
    session: Session,
    table_name: str,
    connection: str,
    stream: str,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[UUID]:
    """Ids of live rows that no record of the stream stands for, in order; at most so many."""
    found = session.execute(
        text(
            f"select r.id from {_quoted(table_name)} r where r.deleted_at is null"  # noqa: S608  # names come from the metadata
            " and not exists (select from hub.record_link l where l.row_id = r.id"
            " and l.connection = :connection and l.stream = :stream and l.state <> 'tombstone')"
            " and (cast(:after as uuid) is null or r.id > cast(:after as uuid))"
            " order by r.id limit :limit"
        ),
        {
            "connection": connection,
            "stream": stream,
            "after": str(after) if after else None,
            "limit": limit,
        },
    )
    return list(found.scalars())


def _quoted(table_name: str) -> str:
    if table_name not in TABLES:
        raise AssertionError(f"no business table {table_name}")
    return f'public."{table_name}"'
