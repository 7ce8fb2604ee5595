"""What do the fields compute that nobody writes: counts, lookups, rollups, formulas, stamps?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from hub.sandbox.airtable.formula.compiler import Formula, UnknownFields, compile_formula
from hub.sandbox.airtable.formula.grammar import FormulaSyntaxError
from hub.sandbox.airtable.formula.values import Failure, Value
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Field, Record, Table

if TYPE_CHECKING:
    from hub.sandbox.airtable.reader import Reader


class FormulaRow:
    """A record, as the formula language asks about it."""

    def __init__(self, reader: Reader, table: Table, record: Record) -> None:
        self.reader = reader
        self.table = table
        self.record = record

    def value(self, field: Field) -> Value:
        return self.reader.formula_value(self.table, self.record, field)

    def now(self) -> datetime:
        return self.reader.state.clock.now()

    def created(self) -> datetime:
        return datetime.fromisoformat(self.record.created)

    def modified(self, field_ids: list[str] | None) -> datetime | None:
        at = modified_at(self.record, field_ids)
        return None if at is None else datetime.fromisoformat(at)


def modified_at(record: Record, field_ids: list[str] | None) -> str | None:
    """The latest edit of the watched fields; a record never edited was last modified when made."""
    touch = record.last_touch(field_ids)
    if touch is not None:
        return touch[0]
    if field_ids is None or any(each in record.values for each in field_ids):
        return record.created
    return None


class Computed:
    """One record's computed cells."""

    def __init__(self, reader: Reader, table: Table, record: Record) -> None:
        self.reader = reader
        self.table = table
        self.record = record

    def person(self, field: Field) -> str | None:
        if field.type == "createdBy":
            return self.record.created_by
        touch = self.record.last_touch(watched(field))
        return self.record.created_by if touch is None else touch[1]

    def value(self, field: Field) -> Value:
        row = FormulaRow(self.reader, self.table, self.record)
        match field.type:
            case "createdTime":
                return self._stamp(field, self.record.created)
            case "lastModifiedTime":
                return self._stamp(field, modified_at(self.record, watched(field)))
            case "createdBy" | "lastModifiedBy":
                user = self.reader.user(self.person(field) or "")
                return None if user is None else user.name
            case "count":
                return len(self.record.values.get(field.option("recordLinkFieldId"), ()))
            case "multipleLookupValues":
                return [
                    value
                    for linked_table, linked, target in self._linked(field)
                    for value in _as_list(self.reader.formula_value(linked_table, linked, target))
                    if value is not None
                ]
            case "formula":
                formula = formula_of(self.table, field)
                return Failure() if formula is None else formula.value(row)
            case "rollup":
                return self._rollup(field)
        return None

    def lookup(self, field: Field, *, in_payload: bool = False) -> list[tuple[str, list[Json]]]:
        """The looked-up values of each linked record, in the order of the link cell."""
        read = self.reader.payload_value if in_payload else self.reader.value
        return [
            (linked.id, _as_list(value))
            for linked_table, linked, target in self._linked(field)
            if (value := read(linked_table, linked, target)) is not None
        ]

    def _stamp(self, field: Field, at: str | None) -> Value:
        if at is None:
            return None
        result: Fields = field.option("result") or {}
        return at[:10] if result.get("type") == "date" else datetime.fromisoformat(at)

    def _linked(self, field: Field) -> Iterator[tuple[Table, Record, Field]]:
        link = self.table.fields.get(field.option("recordLinkFieldId") or "")
        if link is None:
            return
        linked_table = self.reader.base.tables.get(link.option("linkedTableId"))
        if linked_table is None:
            return
        target = linked_table.fields.get(field.option("fieldIdInLinkedTable") or "")
        if target is None:
            return
        for record_id in self.record.values.get(link.id, ()):
            linked = linked_table.records.get(record_id)
            if linked is not None:
                yield linked_table, linked, target

    def _rollup(self, field: Field) -> Value:
        values: list[Value] = []
        for linked_table, linked, target in self._linked(field):
            value = self.reader.formula_value(linked_table, linked, target)
            values.extend(_as_list(value) if value is not None else ())
        formula = formula_of(self.table, field, rollup=True)
        if formula is None:
            return Failure()
        return formula.value(_RollupRow(self.reader, self.table, self.record, field, values))


class _RollupRow(FormulaRow):
    """A record whose rollup field stands for the values that it gathers."""

    def __init__(
        self, reader: Reader, table: Table, record: Record, rollup: Field, values: list[Value]
    ) -> None:
        super().__init__(reader, table, record)
        self.rollup = rollup
        self.values = values

    def value(self, field: Field) -> Value:
        return self.values if field is self.rollup else super().value(field)


def watched(field: Field) -> list[str] | None:
    """Which fields a last-modified field looks at; `None` is all of them."""
    return field.option("referencedFieldIds") or None


def formula_of(table: Table, field: Field, *, rollup: bool = False) -> Formula | None:
    """The field's formula, compiled once; `None` when it is not valid."""
    if "formula" not in field.cache:
        text = field.option("formula") or ("SUM(values)" if rollup else "")
        try:
            field.cache["formula"] = compile_formula(text, table, values=field if rollup else None)
        except (FormulaSyntaxError, UnknownFields):
            field.cache["formula"] = None
    found: Formula | None = field.cache["formula"]
    return found


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
