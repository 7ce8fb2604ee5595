"""What does each function of the formula language compute?

A function gets the values of its arguments. Those that must not evaluate all of them (IF, SWITCH,
ISERROR, ...) or that ask about the record stand in the compiler.
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from hub.sandbox.airtable.formula.values import (
    FormulaError,
    Value,
    as_moment,
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


UNITS = {
    "milliseconds": 0.001,
    "ms": 0.001,
    "seconds": 1,
    "s": 1,
    "minutes": 60,
    "m": 60,
    "hours": 3600,
    "h": 3600,
    "days": 86400,
    "d": 86400,
    "weeks": 604800,
    "w": 604800,
}
MONTHS = {"months": 1, "month": 1, "m": 1, "quarters": 3, "years": 12, "year": 12, "y": 12}


def _unit_seconds(unit: Value) -> float:
    name = as_text(unit)
    found = UNITS.get(name) or UNITS.get(name + "s")
    if found is None:
        raise FormulaError
    return found


def _months_between(later: datetime, earlier: datetime) -> int:
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    if months > 0 and (later.day, later.time()) < (earlier.day, earlier.time()):
        return months - 1
    if months < 0 and (later.day, later.time()) > (earlier.day, earlier.time()):
        return months + 1
    return months


def _date_difference(first: Value, second: Value, unit: Value = "seconds") -> Value:
    left, right = as_moment(first), as_moment(second)
    name = as_text(unit)
    if name != "m" and name in MONTHS:
        return int(_months_between(left, right) / MONTHS[name])
    return int((left - right).total_seconds() / _unit_seconds(unit))


def _date_add(value: Value, count: Value, unit: Value) -> Value:
    moment, amount, name = as_moment(value), as_number(count), as_text(unit)
    if name != "m" and name in MONTHS:
        months = moment.year * 12 + moment.month - 1 + int(amount) * MONTHS[name]
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    return moment + timedelta(seconds=amount * _unit_seconds(unit))


def _is_same(first: Value, second: Value, unit: Value = None) -> Value:
    left, right = as_moment(first), as_moment(second)
    parts = ("year", "month", "day", "hour", "minute", "second")
    if unit is None:
        return left == right
    name = as_text(unit).rstrip("s")
    if name == "week":
        return left.isocalendar()[:2] == right.isocalendar()[:2]
    if name not in parts:
        raise FormulaError
    wanted = parts[: parts.index(name) + 1]
    return all(getattr(left, part) == getattr(right, part) for part in wanted)


_FORMAT = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a"
)


def _date_format(value: Value, shape: Value = "YYYY-MM-DDTHH:mm:ss.SSSZ") -> Value:
    moment = as_moment(value)
    names: dict[str, str] = {
        "YYYY": f"{moment.year:04d}",
        "YY": f"{moment.year % 100:02d}",
        "MMMM": f"{moment:%B}",
        "MMM": f"{moment:%b}",
        "MM": f"{moment.month:02d}",
        "M": str(moment.month),
        "DD": f"{moment.day:02d}",
        "D": str(moment.day),
        "dddd": f"{moment:%A}",
        "ddd": f"{moment:%a}",
        "HH": f"{moment.hour:02d}",
        "H": str(moment.hour),
        "hh": f"{moment.hour % 12 or 12:02d}",
        "h": str(moment.hour % 12 or 12),
        "mm": f"{moment.minute:02d}",
        "m": str(moment.minute),
        "ss": f"{moment.second:02d}",
        "s": str(moment.second),
        "SSS": f"{moment.microsecond // 1000:03d}",
        "A": "PM" if moment.hour >= 12 else "AM",
        "a": "pm" if moment.hour >= 12 else "am",
    }
    return _FORMAT.sub(lambda found: names.get(found[0], found[1] or ""), as_text(shape))


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
    # Days and instants
    "IS_BEFORE": lambda left, right: as_moment(left) < as_moment(right),
    "IS_AFTER": lambda left, right: as_moment(left) > as_moment(right),
    "IS_SAME": _is_same,
    "DATETIME_DIFF": _date_difference,
    "DATEADD": _date_add,
    "DATETIME_PARSE": lambda text, *_: as_moment(as_text(text)),
    "DATETIME_FORMAT": _date_format,
    "DATESTR": lambda value: as_moment(value).strftime("%Y-%m-%d"),
    "TIMESTR": lambda value: as_moment(value).strftime("%H:%M:%S"),
    "YEAR": lambda value: as_moment(value).year,
    "MONTH": lambda value: as_moment(value).month,
    "DAY": lambda value: as_moment(value).day,
    "HOUR": lambda value: as_moment(value).hour,
    "MINUTE": lambda value: as_moment(value).minute,
    "SECOND": lambda value: as_moment(value).second,
    "WEEKDAY": lambda value: as_moment(value).isoweekday() % 7,
}


def start_of_day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
