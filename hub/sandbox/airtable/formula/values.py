"""How do formula values turn into each other?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.sandbox.airtable.fields.dates import parse_instant, zone_named
from hub.sandbox.airtable.fields.numbers import number_in
from hub.sandbox.airtable.json_values import Json, plain_number
from hub.sandbox.clock import iso

# str, int, float, bool, datetime, None, list of these, or Failure
Value = Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """#ERROR! as a value: it spreads through whatever uses it."""

    text: str = "#ERROR!"


class FormulaError(Exception):
    """The formula has no value for this record."""


def as_text(value: Value) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(plain_number(value))
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list):
        return ", ".join(as_text(each) for each in value)
    raise FormulaError


def as_number(value: Value) -> float | int:
    if value is None or value == "":
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, list) and len(value) <= 1:
        return as_number(value[0] if value else None)
    raise FormulaError


def as_moment(value: Value) -> datetime:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, datetime):
        return value
    moment = parse_instant(value, zone_named(None)) if isinstance(value, str) else None
    if moment is None:
        raise FormulaError
    return moment


def is_true(value: Value) -> bool:
    """What keeps a record in a filter."""
    if value is True:
        return True
    if value is None or value is False or value == "" or value == []:
        return False
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return not isinstance(value, Failure)


def flat(values: Iterable[Value]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def numbers(values: Iterable[Value]) -> list[float | int]:
    """Only the numbers among the values, as SUM and its like see them."""
    return [
        each
        for each in flat(values)
        if isinstance(each, int | float) and not isinstance(each, bool)
    ]


def text_to_number(text: str) -> float | int:
    number = number_in(text)
    if number is None:
        raise FormulaError
    return number


_QUICK = frozenset((str, int, float))


def are_equal(left: Value, right: Value) -> bool:
    if left.__class__ is right.__class__ and left.__class__ in _QUICK:
        return bool(left == right)
    if left is None or right is None:
        other = right if left is None else left
        return other is None or other == "" or other == 0 or other == []
    if isinstance(left, datetime) or isinstance(right, datetime):
        try:
            return as_moment(left) == as_moment(right)
        except FormulaError:
            return False
    if isinstance(left, str | list) or isinstance(right, str | list):
        return as_text(left) == as_text(right)
    return bool(left == right)


def compare(left: Value, right: Value) -> int:
    """Below zero, zero or above zero, as in left < right, ..."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return int(left > right) - int(left < right)
    if isinstance(left, datetime) or isinstance(right, datetime):
        oldest = datetime.min.replace(tzinfo=UTC)
        first = oldest if left is None else as_moment(left)
        second = oldest if right is None else as_moment(right)
        return (first > second) - (first < second)
    if isinstance(left, str | list) or isinstance(right, str | list):
        first_text, second_text = as_text(left), as_text(right)
        return (first_text > second_text) - (first_text < second_text)
    first_number, second_number = as_number(left), as_number(right)
    return (first_number > second_number) - (first_number < second_number)


def to_json(value: Value) -> Json:
    """How a formula's value is answered; `None` where the cell is left out."""
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, Failure):
        return {"error": value.text}
    if isinstance(value, float):
        if math.isnan(value):
            return {"specialValue": "NaN"}
        if math.isinf(value):
            return {"specialValue": "Infinity" if value > 0 else "-Infinity"}
        return plain_number(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list):
        members = [to_json(each) for each in value]
        return [each for each in members if each is not None] or None
    return value
