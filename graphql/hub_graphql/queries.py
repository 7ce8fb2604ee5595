"""Which questions can be asked?"""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from hub.sync.divergence import report_differences
from hub.sync.quota import report_quota
from hub.sync.why import explain_cell
from hub_graphql.computed import root_funnel, root_warmup
from hub_graphql.context import Context
from hub_graphql.declare import root_node, root_one, root_page
from hub_graphql.node import Node
from hub_graphql.pagination import Connection
from hub_graphql.types.campaign import Campaign
from hub_graphql.types.cell_explanation import CellExplanation, present_explanation
from hub_graphql.types.client import Client
from hub_graphql.types.conflict import Conflict
from hub_graphql.types.contact import Contact
from hub_graphql.types.deal import Deal
from hub_graphql.types.delivery_funnel import DeliveryFunnel
from hub_graphql.types.delivery_metric_daily import DeliveryMetricDaily
from hub_graphql.types.divergence import Divergence, check_first, present_divergence
from hub_graphql.types.excluded_day import ExcludedDay
from hub_graphql.types.goal import Goal
from hub_graphql.types.mailbox import Mailbox
from hub_graphql.types.quota import Quota, present_quota
from hub_graphql.types.run import Run
from hub_graphql.types.sending_domain import SendingDomain
from hub_graphql.types.stream import Stream
from hub_graphql.types.warmup_curve import WarmupDay
from hub_graphql.types.warmup_daily import WarmupDaily


async def _explain(info: Info[Context, None], table: str, row: str, field: str) -> CellExplanation:
    told = await info.context.store.decide(
        lambda database: explain_cell(database, table, row, field)
    )
    return present_explanation(told)


async def _differences(
    info: Info[Context, None], stream: str | None = None, first: int = 100
) -> Divergence:
    check_first(first)
    store = info.context.store
    found = await store.decide(
        lambda database: report_differences(database, store.streams, stream, first)
    )
    return present_divergence(found)


async def _quota(info: Info[Context, None]) -> list[Quota]:
    return [present_quota(found) for found in await info.context.store.decide(report_quota)]


@strawberry.type(description="What can be asked.")
class Query:
    node: Node | None = root_node()
    client: Client | None = root_one("Client")
    contact: Contact | None = root_one("Contact")
    goal: Goal | None = root_one("Goal")
    deal: Deal | None = root_one("Deal")
    campaign: Campaign | None = root_one("Campaign")
    sending_domain: SendingDomain | None = root_one("SendingDomain")
    mailbox: Mailbox | None = root_one("Mailbox")
    excluded_day: ExcludedDay | None = root_one("ExcludedDay")
    clients: Connection[Client] = root_page("Client")
    contacts: Connection[Contact] = root_page("Contact")
    goals: Connection[Goal] = root_page("Goal")
    deals: Connection[Deal] = root_page("Deal")
    campaigns: Connection[Campaign] = root_page("Campaign")
    sending_domains: Connection[SendingDomain] = root_page("SendingDomain")
    mailboxes: Connection[Mailbox] = root_page("Mailbox")
    excluded_days: Connection[ExcludedDay] = root_page("ExcludedDay")
    delivery_metrics: Connection[DeliveryMetricDaily] = root_page(
        "DeliveryMetricDaily", deletable=False
    )
    warmup: Connection[WarmupDaily] = root_page("WarmupDaily", deletable=False)
    streams: Connection[Stream] = root_page("Stream", deletable=False)
    run: Run | None = root_one("Run")
    runs: Connection[Run] = root_page("Run", deletable=False)
    conflict: Conflict | None = root_one("Conflict")
    conflicts: Connection[Conflict] = root_page("Conflict", deletable=False)
    delivery_funnel: DeliveryFunnel | None = root_funnel()
    warmup_curve: list[WarmupDay] | None = root_warmup()
    why: CellExplanation = strawberry.field(
        resolver=_explain,
        description="Why a cell holds what it holds: which person, run, request and policy."
        " `table` and `field` are the hub's names; `row` is an id or a unique name.",
    )
    divergence: Divergence = strawberry.field(
        resolver=_differences,
        description="Every cell that differs from what the other side was last seen to have."
        " `stream` is CONNECTION.STREAM; without one all streams are looked at. All are counted,"
        " and the `first` are listed, unexplained ones before others.",
    )
    quota: list[Quota] = strawberry.field(
        resolver=_quota,
        description="The API calls of every connection this month: what they went to, what is left,"
        " and what they will come to.",
    )
