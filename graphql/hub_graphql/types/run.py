"""What does the API tell of a run?"""

from __future__ import annotations

from datetime import datetime

from strawberry.scalars import JSON

from hub.store import integration
from hub_graphql.declare import data_type
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node


@data_type(integration.Run, default_order=("-started_at",))
class Run(Node):
    connection: str
    stream: str | None
    kind: str
    trigger: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    counts: JSON
    requests: int
    error_code: str | None
    error_message: str | None


RunFilter, RunListFilter, RunOrder = list_inputs(Run)
