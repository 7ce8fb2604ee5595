"""How are days and instants written, read and shown?"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.cell_type import CellType, Reading, Writing
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.model import Field
from hub.sandbox.clock import iso

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_SLASHED = re.compile(r"\s*(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[ T]+(.*))?\Z")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?\Z", re.IGNORECASE)


def zone_named(name: str | None) -> ZoneInfo:
    """The field's zone; `utc`, `client` and none at all are UTC."""
    if name in (None, "utc", "client"):
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def parse_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """An ISO text; one without a zone is local time of `zone`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def parse_loose(text: str, zone: ZoneInfo, *, day_first: bool) -> datetime | None:
    """What typecast understands beside ISO: 3/4/2024, 3.4.2024 10:30, with the field's order."""
    found = _SLASHED.match(text)
    if found is None:
        return None
    first, second, third = (int(found.group(number)) for number in (1, 2, 3))
    if len(found.group(1)) == 4:
        year, month, day = first, second, third
    else:
        year = third + 2000 if third < 100 else third
        day, month = (first, second) if day_first else (second, first)
    hour = minute = second_of_minute = 0
    if found.group(4):
        clock = _TIME.match(found.group(4).strip())
        if clock is None:
            return None
        hour, minute = int(clock.group(1)), int(clock.group(2))
        second_of_minute = int(clock.group(3) or 0)
        half = (clock.group(4) or "").lower()
        hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    try:
        local = datetime(year, month, day, hour, minute, second_of_minute, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(UTC)


def from_milliseconds(value: float) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    except OverflowError:
        return None


def _day_first(field: Field) -> bool:
    shape = field.option("dateFormat") or {}
    return shape.get("name") == "european"


def show_day(day: date, field: Field) -> str:
    name = (field.option("dateFormat") or {}).get("name")
    if name == "iso":
        return day.isoformat()
    if name == "european":
        return f"{day.day}/{day.month}/{day.year}"
    if name == "friendly":
        return f"{day:%B} {day.day}, {day.year}"
    return f"{day.month}/{day.day}/{day.year}"


def show_time(moment: datetime, field: Field) -> str:
    if (field.option("timeFormat") or {}).get("name") == "24hour":
        return f"{moment:%H:%M}"
    return f"{moment.hour % 12 or 12}:{moment:%M}{'pm' if moment.hour >= 12 else 'am'}"


class Day(CellType):
    """A bare day."""

    empty_values = (None, "")

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        if not isinstance(value, str):
            raise errors.bad_value(field.name)
        moment = parse_instant(value, ZoneInfo("UTC"))
        if moment is None:
            raise errors.bad_value(field.name)
        return value if _ISO_DAY.match(value) else moment.date().isoformat()

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        utc = ZoneInfo("UTC")
        moment = parse_instant(text, utc) or parse_loose(text, utc, day_first=_day_first(field))
        return None if moment is None else moment.date().isoformat()

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        return show_day(date.fromisoformat(stored), field)


class Instant(CellType):
    """A moment, in UTC on the wire."""

    empty_values = (None, "")

    def check(self, field: Field, value: Json, writing: Writing) -> Json:
        moment = None
        if isinstance(value, str):
            moment = parse_instant(value, zone_named(field.option("timeZone")))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = from_milliseconds(value)
        if moment is None:
            raise errors.bad_value(field.name)
        return iso(moment)

    def cast(self, field: Field, text: str, writing: Writing) -> Json:
        zone = zone_named(field.option("timeZone"))
        moment = parse_instant(text, zone) or parse_loose(text, zone, day_first=_day_first(field))
        return None if moment is None else iso(moment)

    def text(self, field: Field, stored: Json, reading: Reading) -> str:
        local = datetime.fromisoformat(stored).astimezone(zone_named(field.option("timeZone")))
        return f"{show_day(local.date(), field)} {show_time(local, field)}"
