"""When is something due next, and how are the starts of many spread?

Pure: the moment is passed in. The same name is always due at the same offset, so that streams of
one interval do not all start at once, on whichever host.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import croniter

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_JITTER = timedelta(minutes=1)


class InvalidCron(ValueError):
    """The text says no time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Every so often, or as cron says it; starts are spread over `jitter`."""

    every: timedelta | None = None
    cron: str | None = None
    jitter: timedelta | None = None


def check_cron(cron: str) -> None:
    """See that `cron` says a time.

    Raises:
        InvalidCron: it does not.
    """
    if len(cron.split()) != 5 or not croniter.is_valid(cron):
        raise InvalidCron(
            'five parts are needed (minute hour day month weekday), such as "0 3 * * *"'
        )


def next_due(schedule: Schedule, name: str, after: datetime) -> datetime:
    """The first moment behind `after` at which `name` is due; the cron was checked."""
    offset = _jitter(schedule) * _share(name)
    if schedule.cron is not None:
        found: datetime = croniter(schedule.cron, after - offset).get_next(datetime)
        return found + offset
    every = schedule.every or timedelta(hours=1)
    begun = (after - offset - _EPOCH) // every
    return _EPOCH + (begun + 1) * every + offset


def _jitter(schedule: Schedule) -> timedelta:
    if schedule.jitter is not None:
        return schedule.jitter
    if schedule.every is None:
        return timedelta(seconds=30)
    return min(schedule.every / 10, LONGEST_JITTER)


def _share(name: str) -> float:
    """A number from 0 to 1 that belongs to `name`."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) / 2**48
