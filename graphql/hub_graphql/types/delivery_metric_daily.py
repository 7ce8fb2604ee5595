"""What does the API tell of a campaign's day?"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_one
from hub_graphql.list_inputs import list_inputs

if TYPE_CHECKING:
    from hub_graphql.types.campaign import Campaign
    from hub_graphql.types.client import Client


@data_type(entities.DeliveryMetricDaily, default_order=("day",))
class DeliveryMetricDaily:
    client_id: strawberry.ID
    day: date
    campaign_id: strawberry.ID
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
    recorded_at: datetime
    client: Client | None = to_one(
        by="client_id", description="The client the messages were sent for."
    )
    campaign: Campaign | None = to_one(by="campaign_id", description="The campaign they belong to.")


DeliveryMetricDailyFilter, DeliveryMetricDailyListFilter, DeliveryMetricDailyOrder = list_inputs(
    DeliveryMetricDaily
)
