"""What is measured of one client: its funnel, its warm-up, and the days that are left out?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.store.reports import shaped

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


def client_names(session: Session) -> tuple[ClientName, ...]:
    """All living clients that have a name."""
    return tuple(shaped(ClientName, row) for row in session.execute(_CLIENTS))


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
    return tuple(shaped(ExcludedDayReport, row) for row in rows)


def funnel_counts(
    session: Session, client: UUID, period: Period, *, with_excluded: bool
) -> FunnelCounts:
    """The sums of the client's messages over the period's days."""
    row = session.execute(_FUNNEL, _of(client, period) | {"with_excluded": with_excluded}).one()
    made: FunnelCounts = shaped(FunnelCounts, row)
    return made


def warmup_days(session: Session, client: UUID, period: Period) -> tuple[WarmupDay, ...]:
    """The client's warm-up, day by day."""
    return tuple(shaped(WarmupDay, row) for row in session.execute(_WARMUP, _of(client, period)))


def _of(client: UUID, period: Period) -> dict[str, Any]:
    return {"client": client, "since": period.since, "until": period.until}
