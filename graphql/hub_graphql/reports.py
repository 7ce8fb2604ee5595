"""How do sums over many days become funnels and warm-up curves, for all clients of an answer?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
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
    distinct_clients = list(dict.fromkeys(clients))
    periods, marks = _read(session, distinct_clients, arguments)
    days = day_range(arguments)
    return {
        client: _funnel(
            periods.get(client, []),
            [each for each in marks if each[0] in {None, client}],
            days,
        )
        for client in distinct_clients
    }


def load_whole_funnel(session: Session, arguments: Mapping[str, Any]) -> DeliveryFunnel:
    """The funnel of all clients together."""
    periods, marks = _read(session, None, arguments)
    return _funnel(periods.get(None, []), marks, day_range(arguments))


Mark = tuple[UUID | None, date, str]


def _read(
    session: Session, clients: Sequence[UUID] | None, arguments: Mapping[str, Any]
) -> tuple[dict[UUID | None, list[DeliveryNumbers]], list[Mark]]:
    days = day_range(arguments)
    by = arguments["by"]
    period = str(getattr(by, "value", by))
    sums = session.execute(
        delivery_sums(
            clients,
            delivery_funnel.COUNTS,
            days,
            period,
            include_excluded=arguments["includeExcluded"],
        )
    )
    periods: dict[UUID | None, list[DeliveryNumbers]] = {}
    for row in sums.mappings():
        periods.setdefault(row["client"], []).append(_numbers(row, period, days))
    marks = session.execute(excluded_days(clients, days))
    return periods, [(client, day, reason) for client, day, reason in marks]


def _numbers(row: Mapping[Any, Any], period: str, days: Range) -> DeliveryNumbers:
    first, last = row["first_day"], row["last_day"]
    if period == "week":
        first, last = row["starts"], row["starts"] + timedelta(days=6)
    elif period == "total":
        first, last = days[0] or first, days[1] or last
    counts: dict[str, Any] = {name: row[name] for name in delivery_funnel.COUNTS}
    return DeliveryNumbers(first_day=first, last_day=last, days=row["days"], **counts)


def _funnel(periods: list[DeliveryNumbers], marks: Sequence[Mark], days: Range) -> DeliveryFunnel:
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
        excluded_days=[
            LeftOutDay(day=day, reason=reason, is_everybodys=client is None)
            for client, day, reason in marks
        ],
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
