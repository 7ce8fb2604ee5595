"""What does a page of a source become in the columns of its table?

Vectorised: a column at a time. Nothing is lost: a cell that does not fit is empty in the page and
told beside it, a name that no row answers to is told with the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hub.core.casting import ARROW_TYPES, BadCell, cast
from hub.core.source_mapping import SourceColumn, SourceMapping
from hub.core.transforming import Array, apply, as_text
from hub.core.values import ValueKind

Page = Any
"""A pyarrow.RecordBatch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """By which names the rows of a table are known; None where a name means several."""

    ids: Mapping[str, str | None]

    def arrays(self) -> tuple[Array, Array]:
        """Names and ids, side by side."""
        return (
            pa.array(list(self.ids), pa.string()),
            pa.array(list(self.ids.values()), pa.string()),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Unresolved:
    """A name that no row, or more than one, answers to."""

    row: int
    column: str
    given: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedPage:
    """The rows in the table's columns, and what did not fit."""

    rows: Page
    bad: tuple[BadCell, ...]
    unresolved: tuple[Unresolved, ...]


def plain_name(name: str) -> str:
    """The form in which names are compared: small letters, single blanks."""
    return " ".join(name.lower().split())


def map_page(mapping: SourceMapping, page: Page, names: Mapping[str, Names]) -> MappedPage:
    """`page` in the columns of `mapping`; `names` are the names of each looked-up column."""
    columns: list[Array] = []
    bad: list[BadCell] = []
    unresolved: list[Unresolved] = []
    for column in mapping.columns:
        array = _origin(column, page)
        for word in column.transforms:
            array = apply(word, array)
        if column.values:
            array = _renamed(array, column.values)
        if column.lookup is not None:
            array, missing = _looked_up(array, column.name, names[column.name])
            unresolved.extend(missing)
        else:
            array, cells = cast(array, column.kind, column.name)
            bad.extend(cells)
            if cells or column.choices is not None or column.largest < 2**63 - 1:
                array, cells = _limited(array, column)
                bad.extend(cells)
        columns.append(array)
    rows = pa.RecordBatch.from_arrays(columns, names=[column.name for column in mapping.columns])
    return MappedPage(rows=rows, bad=tuple(bad), unresolved=tuple(unresolved))


def key_of(rows: Page, key: tuple[str, ...]) -> Array:
    """The key of every row as one text; empty where a part of it is."""
    parts = [as_text(rows.column(name)) for name in key]
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*parts, "|", null_handling="emit_null")


def record_at(page: Page, row: int, fields: tuple[str, ...]) -> dict[str, str | None]:
    """One record as text by field, to be kept and mapped again later."""
    one = page.slice(row, 1)
    return {
        name: as_text(one.column(name))[0].as_py() for name in fields if name in one.schema.names
    }


def page_of_records(records: list[Mapping[str, str | None]]) -> Page:
    """Kept records as a page again."""
    fields = list(dict.fromkeys(name for record in records for name in record))
    return pa.RecordBatch.from_arrays(
        [pa.array([record.get(name) for record in records], pa.string()) for name in fields],
        names=fields,
    )


def _origin(column: SourceColumn, page: Page) -> Array:
    if column.field is None:
        return pa.array([column.constant] * page.num_rows, _type_of(column.constant))
    if column.field not in page.schema.names:
        return pa.nulls(page.num_rows, pa.string())
    array = page.column(column.field)
    if pa.types.is_null(array.type):
        return pa.nulls(page.num_rows, pa.string())
    if pa.types.is_dictionary(array.type):
        return array.dictionary_decode()
    if pa.types.is_large_string(array.type):
        return pc.cast(array, pa.string())
    return array


def _type_of(constant: object) -> object:
    match constant:
        case bool():
            return pa.bool_()
        case int():
            return pa.int64()
        case float():
            return pa.float64()
        case _:
            return pa.string()


def _renamed(array: Array, values: Mapping[str, object]) -> Array:
    text = as_text(array)
    found = pc.index_in(text, pa.array(list(values), pa.string()))
    ours = pa.array([_as_written(value) for value in values.values()], pa.string())
    return pc.if_else(pc.is_null(found), text, ours.take(found))


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _looked_up(array: Array, column: str, names: Names) -> tuple[Array, list[Unresolved]]:
    given = as_text(array)
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(given), r"\s+", " "))
    plain = pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
    known, ids = names.arrays()
    found = pc.index_in(plain, known)
    resolved = ids.take(found)
    missing = pc.and_(pc.is_valid(plain), pc.is_null(resolved))
    rows = pc.indices_nonzero(missing).to_pylist()
    return resolved, [
        Unresolved(
            row=row,
            column=column,
            given=given[row].as_py(),
            reason="unknown" if found[row].as_py() is None else "ambiguous",
        )
        for row in rows
    ]


def _limited(array: Array, column: SourceColumn) -> tuple[Array, list[BadCell]]:
    """Without what the column does not take: other choices, numbers that are too large."""
    if column.choices is not None:
        fits = pc.is_in(array, pa.array(column.choices, pa.string()))
        reason = f"valid are {', '.join(column.choices)}; map it with `values`"
    elif column.kind is ValueKind.INTEGER:
        fits = pc.less_equal(pc.abs(pc.cast(array, pa.float64())), float(column.largest))
        reason = f"the column holds numbers up to {column.largest:,}"
    else:
        return array, []
    wrong = pc.and_(pc.is_valid(array), pc.invert(pc.fill_null(fits, True)))
    rows = pc.indices_nonzero(wrong).to_pylist()
    cells = [
        BadCell(
            row=row, column=column.name, given=str(array[row]), reason=f"{array[row]}: {reason}"
        )
        for row in rows
    ]
    if not rows:
        return array, cells
    return pc.if_else(wrong, pa.scalar(None, ARROW_TYPES[column.kind]), array), cells
