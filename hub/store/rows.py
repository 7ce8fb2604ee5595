"""How do business rows become canonical values, and how are many of them written at once?

One statement writes any number of rows, whichever columns each of them sets, so that the change
log is written by statement and not by row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import Session

from hub.core.mapping import HubColumn
from hub.core.values import Unfit, Value, ValueKind, canonical
from hub.store.generic import generic
from hub.store.tables import TABLES, hub_columns


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
    table = TABLES[table_name]
    columns = hub_columns(table_name)
    query = (
        select(table.c.id, table.c.deleted_at, *(table.c[name] for name in columns))
        .where(table.c.id.in_(sorted(set(row_ids))))
        .order_by(table.c.id)
    )
    if lock:
        query = query.with_for_update()
    loaded: dict[UUID, Row] = {}
    for row_id, deleted_at, *raw in session.execute(query):
        loaded[row_id] = Row(
            id=row_id,
            values={
                name: _canonical(table_name, column, value)
                for (name, column), value in zip(columns.items(), raw, strict=True)
            },
            deleted_at=deleted_at,
        )
    return loaded


def _canonical(table_name: str, column: HubColumn, raw: object) -> Value:
    # What Postgres holds as text or number is canonical as it is, but for the empty text.
    if isinstance(raw, str) and raw and column.kind is ValueKind.TEXT:
        return raw
    if raw is None:
        value: Value | Unfit = False if column.kind is ValueKind.BOOLEAN else None
    elif isinstance(raw, int):
        return raw
    else:
        value = canonical(column.kind, raw, scale=column.scale)
    if isinstance(value, Unfit):
        raise AssertionError(f"{table_name}.{column.name} holds {raw!r}: {value.reason}")
    if value is None and not column.is_nullable:
        return column.default
    return value


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
    session: Session, table_name: str, connection: str, stream: str
) -> list[UUID]:
    """Ids of live rows that no record of the stream stands for."""
    found = session.execute(
        text(
            f"select r.id from {_quoted(table_name)} r where r.deleted_at is null"  # noqa: S608  # names come from the metadata
            " and not exists (select from hub.record_link l where l.row_id = r.id"
            " and l.connection = :connection and l.stream = :stream and l.state <> 'tombstone')"
            " order by r.id"
        ),
        {"connection": connection, "stream": stream},
    )
    return list(found.scalars())


def _quoted(table_name: str) -> str:
    if table_name not in TABLES:
        raise AssertionError(f"no business table {table_name}")
    return f'public."{table_name}"'
