"""Where does the read of each source's stream stand, and when is it due?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.store.generic import generic

_COLUMNS = (
    "connection, stream, state, is_midway, needs_complete, due_at, enqueued_at, begun_at,"
    " read_at,"
    " completed_at, attempts, is_paused, error_code, error_message"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceStanding:
    """How a stream of a source is."""

    connection: str
    stream: str
    state: Mapping[str, Any] | None = None
    is_midway: bool = False
    needs_complete: bool = False
    due_at: datetime | None = None
    enqueued_at: datetime | None = None
    begun_at: datetime | None = None
    read_at: datetime | None = None
    completed_at: datetime | None = None
    attempts: int = 0
    is_paused: bool = False
    error_code: str | None = None
    error_message: str | None = None


@generic(Session)
def all_standings(session: Session) -> dict[tuple[str, str], SourceStanding]:
    """Every stream that was ever read or planned, by (connection, stream)."""
    found = session.execute(text(f"select {_COLUMNS} from hub.source_state"))  # noqa: S608  # no values
    return {(row.connection, row.stream): SourceStanding(**dict(row._mapping)) for row in found}


@generic(Session)
def standing(session: Session, connection: str, stream: str) -> SourceStanding:
    """How the stream is; as new where it was never read."""
    row = session.execute(
        text(
            f"select {_COLUMNS} from hub.source_state"  # noqa: S608  # no values
            " where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
    ).one_or_none()
    if row is None:
        return SourceStanding(connection=connection, stream=stream)
    return SourceStanding(**dict(row._mapping))


@generic(Session)
def save_page(
    session: Session, connection: str, stream: str, state: Mapping[str, Any], *, is_midway: bool
) -> None:
    """Write down where to read on; in the transaction that holds the page's rows."""
    session.execute(
        text(
            "insert into hub.source_state (connection, stream, state, is_midway)"
            " values (:connection, :stream, cast(:state as jsonb), :is_midway)"
            " on conflict (connection, stream) do update"
            " set state = excluded.state, is_midway = excluded.is_midway"
        ),
        {
            "connection": connection,
            "stream": stream,
            "state": json.dumps(dict(state)),
            "is_midway": is_midway,
        },
    )


@generic(Session)
def begin_anew(session: Session, connection: str, stream: str) -> None:
    """Let the next read begin at nothing."""
    session.execute(
        text(
            "insert into hub.source_state (connection, stream, needs_complete)"
            " values (:connection, :stream, true)"
            " on conflict (connection, stream) do update set needs_complete = true"
        ),
        {"connection": connection, "stream": stream},
    )


@generic(Session)
def note_begun(session: Session, connection: str, stream: str, *, from_nothing: bool) -> None:
    """A read begins; from nothing, the place that was reached is forgotten."""
    session.execute(
        text(
            "insert into hub.source_state as s (connection, stream, begun_at)"
            " values (:connection, :stream, clock_timestamp())"
            " on conflict (connection, stream) do update"
            " set begun_at = excluded.begun_at, needs_complete = false,"
            " state = case when :from_nothing then null else s.state end,"
            " is_midway = s.is_midway and not :from_nothing"
        ),
        {"connection": connection, "stream": stream, "from_nothing": from_nothing},
    )


@generic(Session)
def note_read(
    session: Session, connection: str, stream: str, *, was_complete: bool, needs_complete: bool
) -> None:
    """A read ended well."""
    session.execute(
        text(
            "insert into hub.source_state as s (connection, stream, read_at, completed_at,"
            " needs_complete) values (:connection, :stream, clock_timestamp(),"
            " case when :complete then clock_timestamp() end, :needs)"
            " on conflict (connection, stream) do update set read_at = excluded.read_at,"
            " completed_at = coalesce(excluded.completed_at, s.completed_at),"
            " needs_complete = excluded.needs_complete, attempts = 0,"
            " error_code = null, error_message = null"
        ),
        {
            "connection": connection,
            "stream": stream,
            "complete": was_complete,
            "needs": needs_complete,
        },
    )


