"""What does each function of days and instants compute?"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hub.sandbox.airtable.formula.values import (
    FormulaError,
    Value,
    as_moment,
    as_number,
    as_text,
)

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


DATE_FUNCTIONS: dict[str, Callable[..., Value]] = {
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
