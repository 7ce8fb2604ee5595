"""What does the API tell of a conflict: what both sides started from, and what each made of it?"""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from hub.store import integration
from hub_graphql.declare import data_type
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node


@data_type(integration.Conflict, default_order=("-created_at",))
class Conflict(Node):
    connection: str
    stream: str
    table_name: str
    row_id: strawberry.ID
    external_id: str
    field: str
    base: JSON | None
    theirs: JSON | None
    ours: JSON | None
    their_actor: str | None
    their_edited_at: datetime | None
    our_actor: str | None
    our_edited_at: datetime | None
    cause: str
    policy: str
    winner: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    resolved_by: str | None


ConflictFilter, ConflictListFilter, ConflictOrder = list_inputs(Conflict)
