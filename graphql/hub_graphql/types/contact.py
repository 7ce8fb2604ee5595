"""What does the API tell of a person at a client?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from hub.store import entities
from hub_graphql.declare import data_type, to_one
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node

if TYPE_CHECKING:
    from hub_graphql.types.client import Client


@data_type(entities.Contact)
class Contact(Node):
    client_id: strawberry.ID | None
    name: str
    email: str | None
    phone: str | None
    role: str | None
    deleted_at: datetime | None
    client: Client | None = to_one(
        by="client_id", description="The client that the person works for."
    )


ContactFilter, ContactListFilter, ContactOrder = list_inputs(Contact)
