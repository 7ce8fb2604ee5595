"""What does the API tell of a stream: how far it is and how it feels?"""

from __future__ import annotations

from datetime import datetime

from hub.store.integration import StreamState
from hub_graphql.declare import data_type
from hub_graphql.list_inputs import list_inputs
from hub_graphql.node import Node


@data_type(StreamState, default_order=("connection", "stream"))
class Stream(Node):
    connection: str
    stream: str
    is_paused: bool
    hold_reason: str | None
    needs_reconcile: bool
    backfilled_at: datetime | None
    reconciled_at: datetime | None
    pulled_at: datetime | None
    pushed_at: datetime | None
    failing_since: datetime | None
    error_code: str | None
    error_message: str | None


StreamFilter, StreamListFilter, StreamOrder = list_inputs(Stream)
