"""How do selects keep their options by id and show them by name?"""

from __future__ import annotations

import csv

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Field

HUES = ("blue", "cyan", "teal", "green", "yellow", "orange", "red", "pink", "purple", "gray")
COLORS = tuple(hue + shade for shade in ("Light2", "Light1", "Bright", "Dark1") for hue in HUES)


def choice_id(field: Field, name: Json, writing: Writing) -> str:
    if not isinstance(name, str):
        raise errors.bad_value(field.name)
    choice = field.choice_by_name.get(name)
    if choice is not None:
        return str(choice["id"])
    if writing.typecast:
        # A typed option loses its outer blanks and finds its name whatever its case.
        wanted = name.strip()
        for each in field.choice_by_name.values():
            if each["name"].casefold() == wanted.casefold():
                return str(each["id"])
        if wanted:
            return writing.new_choice(field, wanted)
    raise errors.unknown_choice(name)


def choice_of(field: Field, stored: str) -> Fields:
    return field.choice_by_id.get(stored) or {"id": stored, "name": stored}


class SingleSelect(CellType):
    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        return choice_id(field, value, writing)

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return choice_id(field, text, writing) if text.strip() else None

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        return choice_of(field, stored)["name"]

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        return dict(choice_of(field, stored))

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return str(choice_of(field, stored)["name"])


class MultipleSelects(CellType):
    empty_values = (None, [])

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, list):
            raise errors.bad_value(field.name)
        ids = [choice_id(field, each, writing) for each in value]
        return list(dict.fromkeys(ids)) or None

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        names = next(csv.reader([text], skipinitialspace=True), [])
        return self.check(field, [name for name in names if name.strip()], writing)

    def read(self, field: Field, stored: Json, reading: Reading) -> Json:
        return [choice_of(field, each)["name"] for each in stored]

    def payload(self, field: Field, stored: Json, reading: Reading) -> Json:
        return [dict(choice_of(field, each)) for each in stored]

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return ", ".join(str(choice_of(field, each)["name"]) for each in stored)
