"""What does the API tell of a mailbox's warm-up on one day?"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_one
from hub_graphql.list_inputs import list_inputs

if TYPE_CHECKING:
    from hub_graphql.types.client import Client
    from hub_graphql.types.mailbox import Mailbox


@data_type(entities.WarmupDaily, default_order=("day",))
class WarmupDaily:
    client_id: strawberry.ID
    day: date
    mailbox_id: strawberry.ID
    planned: int
    sent: int
    received: int
    landed_inbox: int
    landed_spam: int
    missing: int
    replied: int
    recorded_at: datetime
    client: Client | None = to_one(by="client_id", description="The client the mailbox sends for.")
    mailbox: Mailbox | None = to_one(by="mailbox_id", description="The mailbox that is warmed up.")


WarmupDailyFilter, WarmupDailyListFilter, WarmupDailyOrder = list_inputs(WarmupDaily)
