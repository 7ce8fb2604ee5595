"""What does each function of the formula language compute?

A function gets the values of its arguments. Those that must not evaluate all of them (IF, SWITCH,
ISERROR, ...) or that ask about the record stand in the compiler.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from urllib.parse import quote

from hub.sandbox.airtable.formula.date_functions import DATE_FUNCTIONS
from hub.sandbox.airtable.formula.values import (
    FormulaError,
    Value,
    as_number,
    as_text,
    flat,
    is_true,
    numbers,
    text_to_number,
)

Function = Callable[..., Value]


def _find(needle: Value, text: Value, start: Value = 1) -> Value:
    return as_text(text).find(as_text(needle), max(int(as_number(start)) - 1, 0)) + 1


def _search(needle: Value, text: Value, start: Value = 1) -> Value:
    position = (
        as_text(text).lower().find(as_text(needle).lower(), max(int(as_number(start)) - 1, 0))
    )
    return position + 1 or None


def _substitute(text: Value, old: Value, new: Value, index: Value = None) -> Value:
    source, wanted, other = as_text(text), as_text(old), as_text(new)
    if not wanted:
        return source
    if index is None:
        return source.replace(wanted, other)
    parts = source.split(wanted)
    place = int(as_number(index))
    if not 0 < place < len(parts):
        return source
    return wanted.join(parts[:place]) + other + wanted.join(parts[place:])


def _replace(text: Value, start: Value, count: Value, new: Value) -> Value:
    source, begin = as_text(text), max(int(as_number(start)) - 1, 0)
    return source[:begin] + as_text(new) + source[begin + int(as_number(count)) :]


def _mid(text: Value, start: Value, count: Value) -> Value:
    begin = max(int(as_number(start)) - 1, 0)
    return as_text(text)[begin : begin + max(int(as_number(count)), 0)]


def _right(text: Value, count: Value = 1) -> Value:
    length = max(int(as_number(count)), 0)
    return as_text(text)[-length:] if length else ""


def _regex(pattern: Value) -> re.Pattern[str]:
    try:
        return re.compile(as_text(pattern))
    except re.error as error:
        raise FormulaError from error


def _regex_extract(text: Value, pattern: Value) -> Value:
    found = _regex(pattern).search(as_text(text))
    if found is None:
        raise FormulaError
    return found.group(1) if found.groups() else found.group()


def _scaled(value: Value, digits: Value, step: Callable[[float], float]) -> Value:
    scale = 10.0 ** int(as_number(digits))
    scaled = as_number(value) * scale
    return step(round(scaled, 9)) / scale


def _half_up(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _away(value: float) -> float:
    return math.copysign(math.ceil(abs(value)), value)


def _log(value: Value, base: Value = 10) -> Value:
    try:
        return math.log(as_number(value), as_number(base))
    except (ValueError, ZeroDivisionError):
        return math.nan


def _modulo(value: Value, divisor: Value) -> Value:
    try:
        return as_number(value) % as_number(divisor)
    except ZeroDivisionError:
        return math.nan


def _power(value: Value, exponent: Value) -> Value:
    try:
        result = as_number(value) ** as_number(exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return math.nan if isinstance(result, complex) else result


def _average(*values: Value) -> Value:
    found = numbers(values)
    return sum(found) / len(found) if found else math.nan


def _next_of(parity: int) -> Function:
    def find(value: Value) -> Value:
        number = int(_away(float(as_number(value))))
        return number if number % 2 == parity else number + (1 if number >= 0 else -1)

    return find


def _count_filled(*values: Value) -> Value:
    return sum(1 for each in flat(values) if each is not None and each != "")


def _unique(*values: Value) -> Value:
    seen: list[Value] = []
    for each in flat(values):
        if each not in seen:
            seen.append(each)
    return seen


FUNCTIONS: dict[str, Function] = {
    # Logic
    "AND": lambda *values: all(is_true(each) for each in values),
    "OR": lambda *values: any(is_true(each) for each in values),
    "NOT": lambda value: not is_true(value),
    "XOR": lambda *values: sum(is_true(each) for each in values) % 2 == 1,
    "TRUE": lambda: True,
    "FALSE": lambda: False,
    "BLANK": lambda: None,
    # Text
    "CONCATENATE": lambda *values: "".join(as_text(each) for each in values),
    "LEN": lambda text: len(as_text(text)),
    "LEFT": lambda text, count=1: as_text(text)[: max(int(as_number(count)), 0)],
    "RIGHT": _right,
    "MID": _mid,
    "FIND": _find,
    "SEARCH": _search,
    "SUBSTITUTE": _substitute,
    "REPLACE": _replace,
    "LOWER": lambda text: as_text(text).lower(),
    "UPPER": lambda text: as_text(text).upper(),
    "TRIM": lambda text: as_text(text).strip(),
    "REPT": lambda text, count: as_text(text) * min(int(as_number(count)), 100_000),
    "T": lambda value: value if isinstance(value, str) else None,
    "VALUE": lambda text: text_to_number(as_text(text)),
    "EXACT": lambda left, right: as_text(left) == as_text(right),
    "ENCODE_URL_COMPONENT": lambda text: quote(as_text(text), safe="!'()*-._~"),
    "REGEX_MATCH": lambda text, pattern: _regex(pattern).search(as_text(text)) is not None,
    "REGEX_EXTRACT": _regex_extract,
    "REGEX_REPLACE": lambda text, pattern, new: _regex(pattern).sub(
        re.sub(r"\$(\d)", r"\\\1", as_text(new)), as_text(text)
    ),
    "ARRAYJOIN": lambda values, glue=", ": as_text(glue).join(
        as_text(each) for each in flat([values])
    ),
    "ARRAYUNIQUE": _unique,
    "ARRAYCOMPACT": lambda *values: [each for each in flat(values) if each not in (None, "")],
    "ARRAYFLATTEN": lambda *values: list(flat(values)),
    # Numbers
    "ABS": lambda value: abs(as_number(value)),
    "SUM": lambda *values: sum(numbers(values)),
    "AVERAGE": _average,
    "MIN": lambda *values: min(numbers(values), default=0),
    "MAX": lambda *values: max(numbers(values), default=0),
    "COUNT": lambda *values: len(numbers(values)),
    "COUNTA": _count_filled,
    "COUNTALL": lambda *values: len(list(flat(values))),
    "ROUND": lambda value, digits=0: _scaled(value, digits, _half_up),
    "ROUNDUP": lambda value, digits=0: _scaled(value, digits, _away),
    "ROUNDDOWN": lambda value, digits=0: _scaled(value, digits, math.trunc),
    "INT": lambda value: math.floor(as_number(value)),
    "FLOOR": lambda value, step=1: math.floor(as_number(value) / as_number(step)) * as_number(step),
    "CEILING": lambda value, step=1: (
        math.ceil(as_number(value) / as_number(step)) * as_number(step)
    ),
    "MOD": _modulo,
    "POWER": _power,
    "SQRT": lambda value: _power(value, 0.5),
    "EXP": lambda value: _power(math.e, value),
    "LOG": _log,
    "EVEN": _next_of(0),
    "ODD": _next_of(1),
    **DATE_FUNCTIONS,
}
