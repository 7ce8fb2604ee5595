"""What does the API tell of a goal?"""

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


@data_type(entities.Goal)
class Goal(Node):
    client_id: strawberry.ID | None
    name: str
    metric: str
    target: Decimal | None
    period: str
    valid_from: date | None
    valid_to: date | None
    deleted_at: datetime | None
    client: Client | None = to_one(
        by="client_id", description="Whose goal it is; empty for a goal of the business itself."
    )


GoalFilter, GoalListFilter, GoalOrder = list_inputs(Goal)
