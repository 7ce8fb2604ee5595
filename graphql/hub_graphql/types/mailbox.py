"""What does the API tell of a mailbox?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.computed import mailbox_warmup
from hub_graphql.declare import data_type, to_many, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node
from hub_graphql.pagination import Connection
from hub_graphql.types.warmup_curve import WarmupDay

if TYPE_CHECKING:
    from hub_graphql.types.client import Client
    from hub_graphql.types.sending_domain import SendingDomain
    from hub_graphql.types.warmup_daily import WarmupDaily


@data_type(entities.Mailbox)
class Mailbox(Node):
    client_id: strawberry.ID | None
    sending_domain_id: strawberry.ID | None
    address: str
    state: str
    daily_limit: int | None
    deleted_at: datetime | None
    client: Client | None = to_one(by="client_id", description="The client it sends for.")
    sending_domain: SendingDomain | None = to_one(
        by="sending_domain_id", description="The domain of the address."
    )
    warmup: Connection[WarmupDaily] = to_many(
        by="mailbox_id", deletable=False, description="Its warm-up, day by day."
    )
    warmup_curve: list[WarmupDay] = mailbox_warmup()


MailboxFilter, MailboxListFilter, MailboxOrder = list_inputs(Mailbox)
