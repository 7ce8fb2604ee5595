"""What does the overview show: streams and what waits, a client's funnel and warm-up?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

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

_CLIENTS = text(
    "select id, name, status from client where deleted_at is null and name <> ''"
    " order by lower(name), id"
)

_BUSIEST = text(
    """
    select metric.client_id from delivery_metric_daily metric
    join client on client.id = metric.client_id and client.deleted_at is null
    where metric.day > :since group by metric.client_id
    order by exists (
        select from warmup_daily where warmup_daily.client_id = metric.client_id
    ) desc, sum(metric.sent) desc, metric.client_id limit 1
    """
)

_LAST_DAY = text(
    """
    select greatest(
        (select max(day) from delivery_metric_daily where client_id = :client),
        (select max(day) from warmup_daily where client_id = :client)
    )
    """
)

_EXCLUDED = text(
    """
    select day, reason, added_by, client_id is null as for_everybody from excluded_day
    where deleted_at is null and day > :since and day <= :until
        and (client_id = :client or client_id is null)
    order by day
    """
)

_COUNTS = (
    "sent",
    "delivered",
    "inbox",
    "spam_placed",
    "opened",
    "clicked",
    "replied",
    "hard_bounced",
    "soft_bounced",
    "block_bounced",
    "complained",
    "unsubscribed",
)
_FUNNEL = text(  # the names are the constants above
    "select count(distinct day) as days, "  # noqa: S608
    + ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in _COUNTS)
    + """
    from delivery_metric_daily metric
    where client_id = :client and day > :since and day <= :until
        and (:with_excluded or not exists (
            select from excluded_day excluded
            where excluded.deleted_at is null and excluded.day = metric.day
                and (excluded.client_id = metric.client_id or excluded.client_id is null)))
    """
)

_WARMUP = text(
    """
    select day, count(*) as mailboxes, sum(planned)::bigint as planned, sum(sent)::bigint as sent,
        sum(landed_inbox)::bigint as landed_inbox, sum(landed_spam)::bigint as landed_spam,
        sum(missing)::bigint as missing
    from warmup_daily where client_id = :client and day > :since and day <= :until
    group by day order by day
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientName:
    """One line of the client picker."""

    id: UUID
    name: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExcludedDayReport:
    """A day that is left out, and why."""

    day: date
    reason: str
    added_by: str | None
    for_everybody: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FunnelCounts:
    """What became of the messages of a period."""

    days: int
    sent: int
    delivered: int
    inbox: int
    spam_placed: int
    opened: int
    clicked: int
    replied: int
    hard_bounced: int
    soft_bounced: int
    block_bounced: int
    complained: int
    unsubscribed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmupDay:
    """The warm-up of all mailboxes of a client on one day."""

    day: date
    mailboxes: int
    planned: int
    sent: int
    landed_inbox: int
    landed_spam: int
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The days after `since` up to and with `until`."""

    since: date
    until: date


def stream_reports(session: Session) -> tuple[StreamReport, ...]:
    """Every stream that ever ran or is about to."""
    return tuple(_made(StreamReport, row) for row in session.execute(_STREAMS))


def waiting(session: Session) -> Waiting:
    """How many conflicts, plans and alerts are open."""
    made: Waiting = _made(Waiting, session.execute(_WAITING).one())
    return made


def open_alerts(session: Session, *, most: int = 5) -> tuple[AlertReport, ...]:
    """The open alerts, errors first, then the latest."""
    return tuple(_made(AlertReport, row) for row in session.execute(_ALERTS, {"most": most}))


def client_names(session: Session) -> tuple[ClientName, ...]:
    """All living clients that have a name."""
    return tuple(_made(ClientName, row) for row in session.execute(_CLIENTS))


def busiest_client(session: Session, since: date) -> UUID | None:
    """The client to show when nobody chose one: warming up if possible, with the most mail."""
    found: UUID | None = session.execute(_BUSIEST, {"since": since}).scalar()
    return found


def last_day(session: Session, client: UUID) -> date | None:
    """The last day of which anything was measured for the client."""
    found: date | None = session.execute(_LAST_DAY, {"client": client}).scalar()
    return found


def excluded_days(session: Session, client: UUID, period: Period) -> tuple[ExcludedDayReport, ...]:
    """The days of the period that the client's numbers leave out."""
    rows = session.execute(_EXCLUDED, _of(client, period))
    return tuple(_made(ExcludedDayReport, row) for row in rows)


def funnel_counts(
    session: Session, client: UUID, period: Period, *, with_excluded: bool
) -> FunnelCounts:
    """The sums of the client's messages over the period's days."""
    row = session.execute(_FUNNEL, _of(client, period) | {"with_excluded": with_excluded}).one()
    made: FunnelCounts = _made(FunnelCounts, row)
    return made


def warmup_days(session: Session, client: UUID, period: Period) -> tuple[WarmupDay, ...]:
    """The client's warm-up, day by day."""
    return tuple(_made(WarmupDay, row) for row in session.execute(_WARMUP, _of(client, period)))


def _of(client: UUID, period: Period) -> dict[str, Any]:
    return {"client": client, "since": period.since, "until": period.until}


def _made(shape: type, row: Any) -> Any:
    return shape(**{part.name: getattr(row, part.name) for part in fields(shape)})
