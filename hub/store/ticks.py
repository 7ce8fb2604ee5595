"""Up to where has somebody read, and which stored moment does a question about the past mean?

A tick is a stored snapshot of the running transactions. It knows exactly which changes it has
seen, however their transactions overlapped; a number or a time of day does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NewType

from sqlalchemy import Row, text
from sqlalchemy.engine import Engine
from sqlmodel import Session

from hub.errors import InvalidInput, NotFound, TickUnknown
from hub.store.database import Database
from hub.store.generic import UnitsOfWork, generic

TickId = NewType("TickId", int)
MINUTE = timedelta(minutes=1)
_COLUMNS = "id, era, at, snapshot::text as snapshot, seen_below, unseen_from"

_BETWEEN = (
    "tx >= :since_below and tx < :till_from"
    " and hub.sees(:till_below, :till_from, cast(:till_snapshot as pg_snapshot), tx)"
    " and not hub.sees(:since_below, :since_from, cast(:since_snapshot as pg_snapshot), tx)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A moment that can be returned to, and the snapshot that says what was there."""

    id: TickId
    era: int
    at: datetime
    snapshot: str
    seen_below: int
    unseen_from: int


@generic(Database)
def take_tick(database: UnitsOfWork) -> TickId:
    """Store the present snapshot, in a transaction of its own.

    Take it before the snapshot that reads its batch: what the tick has seen, that reader sees.
    """
    with _engine(database).begin() as connection:
        return TickId(connection.scalar(text("select hub.take_tick()")) or 0)


@generic(Database)
def ensure_minute_tick(database: UnitsOfWork) -> TickId:
    """The newest tick, or a new one where that is more than a minute old."""
    with _engine(database).begin() as connection:
        fresh = connection.scalar(
            text(
                "select id from hub.tick where era = hub.current_era()"
                " and at > clock_timestamp() - :minute order by id desc limit 1"
            ),
            {"minute": MINUTE},
        )
    return TickId(fresh) if fresh is not None else take_tick(database)


def _engine(database: UnitsOfWork) -> Engine:
    if not isinstance(database, Database):
        raise AssertionError(f"another store takes its own ticks: {type(database).__name__}")
    return database.engine


@generic(Session)
def find_tick(session: Session, tick_id: int) -> Tick:
    """The stored tick.

    Raises:
        TickUnknown: it is no tick of this database: a cursor from the future, or from another
            copy of it.
    """
    row = session.execute(
        text(f"select {_COLUMNS} from hub.tick where id = :id"),  # noqa: S608  # constant
        {"id": tick_id},
    ).one_or_none()
    if row is None:
        newest = session.scalar(text("select max(id) from hub.tick"))
        raise TickUnknown(
            f"[store] tick {tick_id} is none of this database's, the newest is {newest}."
            " The database was restored or copied since, or the place was noted for another one,"
            " or the reader's transaction is older than the tick."
            " Reconcile whoever reads from there; that gives it a new place."
        )
    return _tick(row)


def between(session: Session, *, after: int | None, until: int) -> tuple[str, dict[str, object]]:
    """The condition on `tx` for what `until` has seen and `after` has not, and its values.

    It begins with plain bounds, which an index answers.

    Raises:
        TickUnknown: a tick is none of this database's.
    """
    till = find_tick(session, until)
    since = find_tick(session, after) if after is not None else None
    return _BETWEEN, {
        "till_below": till.seen_below,
        "till_from": till.unseen_from,
        "till_snapshot": till.snapshot,
        "since_below": since.seen_below if since else 0,
        "since_from": since.unseen_from if since else 0,
        "since_snapshot": since.snapshot if since else "1:1:",
    }


@generic(Session)
def newest_tick(session: Session) -> Tick | None:
    """The tick that was taken last; None before the first."""
    row = session.execute(
        text(f"select {_COLUMNS} from hub.tick order by id desc limit 1")  # noqa: S608  # constant
    ).one_or_none()
    return _tick(row) if row else None


@generic(Session)
def tick_at(session: Session, moment: datetime) -> Tick:
    """The last tick taken at or before `moment`: all that an answer as of then may contain.

    Raises:
        InvalidInput: `moment` has no time zone.
        NotFound: `moment` lies before the first tick.
    """
    if moment.tzinfo is None:
        raise InvalidInput(
            f"as of: {moment.isoformat()} has no time zone. Write {moment.isoformat()}Z for UTC."
        )
    row = session.execute(
        text(
            f"select {_COLUMNS} from hub.tick where at <= :moment"  # noqa: S608  # constant
            " order by at desc, id desc limit 1"
        ),
        {"moment": moment},
    ).one_or_none()
    if row is None:
        first = session.scalar(text("select min(at) from hub.tick"))
        begins = f"begins at {first.isoformat()}" if first else "has not begun"
        raise NotFound(
            f"as of: there is no history at {moment.isoformat()}, it {begins}. Ask for later."
        )
    return _tick(row)


def _tick(row: Row[Any]) -> Tick:
    return Tick(
        id=TickId(row.id),
        era=row.era,
        at=row.at,
        snapshot=row.snapshot,
        seen_below=row.seen_below,
        unseen_from=row.unseen_from,
    )
