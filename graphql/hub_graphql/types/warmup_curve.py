"""What does the API tell of a warm-up: the plan against what was sent and where it landed?"""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from hub.store.columns import column_meta
from hub.store.entities import WarmupDaily
from hub_graphql.scalars import BigInt
from hub_graphql.types.rate import Rate, rated

_META = column_meta(WarmupDaily.__table__)  # type: ignore[attr-defined]
COUNTS = ("planned", "sent", "received", "landed_inbox", "landed_spam", "missing", "replied")


def _counted(column: str) -> Any:
    return strawberry.field(description=_META[column].description)


@strawberry.type(description="One day of a warm-up, over all its mailboxes.")
class WarmupDay:
    day: date = strawberry.field(description="The UTC day.")
    mailboxes: int = strawberry.field(description="How many mailboxes were warmed up.")
    planned: BigInt = _counted("planned")
    sent: BigInt = _counted("sent")
    received: BigInt = _counted("received")
    landed_inbox: BigInt = _counted("landed_inbox")
    landed_spam: BigInt = _counted("landed_spam")
    missing: BigInt = _counted("missing")
    replied: BigInt = _counted("replied")
    is_excluded: bool = strawberry.field(
        description="Whether the day is marked as excluded; it is shown all the same."
    )
    excluded_reason: str | None = strawberry.field(description="Why it is excluded.")
    inbox_rate: Rate | None = rated(
        "Inbox placement, missing messages apart",
        ("landed_inbox",),
        ("landed_inbox", "landed_spam"),
    )
    adherence: Rate | None = rated("What was sent of the plan", ("sent",), ("planned",))
