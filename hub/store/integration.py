"""What does the hub remember about its connections: cursors, links, intents, runs, conflicts?

These tables live in schema `hub`. Business tables live in `public`, their history in `history`.
"""

from __future__ import annotations

from hub.store.link_tables import FrozenCell, Recheck, RecordLink, WriteIntent
from hub.store.run_tables import Alert, Approval, Conflict, Run
from hub.store.stream_tables import Hook, Lease, Ping, StreamState

__all__ = [
    "INTEGRATION_TABLES",
    "Alert",
    "Approval",
    "Conflict",
    "FrozenCell",
    "Hook",
    "Lease",
    "Ping",
    "Recheck",
    "RecordLink",
    "Run",
    "StreamState",
    "WriteIntent",
]

INTEGRATION_TABLES = (
    Lease,
    Ping,
    Hook,
    StreamState,
    RecordLink,
    FrozenCell,
    Recheck,
    WriteIntent,
    Run,
    Conflict,
    Approval,
    Alert,
)
