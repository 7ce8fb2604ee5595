"""What does the API tell of the calls that the other sides were asked?"""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from hub.sync import quota


@strawberry.type(description="The month's calls of one stream for one purpose.")
class QuotaLine:
    stream: str | None = strawberry.field(description="The stream; null where a call serves all.")
    purpose: str = strawberry.field(
        description="payloads, pull, re-read, push, scan, schema, hook, note, preview or other."
    )
    calls: int = strawberry.field(description="How many.")


@strawberry.type(description="The calls of one day (UTC).")
class QuotaDay:
    day: date = strawberry.field(description="The day.")
    calls: int = strawberry.field(description="How many.")


@strawberry.type(description="What a connection's API calls come to this month.")
class Quota:
    connection: str = strawberry.field(description="The connection's name.")
    month: date = strawberry.field(description="The first day of the month.")
    profile: str = strawberry.field(description="live or thrifty.")
    level: str = strawberry.field(
        description="How far it is slowed: full, no_scans, no_looks, collected, scarce, spent"
        " (the budget) or refused (by the other side)."
    )
    reason: str = strawberry.field(description="Why, for people.")
    held_until: datetime | None = strawberry.field(
        description="Until when nothing is done at all; null while it goes on."
    )
    spent: int = strawberry.field(description="The calls so far.")
    expected: int = strawberry.field(description="The calls expected at the month's end.")
    per_day: float = strawberry.field(description="The calls a day that the forecast goes by.")
    basis: str = strawberry.field(description="What the forecast goes by, for people.")
    budget: int | None = strawberry.field(description="The calls allowed; null without a limit.")
    left: int | None = strawberry.field(description="What is left of them.")
    lines: list[QuotaLine] = strawberry.field(description="What they were spent on, most first.")
    days: list[QuotaDay] = strawberry.field(description="Every day of the month so far.")


def present_quota(found: quota.Quota) -> Quota:
    """A connection's month as the API shows it."""
    return Quota(
        connection=found.connection,
        month=found.month,
        profile=found.profile.value,
        level=found.level.value,
        reason=found.reason,
        held_until=found.held_until,
        spent=found.forecast.spent,
        expected=found.forecast.expected,
        per_day=found.forecast.per_day,
        basis=found.forecast.basis,
        budget=found.budget,
        left=found.left,
        lines=[
            QuotaLine(stream=line.stream, purpose=line.purpose.value, calls=line.calls)
            for line in found.lines
        ],
        days=[QuotaDay(day=day, calls=calls) for day, calls in found.days],
    )
