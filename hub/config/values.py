"""Which shapes can a setting's value have: durations, names, addresses?"""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

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


def _positive(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("at least one second is needed")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    AfterValidator(_positive),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["15m", "1h"]}),
]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address such as https://hub.example.com is needed")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only https:// is safe for an address that is not on this machine")
    return value.rstrip("/")


WebAddress = Annotated[
    str,
    AfterValidator(_web_address),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"}),
]
