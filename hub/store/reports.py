"""What does the overview show of the streams: how far each is, and what waits for a person?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_STREAMS = text(
    """
    with linked as (
        select connection, stream, count(*) filter (where state = 'live') as records
        from hub.record_link group by connection, stream
    ), disputed as (
        select connection, stream, count(*) as conflicts
        from hub.conflict where status = 'open' group by connection, stream
    ), waiting as (
        select connection, min(received_at) as since from hub.ping group by connection
    )
    select state.connection, state.stream, state.is_paused, state.hold_reason,
        state.needs_reconcile, state.backfilled_at, state.pulled_at, state.pushed_at,
        state.failing_since, state.error_code, state.error_message,
        coalesce(linked.records, 0) as records, coalesce(disputed.conflicts, 0) as conflicts,
        waiting.since as waiting_since,
        run.kind as run_kind, run.status as run_status, run.trigger as run_trigger,
        run.started_at as run_started_at, run.finished_at as run_finished_at
    from hub.stream_state state
    left join linked using (connection, stream)
    left join disputed using (connection, stream)
    left join waiting on waiting.connection = state.connection
    left join lateral (
        select kind, status, trigger, started_at, finished_at from hub.run
        where run.connection = state.connection
            and (run.stream = state.stream or run.stream is null)
        order by started_at desc limit 1
    ) run on true
    order by state.connection, state.stream
    """
)

_WAITING = text(
    """
    select
        (select count(*) from hub.conflict where status = 'open') as conflicts,
        (select count(*) from hub.approval where decision is null) as approvals,
        (select count(*) from hub.alert where closed_at is null) as alerts
    """
)

_ALERTS = text(
    """
    select severity, connection, stream, title, next_step, first_at, last_at, seen_count
    from hub.alert where closed_at is null
    order by severity = 'error' desc, last_at desc limit :most
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamReport:
    """How far one stream is, what it carries and what it did last."""

    connection: str
    stream: str
    is_paused: bool
    hold_reason: str | None
    needs_reconcile: bool
    backfilled_at: datetime | None
    pulled_at: datetime | None
    pushed_at: datetime | None
    failing_since: datetime | None
    error_code: str | None
    error_message: str | None
    records: int
    conflicts: int
    waiting_since: datetime | None
    run_kind: str | None
    run_status: str | None
    run_trigger: str | None
    run_started_at: datetime | None
    run_finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How much waits for a person."""

    conflicts: int
    approvals: int
    alerts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertReport:
    """Something a person should know."""

    severity: str
    connection: str | None
    stream: str | None
    title: str
    next_step: str
    first_at: datetime
    last_at: datetime
    seen_count: int


def stream_reports(session: Session) -> tuple[StreamReport, ...]:
    """Every stream that ever ran or is about to."""
    return tuple(shaped(StreamReport, row) for row in session.execute(_STREAMS))


def waiting(session: Session) -> Waiting:
    """How many conflicts, plans and alerts are open."""
    made: Waiting = shaped(Waiting, session.execute(_WAITING).one())
    return made


def open_alerts(session: Session, *, most: int = 5) -> tuple[AlertReport, ...]:
    """The open alerts, errors first, then the latest."""
    return tuple(shaped(AlertReport, row) for row in session.execute(_ALERTS, {"most": most}))


def shaped(shape: type, row: Any) -> Any:
    """The row as a frozen value with fields of the same names."""
    return shape(**{part.name: getattr(row, part.name) for part in fields(shape)})
