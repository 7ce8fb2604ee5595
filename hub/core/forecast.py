"""How many calls will a month have cost when it is over?

What was spent so far, plus the days that are left at the mean of the last complete days, a week of
them at most: weekdays and weekends are both in it. A ledger younger than a day has only its own
hours to go by, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LOOKED_BACK = 7
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """A month's calls: spent so far, and expected at its end."""

    spent: int
    per_day: float
    expected: int
    days_left: float
    is_rough: bool
    basis: str


def month_of(now: datetime) -> date:
    """The first day of the month."""
    return now.astimezone(UTC).date().replace(day=1)


def end_of_month(now: datetime) -> datetime:
    """When the month is over."""
    first = (month_of(now) + timedelta(days=31)).replace(day=1)
    return datetime(first.year, first.month, 1, tzinfo=UTC)


def forecast(calls: Mapping[date, int], now: datetime) -> Forecast:
    """The month's calls; `calls` has those of every day, the days before the month included."""
    today, first = now.astimezone(UTC).date(), month_of(now)
    spent = sum(count for day, count in calls.items() if first <= day <= today)
    days_left = (end_of_month(now) - now) / _DAY
    begun = min((day for day in calls if day <= today), default=today)
    complete = min((today - begun).days, LOOKED_BACK)
    if complete:
        days = [today - timedelta(days=back) for back in range(1, complete + 1)]
        per_day = sum(calls.get(day, 0) for day in days) / complete
        basis = f"the mean of the last {complete} days" if complete > 1 else "yesterday"
    else:
        midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        per_day = calls.get(today, 0) * (_DAY / max(now - midnight, _HOUR))
        basis = "today only, so it is rough"
    return Forecast(
        spent=spent,
        per_day=per_day,
        expected=round(spent + per_day * days_left),
        days_left=days_left,
        is_rough=not complete,
        basis=basis,
    )
