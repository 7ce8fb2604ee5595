"""How do sums over many days become funnels and warm-up curves, for all clients of an answer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from hub.errors import InvalidInput
from hub_graphql.compile.reports import (
    Range,
    delivery_sums,
    excluded_days,
    warmup_days,
)
from hub_graphql.scalars import BigInt
from hub_graphql.types import delivery_funnel, warmup_curve
from hub_graphql.types.delivery_funnel import DeliveryFunnel, DeliveryNumbers, LeftOutDay
from hub_graphql.types.warmup_curve import WarmupDay


def day_range(arguments: Mapping[str, Any]) -> Range:
    """The range of days asked for.

    Raises:
        InvalidInput: it ends before it begins.
    """
    first, last = arguments.get("from"), arguments.get("to")
    if first is not None and last is not None and first > last:
        raise InvalidInput(f"from is {first} and to is {last}: the range ends before it begins.")
    return first, last


def load_funnels(
    session: Session, clients: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, DeliveryFunnel]:
    """The funnel of each client; two statements, however many there are."""
    return _funnels(session, "client_id", clients, arguments)


def load_campaign_funnels(
    session: Session, campaigns: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, DeliveryFunnel]:
    """The funnel of each campaign; two statements, however many there are."""
    return _funnels(session, "campaign_id", campaigns, arguments)


def load_whole_funnel(session: Session, arguments: Mapping[str, Any]) -> DeliveryFunnel:
    """The funnel of all clients together."""
    periods, marks = _read(session, "client_id", None, arguments)
    return _funnel(periods.get(None, []), marks.get(None, []), day_range(arguments))


Owner = UUID | None


def _funnels(
    session: Session, key: str, owners: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, DeliveryFunnel]:
    periods, marks = _read(session, key, owners, arguments)
    days = day_range(arguments)
    return {owner: _funnel(periods.get(owner, []), marks.get(owner, []), days) for owner in owners}


def _read(
    session: Session, key: str, owners: Sequence[UUID] | None, arguments: Mapping[str, Any]
) -> tuple[dict[Owner, list[DeliveryNumbers]], dict[Owner, list[LeftOutDay]]]:
    days = day_range(arguments)
    by = arguments["by"]
    period = str(getattr(by, "value", by))
    sums = session.execute(
        delivery_sums(
            key,
            owners,
            delivery_funnel.COUNTS,
            days,
            period,
            include_excluded=arguments["includeExcluded"],
        )
    )
    periods: dict[Owner, list[DeliveryNumbers]] = {}
    for row in sums.mappings():
        periods.setdefault(row["owner"], []).append(_numbers(row, period, days))
    marks: dict[Owner, list[LeftOutDay]] = {}
    for owner, day, reason, is_everybodys in session.execute(excluded_days(key, owners, days)):
        marks.setdefault(owner, []).append(
            LeftOutDay(day=day, reason=reason, is_everybodys=is_everybodys)
        )
    return periods, marks


def _numbers(row: Mapping[Any, Any], period: str, days: Range) -> DeliveryNumbers:
    first, last = row["first_day"], row["last_day"]
    if period == "week":
        first, last = row["starts"], row["starts"] + timedelta(days=6)
    elif period == "month":
        first = row["starts"]
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    elif period == "total":
        first, last = days[0] or first, days[1] or last
    counts: dict[str, Any] = {name: row[name] for name in delivery_funnel.COUNTS}
    return DeliveryNumbers(first_day=first, last_day=last, days=row["days"], **counts)


def _funnel(
    periods: list[DeliveryNumbers], excluded: list[LeftOutDay], days: Range
) -> DeliveryFunnel:
    counts: dict[str, Any] = {
        name: BigInt(sum(getattr(each, name) for each in periods))
        for name in delivery_funnel.COUNTS
    }
    return DeliveryFunnel(
        periods=periods,
        total=DeliveryNumbers(
            first_day=days[0] or (periods[0].first_day if periods else None),
            last_day=days[1] or (periods[-1].last_day if periods else None),
            days=sum(each.days for each in periods),
            **counts,
        ),
        excluded_days=excluded,
    )


def load_client_warmup(
    session: Session, clients: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, list[WarmupDay]]:
    """The warm-up of each client, over all its mailboxes; one statement."""
    return _warmup(session, "client_id", clients, arguments)


def load_mailbox_warmup(
    session: Session, mailboxes: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, list[WarmupDay]]:
    """The warm-up of each mailbox; one statement."""
    return _warmup(session, "mailbox_id", mailboxes, arguments)


def _warmup(
    session: Session, key: str, owners: Sequence[UUID], arguments: Mapping[str, Any]
) -> dict[UUID, list[WarmupDay]]:
    curves: dict[UUID, list[WarmupDay]] = {owner: [] for owner in owners}
    rows = session.execute(
        warmup_days(key, list(curves), warmup_curve.COUNTS, day_range(arguments))
    )
    for row in rows.mappings():
        counts: dict[str, Any] = {name: row[name] for name in warmup_curve.COUNTS}
        curves[row["owner"]].append(
            WarmupDay(
                day=row["day"],
                mailboxes=row["mailboxes"],
                is_excluded=row["excluded_reason"] is not None,
                excluded_reason=row["excluded_reason"],
                **counts,
            )
        )
    return curves
