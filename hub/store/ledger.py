"""How many calls were spent, by which stream, for what, on which day?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

from hub.core.calls import Purpose
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """The calls of one day, stream and purpose; no stream where they served them all."""

    day: date
    connection: str
    stream: str | None
    purpose: Purpose
    calls: int


@generic(Session)
def note_calls(
    session: Session, connection: str, calls: Mapping[tuple[str | None, Purpose], int]
) -> None:
    """Add calls to today's, by stream and purpose."""
    ordered = sorted(
        (stream or "", purpose.value, count) for (stream, purpose), count in calls.items()
    )
    session.execute(
        text(
            "insert into hub.spent_call (connection, day, stream, purpose, calls)"
            " select :connection, (clock_timestamp() at time zone 'UTC')::date, s, p, c"
            " from unnest(cast(:streams as text[]), cast(:purposes as text[]),"
            "  cast(:counts as integer[])) as t(s, p, c)"
            " on conflict (connection, day, stream, purpose)"
            " do update set calls = spent_call.calls + excluded.calls"
        ),
        {
            "connection": connection,
            "streams": [stream for stream, _, _ in ordered],
            "purposes": [purpose for _, purpose, _ in ordered],
            "counts": [count for _, _, count in ordered],
        },
    )


@generic(Session)
def calls_since(session: Session, day: date, connection: str | None = None) -> tuple[Spent, ...]:
    """What was spent from `day` on, the oldest first."""
    found = session.execute(
        text(
            "select day, connection, nullif(stream, '') as stream, purpose, calls"
            " from hub.spent_call where day >= :day"
            " and (cast(:connection as text) is null or connection = :connection)"
            " order by day, connection, stream nulls first, purpose"
        ),
        {"day": day, "connection": connection},
    )
    return tuple(
        Spent(
            day=row.day,
            connection=row.connection,
            stream=row.stream,
            purpose=Purpose(row.purpose),
            calls=row.calls,
        )
        for row in found
    )


@generic(Session)
def forget_calls(session: Session, *, before: date) -> None:
    """Drop what was spent before a day."""
    session.execute(text("delete from hub.spent_call where day < :day"), {"day": before})
