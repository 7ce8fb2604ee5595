"""Which tables does a database have, and what do their columns hold?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import types
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.exc import SAWarning

from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import ValueKind

_KINDS: tuple[tuple[type[types.TypeEngine[Any]], ValueKind], ...] = (
    (types.Boolean, ValueKind.BOOLEAN),
    (types.Integer, ValueKind.INTEGER),
    (types.Numeric, ValueKind.DECIMAL),
    (types.Float, ValueKind.DECIMAL),
    (types.DateTime, ValueKind.TIMESTAMP),
    (types.Date, ValueKind.DATE),
    (types.Time, ValueKind.TEXT),
    (types.JSON, ValueKind.OPAQUE),
    (types.ARRAY, ValueKind.OPAQUE),
)
_CURSORS = ("updated_at", "modified_at", "last_modified", "changed_at", "updated", "modified")
"""Column names that tell of changes, the likeliest first."""


def split_name(table: str) -> tuple[str | None, str]:
    """Schema and name of `schema.table`."""
    schema, _, name = table.rpartition(".")
    return schema or None, name


def all_tables(inspector: Inspector) -> list[str]:
    """Every table and view, as a stream would name it."""
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    default = inspector.default_schema_name
    if inspector.dialect.name == "postgresql":
        hidden = {default, "information_schema"}
        for schema in inspector.get_schema_names():
            if schema not in hidden and not schema.startswith("pg_"):
                there = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
                names += [f"{schema}.{name}" for name in there]
    return sorted(names)


def table_schema(inspector: Inspector, table: str) -> StreamSchema:
    """The columns of a table with its key, and the column that seems to tell of changes.

    Raises:
        NoSuchTableError: it is not there.
    """
    schema, name = split_name(table)
    with warnings.catch_warnings():
        # A type that only this database knows is read as text.
        warnings.simplefilter("ignore", SAWarning)
        columns = inspector.get_columns(name, schema)
    fields = {column["name"]: _field(column) for column in columns}
    key = tuple(inspector.get_pk_constraint(name, schema)["constrained_columns"])
    return StreamSchema(
        id=table, name=table, fields=fields, key=key, cursor_field=_cursor(fields, key)
    )


def with_links(inspector: Inspector, table: StreamSchema) -> StreamSchema:
    """The table with its foreign keys of one column as links to the rows they name."""
    schema, name = split_name(table.id)
    fields = dict(table.fields)
    for key in inspector.get_foreign_keys(name, schema):
        columns = key["constrained_columns"]
        if len(columns) == 1 and columns[0] in fields:
            other = ".".join(
                part for part in (key["referred_schema"], key["referred_table"]) if part
            )
            fields[columns[0]] = replace(fields[columns[0]], kind=ValueKind.LINKS, links_to=other)
    return replace(table, fields=fields)


def described_columns(stream: str, names: Sequence[str], kinds: Mapping[str, ValueKind]) -> StreamSchema:  # noqa: E501  # fmt: skip
    """The schema of a query's answer."""
    fields = {
        name: FieldSchema(
            id=name, name=name, kind=kinds[name], vendor_type=kinds[name].value
        )
        for name in names
    }  # fmt: skip
    return StreamSchema(id=stream, name=stream, fields=fields)


def _field(column: Mapping[str, Any]) -> FieldSchema:
    name = str(column["name"])
    return FieldSchema(
        id=name, name=name, kind=_kind(column["type"]), vendor_type=str(column["type"]).lower()
    )


def _kind(sql_type: types.TypeEngine[Any]) -> ValueKind:
    for known, kind in _KINDS:
        if isinstance(sql_type, known):
            return kind
    return ValueKind.TEXT


def _cursor(fields: Mapping[str, FieldSchema], key: tuple[str, ...]) -> str | None:
    for name in _CURSORS:
        found = fields.get(name)
        if found is not None and found.kind in (ValueKind.TIMESTAMP, ValueKind.TEXT):
            return name
    if len(key) == 1 and fields[key[0]].kind is ValueKind.INTEGER:
        return key[0]
    return None
