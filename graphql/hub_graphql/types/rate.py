"""How does the API tell a rate: never without its denominator, never without how sure it is?"""

from __future__ import annotations

from typing import Any

import strawberry

from hub.core import metrics
from hub_graphql.scalars import BigInt


@strawberry.type(description="A share with its 95 % Wilson interval.")
class Rate:
    value: float = strawberry.field(description="The share: count ÷ total.")
    low: float = strawberry.field(description="The lower end of the 95 % Wilson interval.")
    high: float = strawberry.field(description="The upper end of the 95 % Wilson interval.")
    count: BigInt = strawberry.field(description="How many.")
    total: BigInt = strawberry.field(description="Of how many: the denominator.")


def rate_of(count: int, total: int) -> Rate | None:
    """The rate of `count` in `total`; None, which is not 0, without a total."""
    rate = metrics.Rate(count=count, total=total)
    share, interval = rate.share, rate.interval
    if share is None or interval is None:
        return None
    return Rate(
        value=share,
        low=interval.low,
        high=interval.high,
        count=BigInt(count),
        total=BigInt(total),
    )


def rated(what: str, counts: tuple[str, ...], totals: tuple[str, ...]) -> Any:
    """A field that is the sum of some counts of its row, divided by the sum of others."""
    by = " + ".join(each.replace("_", " ") for each in totals)
    of = " + ".join(each.replace("_", " ") for each in counts)

    def resolve(root: Any) -> Rate | None:
        return rate_of(
            sum(getattr(root, each) for each in counts),
            sum(getattr(root, each) for each in totals),
        )

    return strawberry.field(
        resolver=resolve, description=f"{what}: {of} ÷ ({by}); null when that is 0."
    )
