"""What does the API tell of a client?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.computed import client_funnel, client_warmup
from hub_graphql.declare import data_type, to_many, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node
from hub_graphql.pagination import Connection
from hub_graphql.types.delivery_funnel import DeliveryFunnel
from hub_graphql.types.warmup_curve import WarmupDay

if TYPE_CHECKING:
    from hub_graphql.types.campaign import Campaign
    from hub_graphql.types.contact import Contact
    from hub_graphql.types.deal import Deal
    from hub_graphql.types.delivery_metric_daily import DeliveryMetricDaily
    from hub_graphql.types.excluded_day import ExcludedDay
    from hub_graphql.types.goal import Goal
    from hub_graphql.types.mailbox import Mailbox
    from hub_graphql.types.sending_domain import SendingDomain
    from hub_graphql.types.warmup_daily import WarmupDaily


@data_type(entities.Client)
class Client(Node):
    name: str
    status: str
    sector: str | None
    country: str | None
    founded_year: int | None
    annual_revenue: Decimal | None
    employee_count: int | None
    account_manager: str | None
    parent_client_id: strawberry.ID | None
    note: str | None
    tags: list[str] | None
    partner_ids: list[strawberry.ID] | None
    deleted_at: datetime | None
    parent_client: Client | None = to_one(
        by="parent_client_id", description="The client that this one belongs to."
    )
    subsidiaries: Connection[Client] = to_many(
        by="parent_client_id", description="The clients that belong to this one."
    )
    contacts: Connection[Contact] = to_many(by="client_id", description="The people at the client.")
    goals: Connection[Goal] = to_many(by="client_id", description="What the client wants.")
    deals: Connection[Deal] = to_many(
        by="client_id", description="The client's opportunities in the CRM."
    )
    campaigns: Connection[Campaign] = to_many(
        by="client_id", description="The campaigns sent for the client."
    )
    sending_domains: Connection[SendingDomain] = to_many(
        by="client_id", description="The domains that send for the client."
    )
    mailboxes: Connection[Mailbox] = to_many(
        by="client_id", description="The mailboxes that send for the client."
    )
    delivery_metrics: Connection[DeliveryMetricDaily] = to_many(
        by="client_id",
        deletable=False,
        description="What became of the client's messages, by campaign and day.",
    )
    warmup: Connection[WarmupDaily] = to_many(
        by="client_id",
        deletable=False,
        description="The warm-up of the client's mailboxes, by mailbox and day.",
    )
    excluded_days: Connection[ExcludedDay] = to_many(
        by="client_id",
        description="Days left out of this client's numbers, beside those of everybody.",
    )
    delivery_funnel: DeliveryFunnel = client_funnel()
    warmup_curve: list[WarmupDay] = client_warmup()


ClientFilter, ClientListFilter, ClientOrder = list_inputs(Client)
