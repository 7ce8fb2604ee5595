"""How is a span of time written: "90s", "15m", "1h30m"?"""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)\s*([smhd])")
DURATION_PATTERN = r"^(\d+\s*[smhd]\s*)+$"


def parse_duration(value: object) -> object:
    """`"1h30m"` as a timedelta; what is no text is left to the type's own check."""
    if not isinstance(value, str):
        return value
    if not re.fullmatch(DURATION_PATTERN, value.strip()):
        raise ValueError('a duration such as "90s", "15m", "1h", "1h30m" or "2d" is needed')
    return timedelta(
        seconds=sum(int(count) * _UNITS[unit] for count, unit in _DURATION.findall(value))
    )


def format_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as `value`."""
    seconds = int(value.total_seconds())
    parts = []
    for unit, size in reversed(_UNITS.items()):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