@generic(Session)
def note_failed(
    session: Session,
    connection: str,
    stream: str,
    *,
    code: str,
    message: str,
    pause_seconds: float | None,
    begin_anew: bool,
) -> None:
    """A read failed; it is due again after the pause, or at its regular time."""
    session.execute(
        text(
            "insert into hub.source_state as s (connection, stream, attempts, error_code,"
            " error_message, due_at, needs_complete) values (:connection, :stream, 1, :code,"
            " :message, clock_timestamp() + make_interval(secs => cast(:pause as float8)), :anew)"
            " on conflict (connection, stream) do update set attempts = s.attempts + 1,"
            " error_code = excluded.error_code, error_message = excluded.error_message,"
            " due_at = least(excluded.due_at, coalesce(s.due_at, excluded.due_at)),"
            " needs_complete = s.needs_complete or excluded.needs_complete"
        ),
        {
            "connection": connection,
            "stream": stream,
            "code": code,
            "message": message,
            "pause": pause_seconds,
            "anew": begin_anew,
        },
    )


@generic(Session)
def plan(session: Session, due: Mapping[tuple[str, str], datetime]) -> None:
    """Say when streams are due at the latest; one that was never planned is due at once.

    Streams that are not named are due no more.
    """
    items = [
        {"connection": connection, "stream": stream, "due_at": moment.isoformat()}
        for (connection, stream), moment in due.items()
    ]
    session.execute(
        text(
            "with wanted as (select * from jsonb_to_recordset(cast(:items as jsonb))"
            " as i(connection text, stream text, due_at timestamptz)),"
            " unwanted as (update hub.source_state s set due_at = null where due_at is not null"
            " and not exists (select from wanted w where w.connection = s.connection"
            " and w.stream = s.stream))"
            " insert into hub.source_state as s (connection, stream, due_at)"
            " select connection, stream, clock_timestamp() from wanted"
            " on conflict (connection, stream) do update set due_at = least(s.due_at, ("
            "select w.due_at from wanted w where w.connection = s.connection"
            " and w.stream = s.stream))"
        ),
        {"items": json.dumps(items)},
    )


@generic(Session)
def due_now(session: Session) -> Sequence[SourceStanding]:
    """The streams that are due and that nobody paused, the longest waiting first."""
    found = session.execute(
        text(
            f"select {_COLUMNS} from hub.source_state"  # noqa: S608  # no values
            " where due_at <= clock_timestamp() and not is_paused order by due_at"
        )
    )
    return [SourceStanding(**dict(row._mapping)) for row in found]


@generic(Session)
def note_enqueued(
    session: Session, due: Mapping[tuple[str, str], datetime], *, asked: Set[tuple[str, str]]
) -> None:
    """Each stream is next due at its time; workers were asked to read those `asked`."""
    if not due:
        return
    items = [
        {
            "connection": connection,
            "stream": stream,
            "due_at": moment.isoformat(),
            "is_asked": (connection, stream) in asked,
        }
        for (connection, stream), moment in due.items()
    ]
    session.execute(
        text(
            "update hub.source_state s set due_at = i.due_at, enqueued_at ="
            " case when i.is_asked then clock_timestamp() else s.enqueued_at end"
            " from jsonb_to_recordset(cast(:items as jsonb))"
            " as i(connection text, stream text, due_at timestamptz, is_asked boolean)"
            " where s.connection = i.connection and s.stream = i.stream"
        ),
        {"items": json.dumps(items)},
    )


@generic(Session)
def set_paused(session: Session, connection: str, stream: str, *, paused: bool) -> None:
    """Stop a stream's regular reads, or let them go on."""
    session.execute(
        text(
            "insert into hub.source_state (connection, stream, is_paused)"
            " values (:connection, :stream, :paused)"
            " on conflict (connection, stream) do update set is_paused = excluded.is_paused"
        ),
        {"connection": connection, "stream": stream, "paused": paused},
    )
