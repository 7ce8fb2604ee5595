"""What kind of values does a column hold, and how does it become an Arrow column?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import Unfit, ValueKind, canonical

_EXACT = 2**53
"""Whole numbers beyond it are not exact in a spreadsheet."""

_TRIED = (
    ValueKind.INTEGER,
    ValueKind.DECIMAL,
    ValueKind.BOOLEAN,
    ValueKind.DATE,
    ValueKind.TIMESTAMP,
)
_YES_NO = frozenset({"true", "false", "yes", "no"})


def to_arrow(cells: Sequence[object]) -> pa.Array:
    """A column of Python values with the one natural type they share, else as text.

    Lists and objects become JSON text, bytes hexadecimal digits.
    """
    try:
        # Almost every column is of one type, which Arrow finds out by itself and quickly.
        found = pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        found = None
    if found is not None and _is_plain(found.type):
        return found
    kinds = {_natural(cell) for cell in cells if cell is not None}
    if not kinds:
        return pa.nulls(len(cells), pa.string())
    if kinds == {bool}:
        return pa.array(cells, pa.bool_())
    if kinds == {int}:
        return pa.array([_whole(cell) for cell in cells], pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if cell is None else float(str(cell)) for cell in cells])
    if kinds == {date}:
        return pa.array(cells, pa.date32())
    if kinds <= {date, datetime}:
        return pa.array([_midnight(cell) for cell in cells], pa.timestamp("us"))
    return pa.array([as_text(cell) for cell in cells], pa.string())


def _is_plain(kind: pa.DataType) -> bool:
    return any(
        asks(kind)
        for asks in (
            pa.types.is_boolean,
            pa.types.is_signed_integer,
            pa.types.is_string,
            pa.types.is_date,
            pa.types.is_timestamp,
            pa.types.is_decimal,
        )
    )


def _natural(cell: object) -> type:
    if isinstance(cell, bool):
        return bool
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int
    if isinstance(cell, int) and not -(2**63) <= cell < 2**63:
        return str
    for kind in (int, float, datetime, date):
        if isinstance(cell, kind):
            return kind
    return str


def _whole(cell: object) -> object:
    return int(cell) if isinstance(cell, float) else cell


def _midnight(cell: object) -> object:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  a sheet knows no zone
    return cell


def as_text(cell: object) -> str | None:
    """How a person would write the value; lists and objects are JSON."""
    match cell:
        case None:
            return None
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case int() | float() | Decimal() | UUID():
            return str(cell)
        case bytes() | memoryview():
            return bytes(cell).hex()
        case _:
            return json.dumps(cell, ensure_ascii=False, default=str)


def kind_of(array: pa.Array | pa.ChunkedArray) -> tuple[ValueKind, str]:
    """The kind of a column, and what to call its type; text is looked into."""
    kind = array.type
    if pa.types.is_boolean(kind):
        return ValueKind.BOOLEAN, "yes or no"
    if pa.types.is_integer(kind):
        return ValueKind.INTEGER, "whole number"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ValueKind.DECIMAL, "number"
    if pa.types.is_date(kind):
        return ValueKind.DATE, "date"
    if pa.types.is_timestamp(kind):
        return ValueKind.TIMESTAMP, "date and time"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        found = _kind_of_text(value for value in array.to_pylist() if value)
        return found, "text" if found is ValueKind.TEXT else f"text that is a {found.value}"
    return ValueKind.OPAQUE, str(kind)


def _kind_of_text(values: Iterable[str]) -> ValueKind:
    """The narrowest kind that every value fits."""
    left: list[ValueKind] | None = None
    for value in values:
        if left is None:
            left = list(_TRIED)
        left = [kind for kind in left if _fits(kind, value.strip())]
        if not left:
            return ValueKind.TEXT
    return left[0] if left else ValueKind.TEXT


def _fits(kind: ValueKind, value: str) -> bool:
    if not value:
        return True
    if kind is ValueKind.BOOLEAN:
        return value.lower() in _YES_NO
    if kind in (ValueKind.INTEGER, ValueKind.DECIMAL):
        # An article number such as 007 is no number, and neither is a long card number.
        digits = value.lstrip("+-")
        if (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()) or len(digits) > 18:
            return False
    found = canonical(kind, value)
    return found is not None and not isinstance(found, Unfit)


def schema_of(name: str, title: str, rows: pa.Table | pa.RecordBatch) -> StreamSchema:
    """The schema of some rows, as far as they show it."""
    fields: dict[str, FieldSchema] = {}
    for column in rows.schema.names:
        kind, vendor_type = kind_of(rows.column(column))
        fields[column] = FieldSchema(id=column, name=column, kind=kind, vendor_type=vendor_type)
    return StreamSchema(id=name, name=title, fields=fields)


def batch_of(columns: Mapping[str, Sequence[object]]) -> pa.RecordBatch:
    """Python columns as one batch."""
    return pa.RecordBatch.from_arrays(
        [to_arrow(cells) for cells in columns.values()], names=list(columns)
    )


def flattened(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with lists and objects as JSON text, and dictionaries as their values."""
    arrays = []
    for array in batch.columns:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if (
            pa.types.is_nested(array.type)
            or pa.types.is_time(array.type)
            or pa.types.is_duration(array.type)
        ):
            array = pa.array([as_text(value) for value in array.to_pylist()], pa.string())
        elif pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
            array = pa.array(
                [None if value is None else value.hex() for value in array.to_pylist()],
                pa.string(),
            )
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
