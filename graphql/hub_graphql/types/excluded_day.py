"""What does the API tell of a day that analytics leave out?"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node

if TYPE_CHECKING:
    from hub_graphql.types.client import Client


@data_type(entities.ExcludedDay, default_order=("day",))
class ExcludedDay(Node):
    client_id: strawberry.ID | None
    day: date
    reason: str
    added_by: str | None
    deleted_at: datetime | None
    client: Client | None = to_one(
        by="client_id", description="Whose numbers are left out; empty means everybody's."
    )


ExcludedDayFilter, ExcludedDayListFilter, ExcludedDayOrder = list_inputs(ExcludedDay)
