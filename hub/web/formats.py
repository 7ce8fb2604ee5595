"""How is a number, a share, a moment or a span written for a person?

Unknown is a dash and never 0.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

UNKNOWN = "—"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: float | None) -> str:
    """`48,210`."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def percent(share: float | None) -> str:
    """`97.7%`; small shares get a second digit, so that 0.08% does not become 0.1%."""
    if share is None:
        return UNKNOWN
    digits = 2 if 0 < share < 0.01 else 1
    return f"{share * 100:.{digits}f}%"


def moment(value: datetime | None) -> str:
    """`24 Nov 10:31`, in UTC."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %H:%M}"


def day(value: date | None) -> str:
    """`24 Nov`."""
    return UNKNOWN if value is None else f"{value.day} {value:%b}"


def span(value: timedelta | None) -> str:
    """`1 min 12 s`; two units at most."""
    if value is None:
        return UNKNOWN
    seconds = max(value.total_seconds(), 0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole, _MINUTE, "min", 1, "s")
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(whole, _DAY, "d", _HOUR, "h")


def ago(value: datetime | None, now: datetime) -> str:
    """`1 min ago`, in the largest unit that fits."""
    if value is None:
        return UNKNOWN
    seconds = max(int((now - value).total_seconds()), 0)
    if seconds < 5:
        return "just now"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _two(whole: int, size: int, unit: str, rest_size: int, rest_unit: str) -> str:
    count, rest = divmod(whole, size)
    rest //= rest_size
    return f"{count} {unit} {rest} {rest_unit}" if rest else f"{count} {unit}"
