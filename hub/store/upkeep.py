"""What must be done from time to time so that the store stays small and ready?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from hub.store import runs
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    """A stream that fails for long although every failure was worth another try."""

    connection: str
    stream: str
    message: str


@generic(Session)
def ensure_change_partitions(session: Session, *, months_ahead: int) -> None:
    """Make the change log's partitions of the coming months."""
    session.execute(text("select hub.ensure_change_partitions(:months)"), {"months": months_ahead})


@generic(Session)
def forget_idle_runs(session: Session, *, days: int) -> int:
    """Drop runs that ended long ago; how many. Failed ones are kept three times as long."""
    result = session.execute(
        text(
            "delete from hub.run where finished_at < clock_timestamp()"
            " - make_interval(days => case when status = 'succeeded' then :days"
            "   else :days * 3 end)"
        ),
        {"days": days},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


@generic(Session)
def long_failing(session: Session, *, minutes: int) -> list[Failing]:
    """Streams that have failed for so long, told once while it lasts; recovered ones are closed."""
    session.execute(
        text(
            "update hub.alert a set closed_at = clock_timestamp() where a.closed_at is null"
            " and a.connection is not null and exists (select from hub.stream_state s"
            "  where s.connection = a.connection and (a.stream is null or s.stream = a.stream)"
            "  and s.failing_since is null and s.hold_reason is null"
            "  and greatest(s.pulled_at, s.pushed_at) > a.last_at)"
            " and a.key not like 'guard:%'"
        )
    )
    found = session.execute(
        text(
            "select connection, stream, error_message from hub.stream_state"
            " where failing_since < clock_timestamp() - make_interval(mins => :minutes)"
        ),
        {"minutes": minutes},
    ).all()
    return [
        Failing(connection=row.connection, stream=row.stream, message=row.error_message)
        for row in found
        if runs.raise_alert(
            session,
            f"failing:{row.connection}:{row.stream}",
            severity="error",
            title=f"Stream {row.stream} fails for more than {minutes} minutes.",
            next_step=row.error_message,
            connection=row.connection,
            stream=row.stream,
        )
    ]


@generic(Session)
def overdue_reads(session: Session, connection: str, stream: str, seconds: float) -> bool:
    """Ask for a complete read when the last one is older than `seconds`; whether one is due."""
    session.execute(
        text(
            "update hub.stream_state set needs_reconcile = true"
            " where connection = :connection and stream = :stream and not needs_reconcile"
            " and coalesce(reconciled_at, backfilled_at)"
            "  < clock_timestamp() - make_interval(secs => :seconds)"
        ),
        {"connection": connection, "stream": stream, "seconds": seconds},
    )
    due: bool = session.execute(
        text(
            "select coalesce((select needs_reconcile and not is_paused and hold_reason is null"
            "  from hub.stream_state where connection = :connection and stream = :stream), true)"
        ),
        {"connection": connection, "stream": stream},
    ).scalar_one()
    return due
