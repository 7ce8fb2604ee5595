"""Which records does a list request answer, and in which order?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.computed import FormulaRow
from hub.sandbox.airtable.formula.compiler import AS_STORED, UnknownFields, compile_formula
from hub.sandbox.airtable.formula.grammar import FormulaSyntaxError
from hub.sandbox.airtable.formula.values import Failure, FormulaError, Value, as_text
from hub.sandbox.airtable.iterators import Iterators
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Base, Field, Record, Table, View
from hub.sandbox.airtable.reader import Reader

_INVALID_FORMULA = "The formula for filtering records is invalid: "


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRequest:
    """The parameters of a list request, checked for their form but not yet against a table."""

    page_size: int = 100
    max_records: int | None = None
    offset: str | None = None
    view: str | None = None
    sort: list[tuple[str, bool]] = field(default_factory=list)  # field, is descending
    filter_by_formula: str | None = None
    fields: list[str] | None = None
    by_field_id: bool = False
    as_strings: bool = False
    comment_count: bool = False


def list_records(
    reader: Reader, iterators: Iterators, base: Base, table: Table, request: ListRequest
) -> Fields:
    shown = _fields(table, request.fields)
    if request.offset:
        key, iterator = iterators.resume(request.offset, table.id)
        ids, position = iterator.record_ids, iterator.position
    else:
        ids, position, iterator, key = _matching(reader, base, table, request), 0, None, ""
    page: list[Fields] = []
    while position < len(ids) and len(page) < request.page_size:
        record = table.records.get(ids[position])
        position += 1
        if record is not None:  # it may be gone since the first page
            page.append(
                reader.record(
                    table,
                    record,
                    by_field_id=request.by_field_id,
                    fields=shown,
                    as_strings=request.as_strings,
                    comment_count=request.comment_count,
                )
            )
    answer: Fields = {"records": page}
    if position < len(ids):
        if iterator is None:
            answer["offset"] = iterators.start(table.id, ids, position)
        else:
            iterator.position = position
            answer["offset"] = f"{key}/{ids[position]}"
    return answer


def _fields(table: Table, names: list[str] | None) -> list[Field] | None:
    if names is None:
        return None
    found: dict[str, Field] = {}
    for name in names:
        each = table.find_field(name)
        if each is None:
            raise errors.unknown_field(name)
        found[each.id] = each
    return list(found.values())


def _matching(reader: Reader, base: Base, table: Table, request: ListRequest) -> list[str]:
    records = list(table.records.values())
    sort = list(request.sort)
    if request.view:
        view = find_view(base, table, request.view)
        records = in_view(reader, table, view, records)
        sort = sort or [
            (each["field"], each.get("direction") == "desc") for each in view.sort or []
        ]
    if request.filter_by_formula is not None and request.filter_by_formula.strip():
        records = filtered(reader, table, request.filter_by_formula, records)
    for name, descending in reversed(sort):
        each = table.find_field(name)
        if each is None:
            raise errors.unknown_field(name)
        records.sort(key=sort_key(reader, table, each), reverse=descending)
    ids = [record.id for record in records]
    return ids if request.max_records is None else ids[: request.max_records]


def find_view(base: Base, table: Table, name_or_id: str) -> View:
    view = table.find_view(name_or_id)
    if view is not None:
        return view
    for other in base.tables.values():
        if other is not table and any(each.id == name_or_id for each in other.views):
            raise errors.unprocessable(
                "FAILED_STATE_CHECK", f"View {name_or_id} does not belong to table {table.id}"
            )
    kind = "VIEW_ID_NOT_FOUND" if name_or_id.startswith("viw") else "VIEW_NAME_NOT_FOUND"
    raise errors.unprocessable(kind, f"View {name_or_id} not found")


def in_view(reader: Reader, table: Table, view: View, records: list[Record]) -> list[Record]:
    if not view.filter_by_formula:
        return records
    return filtered(reader, table, view.filter_by_formula, records)


def filtered(reader: Reader, table: Table, text: str, records: list[Record]) -> list[Record]:
    try:
        formula = compile_formula(text, table)
    except FormulaSyntaxError as error:
        raise errors.unprocessable(
            "INVALID_FILTER_BY_FORMULA",
            _INVALID_FORMULA + "Invalid formula. Please check your formula text.",
        ) from error
    except UnknownFields as error:
        raise errors.unprocessable(
            "INVALID_FILTER_BY_FORMULA",
            f"{_INVALID_FORMULA}Unknown field names: {', '.join(error.names).lower()}",
        ) from error
    if formula.record_ids is not None:
        records = [each for each in records if each.id in formula.record_ids]
    row = FormulaRow(reader, table, Record(id="", created="", created_by=None, values={}))
    kept = []
    for record in records:
        row.record = record
        if formula.accepts(row):
            kept.append(record)
    return kept


class sort_key:
    """The place of a record's cell in ascending order: empty first, options in their order."""

    def __init__(self, reader: Reader, table: Table, field: Field) -> None:
        self.reader, self.table, self.field = reader, table, field
        self.choices = {choice_id: place for place, choice_id in enumerate(field.choice_by_id)}

    def __call__(self, record: Record) -> tuple[int, Json]:
        if self.field.type == "singleSelect":
            stored = record.values.get(self.field.id)
            return (0, 0) if stored is None else (1, self.choices.get(stored, -1))
        if self.field.type in AS_STORED:
            return _orderable(record.values.get(self.field.id))
        try:
            return _orderable(self.reader.formula_value(self.table, record, self.field))
        except FormulaError:
            return (4, "")


def _orderable(value: Value) -> tuple[int, Json]:
    if value is None or value == "" or value == []:
        return (0, 0)
    if value.__class__ is str:
        return (3, value.casefold())
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, datetime):
        return (2, value)
    if isinstance(value, Failure):
        return (4, "")
    return (3, as_text(value).casefold())
