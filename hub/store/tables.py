"""Which columns does a business table have, and what can each hold?"""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Integer,
    Numeric,
    Table,
    Uuid,
)
from sqlalchemy.sql.schema import Column
from sqlmodel import SQLModel

from hub.core.mapping import HubColumn
from hub.core.values import Unfit, Value, ValueKind, canonical
from hub.errors import MappingError
from hub.store.columns import column_meta
from hub.store.entities import ENTITIES

TABLES: dict[str, Table] = {
    name: SQLModel.metadata.tables[name] for name in (str(e.__tablename__) for e in ENTITIES)
}
"""The business tables that streams may feed, by name."""

_KINDS: tuple[tuple[type, ValueKind], ...] = (
    (Boolean, ValueKind.BOOLEAN),
    (BigInteger, ValueKind.INTEGER),
    (Integer, ValueKind.INTEGER),
    (Numeric, ValueKind.DECIMAL),
    (DateTime, ValueKind.TIMESTAMP),
    (Date, ValueKind.DATE),
    (Uuid, ValueKind.REFERENCE),
)


@cache
def hub_columns(table_name: str) -> dict[str, HubColumn]:
    """The columns of a business table that a stream may map, by name.

    Raises:
        MappingError: there is no such table.
    """
    table = TABLES.get(table_name)
    if table is None:
        raise MappingError(
            f"entity got {table_name!r}, valid are {', '.join(TABLES)}. Correct hub.toml."
        )
    meta = column_meta(table)
    return {
        column.name: _hub_column(column, meta[column.name].choices)
        for column in table.columns
        if meta[column.name].editable
    }


def _hub_column(column: Column[object], choices: tuple[str, ...] | None) -> HubColumn:
    kind = kind_of_column(column)
    scale = column.type.scale if isinstance(column.type, Numeric) else None
    return HubColumn(
        name=column.name,
        kind=kind,
        is_nullable=bool(column.nullable),
        default=_default(column, kind),
        scale=scale,
        choices=choices,
    )


def kind_of_column(column: Column[object]) -> ValueKind:
    """The shape of what a declared column holds."""
    if isinstance(column.type, ARRAY):
        is_ids = isinstance(column.type.item_type, Uuid)
        return ValueKind.REFERENCES if is_ids else ValueKind.CHOICES
    for sql_type, kind in _KINDS:
        if isinstance(column.type, sql_type):
            return kind
    return ValueKind.TEXT


def _default(column: Column[object], kind: ValueKind) -> Value:
    default = column.default
    if default is None or not default.is_scalar:
        return None
    value = canonical(kind, default.arg)  # type: ignore[attr-defined]  # is_scalar says so
    if value is None and kind is ValueKind.TEXT:
        return ""
    return None if isinstance(value, Unfit) else value


@cache
def references(table_name: str) -> dict[str, str]:
    """The business tables that the columns of `table_name` point to, by column."""
    table = TABLES[table_name]
    meta = column_meta(table)
    keyed = {
        column.name: next(iter(column.foreign_keys)).column.table.name
        for column in table.columns
        if column.foreign_keys
    }
    return keyed | {name: told.set_of for name, told in meta.items() if told.set_of is not None}
