"""What does the API tell of the way from sent to replied, by day, week or in total?"""

from __future__ import annotations

import enum
from datetime import date
from typing import Any

import strawberry

from hub.store.columns import column_meta
from hub.store.entities import DeliveryMetricDaily
from hub_graphql.scalars import BigInt
from hub_graphql.types.rate import Rate, rate_of, rated

_META = column_meta(DeliveryMetricDaily.__table__)  # type: ignore[attr-defined]


@strawberry.enum(description="How days are put together.")
class Period(enum.Enum):
    DAY = strawberry.enum_value("day", description="Each day by itself.")
    WEEK = strawberry.enum_value("week", description="Weeks from Monday to Sunday.")
    MONTH = strawberry.enum_value("month", description="Calendar months.")
    TOTAL = strawberry.enum_value("total", description="All days in one.")


STAGES = ("sent", "delivered", "inbox", "opened", "clicked", "replied")
COUNTS = (
    *STAGES,
    "spam_placed",
    "hard_bounced",
    "soft_bounced",
    "block_bounced",
    "complained",
    "unsubscribed",
)


def _counted(column: str) -> Any:
    return strawberry.field(description=_META[column].description)


@strawberry.type(description="One stage of the funnel.")
class FunnelStage:
    name: str = strawberry.field(description=f"Which stage: {', '.join(STAGES)}.")
    label: str = strawberry.field(description="The stage's name for people.")
    count: BigInt = strawberry.field(description="How many messages reached it.")
    of_sent: Rate | None = strawberry.field(
        description="How many of the messages sent reached it: count ÷ sent; null when that is 0."
    )
    of_previous: Rate | None = strawberry.field(
        description="How many of the stage before reached it: count ÷ the count before; null for"
        " the first stage and when that is 0."
    )


def _stages(root: Any) -> list[FunnelStage]:
    counts: list[int] = [getattr(root, name) for name in STAGES]
    return [
        FunnelStage(
            name=name,
            label=_META[name].label,
            count=BigInt(count),
            of_sent=rate_of(count, counts[0]),
            of_previous=rate_of(count, counts[place - 1]) if place else None,
        )
        for place, (name, count) in enumerate(zip(STAGES, counts, strict=True))
    ]


@strawberry.type(description="What became of the messages sent within one period.")
class DeliveryNumbers:
    first_day: date | None = strawberry.field(description="The period's first day.")
    last_day: date | None = strawberry.field(description="The period's last day.")
    days: int = strawberry.field(description="How many days with numbers are counted in it.")
    sent: BigInt = _counted("sent")
    delivered: BigInt = _counted("delivered")
    inbox: BigInt = _counted("inbox")
    opened: BigInt = _counted("opened")
    clicked: BigInt = _counted("clicked")
    replied: BigInt = _counted("replied")
    spam_placed: BigInt = _counted("spam_placed")
    hard_bounced: BigInt = _counted("hard_bounced")
    soft_bounced: BigInt = _counted("soft_bounced")
    block_bounced: BigInt = _counted("block_bounced")
    complained: BigInt = _counted("complained")
    unsubscribed: BigInt = _counted("unsubscribed")
    delivery_rate: Rate | None = rated("Messages delivered", ("delivered",), ("sent",))
    inbox_rate: Rate | None = rated(
        "Inbox placement, where the placement is known", ("inbox",), ("inbox", "spam_placed")
    )
    spam_rate: Rate | None = rated(
        "Spam placement, where the placement is known; not the complaint rate",
        ("spam_placed",),
        ("inbox", "spam_placed"),
    )
    open_rate: Rate | None = rated("Messages opened", ("opened",), ("delivered",))
    click_rate: Rate | None = rated("Messages clicked", ("clicked",), ("delivered",))
    reply_rate: Rate | None = rated("Messages replied to", ("replied",), ("delivered",))
    bounce_rate: Rate | None = rated(
        "All bounces", ("hard_bounced", "soft_bounced", "block_bounced"), ("sent",)
    )
    hard_bounce_rate: Rate | None = rated("Hard bounces", ("hard_bounced",), ("sent",))
    block_bounce_rate: Rate | None = rated("Block bounces", ("block_bounced",), ("sent",))
    complaint_rate: Rate | None = rated("Complaints", ("complained",), ("delivered",))
    unsubscribe_rate: Rate | None = rated("Unsubscribes", ("unsubscribed",), ("delivered",))

    stages: list[FunnelStage] = strawberry.field(
        resolver=_stages, description=f"The funnel: {' → '.join(STAGES)}."
    )


@strawberry.type(description="A day that analytics leave out unless asked not to.")
class LeftOutDay:
    day: date = strawberry.field(description="The day.")
    reason: str = strawberry.field(description="Why it is left out.")
    is_everybodys: bool = strawberry.field(
        description="Whether it is left out of everybody's numbers, not of this client's alone."
    )


@strawberry.type(description="The way from sent to replied, with what went wrong beside it.")
class DeliveryFunnel:
    periods: list[DeliveryNumbers] = strawberry.field(
        description="The periods that have numbers, oldest first."
    )
    total: DeliveryNumbers = strawberry.field(description="All periods together.")
    excluded_days: list[LeftOutDay] = strawberry.field(
        description="The days within the range that are marked as excluded; left out of the numbers"
        " unless includeExcluded is set."
    )
