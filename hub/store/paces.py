"""How eagerly may each connection be attended right now, and is it held altogether?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.budget import Level
from hub.core.pace import Profile
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """A connection's pace as it was last settled."""

    profile: Profile
    level: Level
    window_seconds: int
    reason: str
    calls_per_month: int | None
    held_until: datetime | None
    is_held: bool
    changed_at: datetime


@generic(Session)
def all_paces(session: Session) -> Mapping[str, Pace]:
    """The pace of every connection that has one."""
    found = session.execute(
        text(
            "select connection, profile, level, window_seconds, reason, calls_per_month,"
            " held_until, changed_at,"
            " coalesce(held_until > clock_timestamp(), false) as is_held from hub.pace"
        )
    )
    return {
        row.connection: Pace(
            profile=Profile(row.profile),
            level=Level(row.level),
            window_seconds=row.window_seconds,
            reason=row.reason,
            calls_per_month=row.calls_per_month,
            held_until=row.held_until,
            is_held=row.is_held,
            changed_at=row.changed_at,
        )
        for row in found
    }


@generic(Session)
def pace_of(session: Session, connection: str) -> Pace | None:
    """The connection's pace; None where none was settled yet."""
    return all_paces(session).get(connection)


@generic(Session)
def save_pace(
    session: Session,
    connection: str,
    *,
    profile: Profile,
    level: Level,
    window_seconds: int,
    reason: str,
    calls_per_month: int | None = None,
    held_until: datetime | None = None,
) -> None:
    """Settle the connection's pace."""
    session.execute(
        text(
            "insert into hub.pace (connection, profile, level, window_seconds, reason,"
            " calls_per_month, held_until)"
            " values (:connection, :profile, :level, :window, :reason, :budget, :held_until)"
            " on conflict (connection) do update set profile = excluded.profile,"
            " window_seconds = excluded.window_seconds, reason = excluded.reason,"
            " held_until = excluded.held_until, level = excluded.level,"
            " calls_per_month = excluded.calls_per_month,"
            " changed_at = case when pace.level = excluded.level then pace.changed_at"
            "  else clock_timestamp() end"
        ),
        {
            "connection": connection,
            "profile": profile.value,
            "level": level.value,
            "window": window_seconds,
            "reason": reason,
            "budget": calls_per_month,
            "held_until": held_until,
        },
    )


@generic(Session)
def refuse(session: Session, connection: str, reason: str, held_until: datetime) -> None:
    """The other side refuses calls: nothing is done until then."""
    session.execute(
        text(
            "insert into hub.pace (connection, profile, level, window_seconds, reason, held_until)"
            " values (:connection, 'live', 'refused', 0, :reason, :held_until)"
            " on conflict (connection) do update set level = 'refused',"
            " reason = excluded.reason, held_until = excluded.held_until,"
            " changed_at = clock_timestamp()"
        ),
        {"connection": connection, "reason": reason, "held_until": held_until},
    )


@generic(Session)
def release(session: Session, connection: str) -> bool:
    """Let a held connection go on; False when it was not held."""
    found = session.execute(
        text(
            "update hub.pace set level = 'full', held_until = null,"
            " reason = 'a person let it go on', changed_at = clock_timestamp()"
            " where connection = :connection and held_until > clock_timestamp()"
            " returning connection"
        ),
        {"connection": connection},
    ).one_or_none()
    return found is not None


@generic(Session)
def changing_rows(
    session: Session,
    connection: str,
    stream: str,
    table: str,
    row_ids: Sequence[UUID],
    *,
    quiet: timedelta,
    longest: timedelta,
) -> set[UUID]:
    """Rows that were sent within `longest` and changed again within `quiet`.

    Ids grow with the time, so the lately opened intents stand at the end of their index.
    """
    found = session.execute(
        text(
            "select distinct w.row_id from hub.write_intent w"
            " join hub.table_dictionary d on d.name = :table, lateral ("
            "  select c.at from hub.change c where c.table_id = d.id and c.row_id = w.row_id"
            "  order by c.id desc limit 1) as last"
            " where w.id >= cast(rpad(lpad(to_hex(floor(extract(epoch from"
            "   clock_timestamp() - cast(:longest as interval) - interval '5 seconds')"
            "   * 1000)::bigint), 12, '0'), 32, '0') as uuid)"
            " and w.connection = :connection and w.stream = :stream"
            " and w.row_id = any(cast(:row_ids as uuid[])) and w.operation = 'update'"
            " and w.created_at > clock_timestamp() - cast(:longest as interval)"
            " and last.at > clock_timestamp() - cast(:quiet as interval)"
        ),
        {
            "connection": connection,
            "stream": stream,
            "table": table,
            "row_ids": [str(row_id) for row_id in row_ids],
            "quiet": quiet,
            "longest": longest,
        },
    )
    return {UUID(str(row_id)) for row_id in found.scalars()}
