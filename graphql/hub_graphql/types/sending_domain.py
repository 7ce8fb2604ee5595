"""What does the API tell of a sending domain?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_many, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node
from hub_graphql.pagination import Connection

if TYPE_CHECKING:
    from hub_graphql.types.client import Client
    from hub_graphql.types.mailbox import Mailbox


@data_type(entities.SendingDomain)
class SendingDomain(Node):
    client_id: strawberry.ID | None
    name: str
    state: str
    has_spf: bool
    has_dkim: bool
    has_dmarc: bool
    deleted_at: datetime | None
    client: Client | None = to_one(by="client_id", description="The client it sends for.")
    mailboxes: Connection[Mailbox] = to_many(
        by="sending_domain_id", description="The mailboxes on the domain."
    )


SendingDomainFilter, SendingDomainListFilter, SendingDomainOrder = list_inputs(SendingDomain)
