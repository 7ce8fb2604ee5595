"""What does the API tell of a deal?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node

if TYPE_CHECKING:
    from hub_graphql.types.client import Client


@data_type(entities.Deal)
class Deal(Node):
    code: str | None
    client_id: strawberry.ID | None
    pipeline: str
    stage: str
    product: str | None
    owner: str | None
    manager: str | None
    region: str | None
    amount: Decimal | None
    engaged_on: date | None
    closed_on: date | None
    deleted_at: datetime | None
    client: Client | None = to_one(
        by="client_id", description="The client the deal is with; empty while unmatched."
    )


DealFilter, DealListFilter, DealOrder = list_inputs(Deal)
