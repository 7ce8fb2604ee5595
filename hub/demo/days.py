"""Which days do the numbers cover, how busy is each, and which two went wrong?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 90
# Monday to Sunday: business mail is sent on working days.
WEEKDAY_LEVEL = (0.98, 1.12, 1.10, 1.05, 0.84, 0.10, 0.06)
_TUESDAY, _THURSDAY = 1, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The days up to yesterday, and the two planted bad ones."""

    today: date

    @property
    def first(self) -> date:
        return self.today - timedelta(days=DAYS)

    @property
    def last(self) -> date:
        return self.today - timedelta(days=1)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=number) for number in range(DAYS))

    @property
    def blocklist_day(self) -> date:
        """A blocklist held the relay: a Tuesday three to four weeks ago, bad for everybody."""
        return _weekday_before(self.today - timedelta(days=21), _TUESDAY)

    @property
    def outage_day(self) -> date:
        """A client's DNS did not answer: a Thursday one to two weeks ago."""
        return _weekday_before(self.today - timedelta(days=8), _THURSDAY)


def _weekday_before(day: date, weekday: int) -> date:
    return day - timedelta(days=(day.weekday() - weekday) % 7)


def weekday_level(day: date) -> float:
    """How much of a usual working day's mail goes out on this weekday."""
    return WEEKDAY_LEVEL[day.weekday()]
