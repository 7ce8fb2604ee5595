"""What does a cell say right now, in each of the forms Airtable hands it out?"""

from __future__ import annotations

from datetime import datetime

from hub.sandbox.airtable.computed import Computed
from hub.sandbox.airtable.fields.people import show_user, user_name, user_payload
from hub.sandbox.airtable.fields.registry import DERIVED, PLAIN, STORED
from hub.sandbox.airtable.formula.compiler import AS_STORED
from hub.sandbox.airtable.formula.values import Failure, FormulaError, Value, as_text, to_json
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Base, Field, Record, Table, User
from hub.sandbox.airtable.state import State

PEOPLE = ("createdBy", "lastModifiedBy")
_TWO_FORMS = (*PEOPLE, "multipleLookupValues")


class Reader:
    """Reads one base; cheap to make, made for each request."""

    def __init__(self, state: State, base: Base, *, origin: str = "") -> None:
        self.state = state
        self.base = base
        self.origin = origin
        self._titles: dict[tuple[str, str], str] = {}
        self._depth = 0

    # What cell types ask

    def user(self, user_id: str) -> User | None:
        return self.state.users.get(user_id)

    def title(self, table_id: str, record_id: str) -> str:
        """What a linked record is called: the text of its primary field."""
        key = (table_id, record_id)
        if key not in self._titles:
            table = self.base.tables.get(table_id)
            record = None if table is None else table.records.get(record_id)
            self._titles[key] = (
                "" if table is None or record is None
                else self.text(table, record, table.primary_field)
            )  # fmt: skip
        return self._titles[key]

    def attachment(self, stored: Fields) -> Fields:
        shown: Fields = {"id": stored["id"], "url": stored.get("source", "")}
        if stored.get("stored"):
            shown["url"] = self.origin + self.state.files.path(stored["id"], stored["filename"])
        shown.update(
            {key: value for key, value in stored.items() if key not in ("source", "stored")}
        )
        return shown

    # Whole records

    def record(
        self,
        table: Table,
        record: Record,
        *,
        by_field_id: bool = False,
        fields: list[Field] | None = None,
        as_strings: bool = False,
        comment_count: bool = False,
    ) -> Fields:
        cells: Fields = {}
        for field in table.fields.values() if fields is None else fields:
            value: Json
            if as_strings:
                value = self.text(table, record, field) or None
            else:
                value = self.value(table, record, field)
            if value is not None:
                cells[field.id if by_field_id else field.name] = value
        answer: Fields = {"id": record.id, "createdTime": record.created, "fields": cells}
        if comment_count and record.comments:
            answer["commentCount"] = len(record.comments)
        return answer

    # Single cells

    def value(self, table: Table, record: Record, field: Field) -> Json:
        """The REST form; `None` means that the cell is left out."""
        kind = field.type
        if kind in PLAIN:
            return record.values.get(field.id)
        if kind in STORED:
            stored = record.values.get(field.id)
            return None if stored is None else STORED[kind].read(field, stored, self)
        if kind in PEOPLE:
            user_id = Computed(self, table, record).person(field)
            return None if user_id is None else show_user(user_id, self)
        if kind == "multipleLookupValues":
            groups = Computed(self, table, record).lookup(field)
            return [each for _, values in groups for each in values] or None
        if kind in DERIVED:
            value = to_json(self.formula_value(table, record, field))
            is_day = isinstance(value, str) and (field.option("result") or {}).get("type") == "date"
            return value[:10] if is_day else value
        return record.values.get(field.id)

    def payload_value(self, table: Table, record: Record, field: Field) -> Json:
        """The form in webhook payloads; `None` for an empty cell."""
        kind = field.type
        if kind in STORED:
            stored = record.values.get(field.id)
            return None if stored is None else STORED[kind].payload(field, stored, self)
        if kind in PEOPLE:
            user_id = Computed(self, table, record).person(field)
            return None if user_id is None else user_payload(user_id, self)
        if kind == "multipleLookupValues":
            groups = Computed(self, table, record).lookup(field, in_payload=True)
            if not groups:
                return None
            return {
                "linkedRecordIds": [record_id for record_id, _ in groups],
                "valuesByLinkedRecordId": dict(groups),
            }
        return self.value(table, record, field)

    def both_values(self, table: Table, record: Record, field: Field) -> tuple[Json, Json]:
        """The REST form and the payload form, computed once where they are the same."""
        value = self.value(table, record, field)
        if field.type in DERIVED and field.type not in _TWO_FORMS:
            return value, value
        return value, self.payload_value(table, record, field)

    def text(self, table: Table, record: Record, field: Field) -> str:
        """What a person reads in the cell."""
        kind = field.type
        if kind in STORED:
            stored = record.values.get(field.id)
            return "" if stored is None else STORED[kind].text(field, stored, self)
        if kind in PEOPLE:
            user_id = Computed(self, table, record).person(field)
            return "" if user_id is None else user_name(user_id, self)
        value = self.formula_value(table, record, field)
        try:
            return value.text if isinstance(value, Failure) else as_text(value)
        except FormulaError:
            return Failure().text

    def formula_value(self, table: Table, record: Record, field: Field) -> Value:
        """The cell as formulas, filters and sorts see it."""
        kind = field.type
        stored = record.values.get(field.id)
        if kind in AS_STORED:
            return stored
        if kind in ("date", "dateTime"):
            return None if stored is None else _moment(stored)
        if kind in DERIVED:
            if self._depth > 20:
                raise FormulaError("fields that depend on each other")
            self._depth += 1
            try:
                return Computed(self, table, record).value(field)
            finally:
                self._depth -= 1
        if stored is None:
            return None
        if kind == "richText":
            return stored
        if kind == "multipleRecordLinks":
            linked = field.option("linkedTableId")
            return [self.title(linked, each) for each in stored]
        if kind == "multipleSelects":
            return list(STORED[kind].read(field, stored, self))
        if kind in STORED:
            return STORED[kind].text(field, stored, self)
        return stored


def _moment(stored: str) -> datetime:
    moment = datetime.fromisoformat(stored)
    return moment if moment.tzinfo else datetime.fromisoformat(stored + "T00:00:00+00:00")
