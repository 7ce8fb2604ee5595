"""What has a month cost so far, on what was it spent, and what will it have cost at its end?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from hub import clock
from hub.core.budget import Level
from hub.core.calls import Purpose
from hub.core.forecast import LOOKED_BACK, Forecast, forecast, month_of
from hub.core.pace import Profile
from hub.errors import NotFound
from hub.store import ledger, paces
from hub.store.database import Provenance
from hub.store.generic import UnitsOfWork
from hub.store.ledger import Spent
from hub.store.paces import Pace


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The month's calls of one stream for one purpose."""

    stream: str | None
    purpose: Purpose
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """One connection's month."""

    connection: str
    month: date
    profile: Profile
    level: Level
    reason: str
    held_until: datetime | None
    budget: int | None
    forecast: Forecast
    lines: tuple[Line, ...]
    days: tuple[tuple[date, int], ...]

    @property
    def left(self) -> int | None:
        """What is left of the budget; None without one."""
        return None if self.budget is None else max(0, self.budget - self.forecast.spent)


def report_quota(database: UnitsOfWork, now: datetime | None = None) -> tuple[Quota, ...]:
    """Every connection's month, by name."""
    with database.reading() as session:
        return read_quota(session, now or clock.now())


def read_quota(session: Session, now: datetime) -> tuple[Quota, ...]:
    """The same, in a transaction that is open."""
    spent = ledger.calls_since(session, month_of(now) - timedelta(days=LOOKED_BACK))
    standing = paces.all_paces(session)
    names = sorted({entry.connection for entry in spent} | set(standing))
    return tuple(
        _quota(name, [e for e in spent if e.connection == name], standing.get(name), now)
        for name in names
    )


def _quota(name: str, spent: Sequence[Spent], pace: Pace | None, now: datetime) -> Quota:
    first = month_of(now)
    by_day: Counter[date] = Counter()
    by_line: Counter[tuple[str | None, Purpose]] = Counter()
    for entry in spent:
        by_day[entry.day] += entry.calls
        if entry.day >= first:
            by_line[entry.stream, entry.purpose] += entry.calls
    days = (now.date() - first).days + 1
    return Quota(
        connection=name,
        month=first,
        profile=pace.profile if pace else Profile.LIVE,
        level=pace.level if pace else Level.FULL,
        reason=pace.reason if pace else "no scheduler has settled its pace yet",
        held_until=pace.held_until if pace and pace.is_held else None,
        budget=pace.calls_per_month if pace else None,
        forecast=forecast(by_day, now),
        lines=tuple(
            Line(stream=stream, purpose=purpose, calls=calls)
            for (stream, purpose), calls in by_line.most_common()
        ),
        days=tuple(
            (day, by_day.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))
        ),
    )


def let_go_on(database: UnitsOfWork, connection: str, *, by: str) -> str:
    """Let a connection spend calls again that waits for its quota; a sentence about it.

    Raises:
        NotFound: nothing waits there.
    """
    with database.unit_of_work(Provenance(actor=by, origin="quota")) as session:
        if not paces.release(session, connection):
            waiting = [name for name, pace in paces.all_paces(session).items() if pace.is_held]
            raise NotFound(
                f"connection {connection!r} does not wait for its quota; "
                f"those that do: {', '.join(waiting) or 'none'}. `hub quota` shows all."
            )
    return f"{connection} goes on; what waited is taken up within some seconds."
