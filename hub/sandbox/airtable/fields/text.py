"""What do the text types accept?"""

from __future__ import annotations

import re

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Json, plain_number
from hub.sandbox.airtable.model import Field

LONGEST_TEXT = 100_000


class Text(CellType):
    """One or many lines; addresses and phone numbers are not validated either."""

    empty_values: tuple[Json, ...] = (None, "")

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if writing.typecast and isinstance(value, int | float):
            value = "true" if value is True else str(plain_number(value))
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise errors.bad_value(field.name)
        return value


class RichText(Text):
    """Markdown that the service writes its own way: "- x" for "* x", a newline at the end."""

    empty_values: tuple[Json, ...] = ("",)

    def accept(self, field: Field, value: Json, writing: Writing) -> Json:
        # A rich text once set to null is read back as a lone newline.
        if value is None:
            return None if writing.old_value(field) is None else "\n"
        return super().accept(field, value, writing)

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        text = super().check(field, value, writing)
        text = re.sub(r"(?m)^(\s*)\* ", r"\1- ", text)
        return text if text.endswith("\n") else text + "\n"


class Barcode(CellType):
    """A text with the kind of its code."""

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise errors.bad_value(field.name)
        kind = value.get("type")
        if set(value) - {"text", "type"} or not isinstance(kind, str | None):
            raise errors.bad_value(field.name)
        return {"text": value["text"], **({"type": kind} if kind else {})}

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return {"text": text} if text else None

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return str(stored["text"])
