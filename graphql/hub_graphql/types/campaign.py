"""What does the API tell of a campaign?"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.computed import campaign_funnel
from hub_graphql.declare import data_type, to_many, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node
from hub_graphql.pagination import Connection
from hub_graphql.types.delivery_funnel import DeliveryFunnel

if TYPE_CHECKING:
    from hub_graphql.types.client import Client
    from hub_graphql.types.delivery_metric_daily import DeliveryMetricDaily


@data_type(entities.Campaign)
class Campaign(Node):
    client_id: strawberry.ID | None
    name: str
    status: str
    starts_on: date | None
    ends_on: date | None
    daily_limit: int | None
    mailbox_ids: list[strawberry.ID] | None
    deleted_at: datetime | None
    client: Client | None = to_one(by="client_id", description="The client it is sent for.")
    metrics: Connection[DeliveryMetricDaily] = to_many(
        by="campaign_id", deletable=False, description="What became of its messages, day by day."
    )
    delivery_funnel: DeliveryFunnel = campaign_funnel()


CampaignFilter, CampaignListFilter, CampaignOrder = list_inputs(Campaign)
