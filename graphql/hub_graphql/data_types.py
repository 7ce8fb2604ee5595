"""Which data types are there? Each has a module of its own in `types`."""

from __future__ import annotations

from hub_graphql.types.campaign import Campaign
from hub_graphql.types.client import Client
from hub_graphql.types.conflict import Conflict
from hub_graphql.types.contact import Contact
from hub_graphql.types.deal import Deal
from hub_graphql.types.delivery_metric_daily import DeliveryMetricDaily
from hub_graphql.types.excluded_day import ExcludedDay
from hub_graphql.types.goal import Goal
from hub_graphql.types.mailbox import Mailbox
from hub_graphql.types.run import Run
from hub_graphql.types.sending_domain import SendingDomain
from hub_graphql.types.stream import Stream
from hub_graphql.types.warmup_daily import WarmupDaily

DATA_TYPES: tuple[type, ...] = (
    Client,
    Contact,
    Goal,
    Deal,
    Campaign,
    SendingDomain,
    Mailbox,
    ExcludedDay,
    DeliveryMetricDaily,
    WarmupDaily,
    Stream,
    Run,
    Conflict,
)
