"""How does a cell name records of another table?"""

from __future__ import annotations

import csv

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.ids import is_id
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.model import Field


def linked_id(field: Field, value: Json, writing: Writing) -> str:
    key = value.get("id") if isinstance(value, dict) else value
    if not isinstance(key, str):
        raise errors.bad_value(field.name)
    linked = writing.linked_table(field)
    if key in linked.records:
        return key
    if not is_id(key, "rec"):
        if writing.typecast and isinstance(value, str) and key.strip():
            return writing.linked_by_title(field, key.strip())
        raise errors.bad_value(field.name)
    other = writing.table_of(key)
    if other is None:
        raise errors.row_does_not_exist(key)
    raise errors.unprocessable(
        "ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE",
        f"Record ID {key} belongs to table {other.id}, but the field links to table {linked.id}",
    )


class RecordLinks(CellType):
    empty_values = (None, [])

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, list):
            raise errors.bad_value(field.name)
        return list(dict.fromkeys(linked_id(field, each, writing) for each in value)) or None

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        names = next(csv.reader([text], skipinitialspace=True), [])
        return self.check(field, [name for name in names if name.strip()], writing)

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        table_id = field.option("linkedTableId")
        return [{"id": each, "name": reading.title(table_id, each)} for each in stored]

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        table_id = field.option("linkedTableId")
        return ", ".join(reading.title(table_id, each) for each in stored)
