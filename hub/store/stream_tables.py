"""How far is each connection and stream, who works on it, and who rang?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlmodel import SQLModel

from hub.store.columns import Pii, column
from hub.store.integration_columns import SCHEMA, identity, json_value, moment, written_now


class Lease(SQLModel, table=True):
    """Who may speak with a connection right now: one worker at a time, fenced."""

    __tablename__ = "lease"
    __table_args__ = ({"schema": SCHEMA},)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    holder: str | None = column("Holder", "The worker that holds it.", default=None)
    fence: int = column(
        "Fence",
        "Grows with each holder; stands in every write of a cursor.",
        default=0,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("0")},
    )
    expires_at: datetime | None = moment("Expires at", "When another worker may take it.")


class Ping(SQLModel, table=True):
    """A hint that something changed. A table of its own: a page's lock never blocks the door."""

    __tablename__ = "ping"
    __table_args__ = (Index("ping_connection", "connection", "id"), {"schema": SCHEMA})

    id: int | None = column(
        "Id",
        "Grows with each ping.",
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(always=True)],
    )
    connection: str = column("Connection", "The connection's name.")
    source: str = column("Source", "Who rang: hook, hub or sweep.")
    hook_external_id: str | None = column("Hook", "The hook that rang.", default=None)
    received_at: datetime | None = written_now("Received at", "When it came in.")


class Hook(SQLModel, table=True):
    """A webhook at the other side, and our place in its payloads."""

    __tablename__ = "hook"
    __table_args__ = (
        Index("hook_external", "connection", "external_id", unique=True),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    external_id: str = column("External id", "The hook's id at the other side.")
    mac_secret: str | None = column(
        "MAC secret", "Signs the notifications.", pii=Pii.SECRET, default=None
    )
    cursor: int = column(
        "Cursor",
        "The number of the next payload to read.",
        default=1,
        sa_type=BigInteger,
        sa_column_kwargs={"server_default": text("1")},
    )
    notification_url: str | None = column("Address", "Where it rings, if anywhere.", default=None)
    created_at: datetime | None = written_now("Created at", "When we made it.")
    expires_at: datetime | None = moment("Expires at", "When the other side drops it.")
    closed_at: datetime | None = moment("Closed at", "When it was found dead or was replaced.")
    closed_reason: str | None = column("Closed reason", "Why it was closed.", default=None)


class StreamState(SQLModel, table=True):
    """How far a stream is."""

    __tablename__ = "stream_state"
    __table_args__ = (
        Index("stream_state_name", "connection", "stream", unique=True),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    cursor: Any = json_value(
        "Cursor", "Where a complete read goes on; empty when none is under way."
    )
    push_tick: int | None = column(
        "Push tick",
        "The tick up to which our changes have been sent.",
        default=None,
        sa_type=BigInteger,
    )
    schema_seen: Any = json_value(
        "Schema seen", "The fields of the other side when last looked at."
    )
    is_paused: bool = column(
        "Paused",
        "Whether a person paused it.",
        default=False,
        sa_column_kwargs={"server_default": text("false")},
    )
    paused_by: str | None = column("Paused by", "Who.", pii=Pii.PERSONAL, default=None)
    paused_at: datetime | None = moment("Paused at", "Since when.")
    paused_fields: Any = json_value(
        "Paused fields",
        "The hub columns that a person paused in every row; by whom and when.",
        default="'{}'",
    )
    place: str | None = column(
        "Place",
        "What the connection pointed at when values were agreed, such as a base's id.",
        default=None,
    )
    hold_reason: str | None = column(
        "Hold", "Why the stream stopped itself; empty while it runs.", default=None
    )
    needs_reconcile: bool = column(
        "Needs reconcile",
        "Whether a complete read is due.",
        default=True,
        sa_column_kwargs={"server_default": text("true")},
    )
    backfilled_at: datetime | None = moment("Backfilled at", "When it was first read completely.")
    reconciled_at: datetime | None = moment("Reconciled at", "When it was last read completely.")
    pulled_at: datetime | None = moment("Pulled at", "When their changes were last taken in.")
    pushed_at: datetime | None = moment("Pushed at", "When our changes were last sent.")
    failing_since: datetime | None = moment("Failing since", "Since when it fails.")
    failing_part: str | None = column(
        "Failing part", "What fails: pull, push, backfill or reconcile.", default=None
    )
    error_code: str | None = column("Error code", "The last failure's code.", default=None)
    error_message: str | None = column("Error", "The last failure, for a person.", default=None)
