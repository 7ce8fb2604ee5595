"""How does Postgres give a whole table quickly: by COPY, parsed by columns as it arrives?

Row by row the driver makes an object of every cell, which costs ten times what COPY does. Only
types whose text says everything are read so; a relation with others is read row by row.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

BLOCK_BYTES = 2 * 1024 * 1024
"""Parsed at a time; a row must fit into it."""
_MOMENT = pa.timestamp("us", tz="UTC")
_TYPES: Mapping[int, pa.DataType] = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int64(),
    23: pa.int64(),
    700: pa.float64(),
    701: pa.float64(),
    25: pa.string(),
    1043: pa.string(),
    1042: pa.string(),
    19: pa.string(),
    2950: pa.string(),
    1700: pa.string(),
    114: pa.string(),
    3802: pa.string(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: _MOMENT,
}
"""By the number that Postgres gives a type."""
_NUMERIC, _DATE = 1700, 1082
_KEYS = frozenset({20, 21, 23, 25, 1043, 2950, _NUMERIC, _DATE})
"""Types of keys whose value can be read back exactly."""
_PARSED_LATER = frozenset({1082, 1114, 1184})
"""What has values that only Postgres knows (infinity): tried by column, text where that fails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CopiedShape:
    """The columns of a statement's answer: names, and the numbers of their types."""

    names: tuple[str, ...]
    types: tuple[int, ...]

    def key_value(self, name: str, cell: Any) -> object:
        """The last row's key as Python knows it, from its text."""
        number = self.types[self.names.index(name)]
        said = cell.as_py()
        if number == _NUMERIC:
            return Decimal(said)
        if number == _DATE and isinstance(said, str):
            return date.fromisoformat(said)
        return said


def copied_shape(session: Connection, statement: str, key: Sequence[str]) -> CopiedShape | None:
    """The shape of the answer, where COPY can give it; None where rows must be read singly.

    `statement` is as SQLAlchemy's `text` takes it.
    """
    result = session.execute(text(f"select * from ({statement}) as q limit 0"))  # noqa: S608  # the reader's own
    described: Any = result.cursor
    names = tuple(column.name for column in described.description)
    types = tuple(column.type_code for column in described.description)
    if len(set(names)) < len(names) or any(number not in _TYPES for number in types):
        return None
    if any(name not in names or types[names.index(name)] not in _KEYS for name in key):
        return None
    return CopiedShape(names=names, types=types)


def copied_pages(
    session: Connection, statement: str, shape: CopiedShape, most_rows: int
) -> Iterator[pa.RecordBatch]:
    """The answer of a statement, by columns; memory stays at some blocks."""
    driver: Any = session.connection.driver_connection
    reading, writing = os.pipe()
    failure: list[BaseException] = []

    def copy() -> None:
        try:
            with os.fdopen(writing, "wb") as sink, driver.cursor() as cursor:
                cursor.copy_expert(f"copy ({statement}) to stdout with (format csv)", sink)
        except BrokenPipeError:
            pass  # Nobody reads any more.
        except BaseException as exc:
            failure.append(exc)

    thread = threading.Thread(target=copy, name="sql copy", daemon=True)
    thread.start()
    is_whole = False
    try:
        with os.fdopen(reading, "rb") as source:
            for batch in _parsed(source, shape):
                for start in range(0, batch.num_rows, most_rows):
                    yield batch.slice(start, most_rows)
        is_whole = True
    finally:
        thread.join()
        if not is_whole:
            # A COPY that was broken off leaves nothing that another statement could use.
            session.invalidate()
    if failure:
        raise OperationalError("COPY", None, failure[0]) from failure[0]


def _parsed(source: Any, shape: CopiedShape) -> Iterator[pa.RecordBatch]:
    types = {
        name: pa.string() if number in _PARSED_LATER else _TYPES[number]
        for name, number in zip(shape.names, shape.types, strict=True)
    }
    try:
        reader = pa.csv.open_csv(
            pa.PythonFile(source, mode="r"),
            read_options=pa.csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=list(shape.names)
            ),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as exc:
        if "Empty CSV file" in str(exc):
            return
        raise
    for batch in reader:
        yield pa.RecordBatch.from_arrays(
            [
                _typed(column, number)
                for column, number in zip(batch.columns, shape.types, strict=True)
            ],
            names=list(shape.names),
        )


def _typed(column: Any, number: int) -> Any:
    if number not in _PARSED_LATER:
        return column
    try:
        return pc.cast(column, _TYPES[number])
    except pa.ArrowInvalid:
        return column
