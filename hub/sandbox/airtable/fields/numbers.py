"""What do the numeric types and the checkbox accept?"""

from __future__ import annotations

import math
import re

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Json, plain_number
from hub.sandbox.airtable.model import Field

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)


class Number(CellType):
    """Any finite number; the precision is for display."""

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_finite(value):
            raise errors.bad_value(field.name)
        return plain_number(value)

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        number = number_in(text)
        return None if number is None else self.check(field, number, writing)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return f"{stored:,.{field.option('precision') or 0}f}".replace(",", "")


class Percent(Number):
    """A fraction: 12.3 % is 0.123."""

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        number = number_in(text.replace("%", ""))
        if number is None:
            return None
        return plain_number(number / 100 if "%" in text else number)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return f"{stored * 100:.{field.option('precision') or 0}f}%"


class Currency(Number):
    """An amount; the symbol is an option of the field."""

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        precision = field.option("precision")
        amount = f"{abs(stored):,.{2 if precision is None else precision}f}"
        return f"{'-' if stored < 0 else ''}{field.option('symbol') or '$'}{amount}"


class Duration(Number):
    """Seconds."""

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        parts = text.strip().split(":")
        if len(parts) == 1 or not all(_NUMBER.fullmatch(part) for part in parts):
            return super().cast(field, text, writing)
        seconds_last = field.option("durationFormat") not in (None, "h:mm") or len(parts) == 3
        total = 0.0
        for part in parts:
            total = total * 60 + float(part)
        return plain_number(total if seconds_last else total * 60)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        total = abs(stored)
        hours, minutes, seconds = int(total // 3600), int(total % 3600 // 60), total % 60
        shape = str(field.option("durationFormat") or "h:mm")
        digits = len(shape.partition(".")[2])
        tail = ""
        if shape != "h:mm":
            tail = f":{seconds:0{3 + digits if digits else 2}.{digits}f}"
        return f"{'-' if stored < 0 else ''}{hours}:{minutes:02d}{tail}"


class Rating(Number):
    """A whole number from 1 to the field's maximum."""

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        number = super().check(field, value, writing)
        if not isinstance(number, int) or not 1 <= number <= (field.option("max") or 5):
            raise errors.bad_value(field.name)
        return number

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return str(stored)


class Checkbox(CellType):
    """True, or absent."""

    empty_values = (None, False)

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if value is not True:
            raise errors.bad_value(field.name)
        return True

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        return True if text.strip().lower() in ("true", "1", "yes", "checked", "on") else None

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return "checked"


def is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a double
        return False


def number_in(text: str) -> float | int | None:
    """The number a person means by a text such as "$1,200.50"; nothing if there is none."""
    found = _NUMBER.search(re.sub(r"[,\s'$€£]", "", text))
    if found is None:
        return None
    number = float(found.group())
    return plain_number(number) if math.isfinite(number) else None
