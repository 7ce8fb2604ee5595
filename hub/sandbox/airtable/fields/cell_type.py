"""What must every field type be able to say about its cells?"""

from __future__ import annotations

from typing import Protocol

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Field, Table, User


class Reading(Protocol):
    """What a cell needs to know of the rest of the base to be shown."""

    def user(self, user_id: str) -> User | None: ...

    def title(self, table_id: str, record_id: str) -> str: ...

    def attachment(self, stored: Fields) -> Fields: ...


class Writing(Reading, Protocol):
    """What a cell needs to know, and may ask for, to accept a value."""

    typecast: bool

    def find_user(self, key: str) -> User | None: ...

    def new_choice(self, field: Field, name: str) -> str: ...

    def linked_table(self, field: Field) -> Table: ...

    def table_of(self, record_id: str) -> Table | None: ...

    def linked_by_title(self, field: Field, title: str) -> str: ...

    def new_attachment(self, field: Field, item: Fields) -> Fields: ...

    def old_value(self, field: Field) -> Json: ...


class CellType:
    """The common case: what is stored is what is read."""

    computed = False
    empty_values: tuple[Json, ...] = (None,)

    def accept(self, field: Field, value: Json, writing: Writing) -> Json:
        """The stored form of a written value; `None` empties the cell. Raises AirtableError."""
        if any(value is each or (value == each and type(value) is type(each))
               for each in self.empty_values):  # fmt: skip
            return None
        if writing.typecast and isinstance(value, str):
            return self.cast(field, value, writing)
        return self.check(field, value, writing)

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        raise errors.bad_value(field.name)

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return self.check(field, text, writing)

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        """The REST form."""
        return stored

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        """The form in webhook payloads."""
        return self.read(field, stored, reading)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        """The form a person sees."""
        return str(stored)
