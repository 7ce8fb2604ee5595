"""What does the hub remember about its connections: cursors, links, intents, runs, conflicts?

These tables live in schema `hub`. Business tables live in `public`, their history in `history`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from hub.store.columns import TIMESTAMP, Pii, column
from hub.store.entities.base import new_id

SCHEMA = "hub"
_NOW = {"server_default": text("clock_timestamp()")}
_OPEN = text("closed_at is null")


def _identity(label: str) -> UUID:
    made: UUID = column(
        label,
        "Identifies the row for ever (UUIDv7).",
        default_factory=new_id,
        primary_key=True,
        sa_column_kwargs={"server_default": text("hub.new_id()")},
    )
    return made


def _moment(label: str, description: str) -> datetime | None:
    moment: datetime | None = column(label, description, default=None, sa_type=TIMESTAMP)
    return moment


def _now(label: str, description: str) -> datetime | None:
    moment: datetime | None = column(
        label,
        description,
        default=None,
        sa_type=TIMESTAMP,
        nullable=False,
        sa_column_kwargs=_NOW,
    )
    return moment


def _json(label: str, description: str, *, default: str | None = None) -> Any:
    return column(
        label,
        description,
        pii=Pii.PERSONAL,
        default=None,
        sa_type=JSONB,
        nullable=default is None,
        sa_column_kwargs={"server_default": text(default)} if default else None,
    )


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
    expires_at: datetime | None = _moment("Expires at", "When another worker may take it.")


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
    received_at: datetime | None = _now("Received at", "When it came in.")


class Hook(SQLModel, table=True):
    """A webhook at the other side, and our place in its payloads."""

    __tablename__ = "hook"
    __table_args__ = (
        Index("hook_external", "connection", "external_id", unique=True),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
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
    created_at: datetime | None = _now("Created at", "When we made it.")
    expires_at: datetime | None = _moment("Expires at", "When the other side drops it.")
    closed_at: datetime | None = _moment("Closed at", "When it was found dead or was replaced.")
    closed_reason: str | None = column("Closed reason", "Why it was closed.", default=None)


class StreamState(SQLModel, table=True):
    """How far a stream is."""

    __tablename__ = "stream_state"
    __table_args__ = (
        Index("stream_state_name", "connection", "stream", unique=True),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    cursor: Any = _json("Cursor", "Where a complete read goes on; empty when none is under way.")
    push_tick: int | None = column(
        "Push tick",
        "The tick up to which our changes have been sent.",
        default=None,
        sa_type=BigInteger,
    )
    schema_seen: Any = _json("Schema seen", "The fields of the other side when last looked at.")
    is_paused: bool = column(
        "Paused",
        "Whether a person paused it.",
        default=False,
        sa_column_kwargs={"server_default": text("false")},
    )
    paused_by: str | None = column("Paused by", "Who.", pii=Pii.PERSONAL, default=None)
    paused_at: datetime | None = _moment("Paused at", "Since when.")
    paused_fields: Any = _json(
        "Paused fields",
        "The hub columns that a person paused in every row; by whom and when.",
        default="'{}'",
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
    backfilled_at: datetime | None = _moment("Backfilled at", "When it was first read completely.")
    reconciled_at: datetime | None = _moment("Reconciled at", "When it was last read completely.")
    pulled_at: datetime | None = _moment("Pulled at", "When their changes were last taken in.")
    pushed_at: datetime | None = _moment("Pushed at", "When our changes were last sent.")
    failing_since: datetime | None = _moment("Failing since", "Since when it fails.")
    failing_part: str | None = column(
        "Failing part", "What fails: pull, push, backfill or reconcile.", default=None
    )
    error_code: str | None = column("Error code", "The last failure's code.", default=None)
    error_message: str | None = column("Error", "The last failure, for a person.", default=None)


class RecordLink(SQLModel, table=True):
    """Which record at the other side is which row of ours, and what both last agreed on.

    `shadow` maps a hub column to {"h": hub value, "r": remote value, "t": the remote's time}.
    """

    __tablename__ = "record_link"
    __table_args__ = (
        Index("record_link_external", "connection", "stream", "external_id", unique=True),
        Index(
            "record_link_row",
            "connection",
            "stream",
            "row_id",
            unique=True,
            postgresql_where=text("state <> 'tombstone'"),
        ),
        Index("record_link_row_id", "row_id"),
        Index(
            "record_link_paused",
            "connection",
            "stream",
            postgresql_where=text("paused is not null"),
        ),
        Index("record_link_note", "connection", postgresql_where=text("note is not null")),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    external_id: str = column("External id", "The record's id at the other side.")
    table_name: str = column("Table", "The hub table.")
    row_id: UUID = column("Row", "The row's id.")
    state: str = column(
        "State",
        "live, held (no row can be made of it yet), left_scope or tombstone.",
        default="live",
        sa_column_kwargs={"server_default": "live"},
    )
    shadow: Any = _json("Shadow", "What both sides last agreed on.", default="'{}'")
    has_hub_id: bool = column(
        "Has Hub ID",
        "Whether the record carries our id.",
        default=False,
        sa_column_kwargs={"server_default": text("false")},
    )
    created_at: datetime | None = _now("Created at", "When the link was made.")
    deleted_at: datetime | None = _moment("Deleted at", "When the record was found deleted.")
    paused: Any = _json(
        "Paused", "The hub columns that a person paused in this row, * for all; by whom and when."
    )
    note: str | None = column(
        "Note", "What the hub wrote beside the record last.", pii=Pii.PERSONAL, default=None
    )


class FrozenCell(SQLModel, table=True):
    """A cell whose incoming value was not applied: not pushed until it is settled."""

    __tablename__ = "frozen_cell"
    __table_args__ = (
        Index("frozen_cell_parked", "parked_stream", "parked_on"),
        {"schema": SCHEMA},
    )

    link_id: UUID = column(
        "Link",
        "The record's link.",
        primary_key=True,
        foreign_key="hub.record_link.id",
        ondelete="CASCADE",
    )
    field: str = column("Field", "The hub column.", primary_key=True)
    reason: str = column("Reason", "conflict, parked, rejected, paused or retyped.")
    incoming: Any = _json("Incoming", "The remote value that was not applied.")
    detail: str | None = column(
        "Detail", "What a person should know.", pii=Pii.PERSONAL, default=None
    )
    parked_stream: str | None = column(
        "Parked stream", "The stream of the record that is waited for.", default=None
    )
    parked_on: str | None = column(
        "Parked on", "The record or row that is waited for.", default=None
    )
    since: datetime | None = _now("Since", "When it was frozen.")


class Recheck(SQLModel, table=True):
    """A row to compare again although nothing new was logged: unparked, settled, or overruled."""

    __tablename__ = "recheck"
    __table_args__ = ({"schema": SCHEMA},)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    stream: str = column("Stream", "The stream's name.", primary_key=True)
    row_id: UUID = column("Row", "The row's id.", primary_key=True)
    reason: str = column("Reason", "Why it is looked at again.")
    since: datetime | None = _now("Since", "When it was asked for.")


class WriteIntent(SQLModel, table=True):
    """What we are about to write over what: committed before the request is sent."""

    __tablename__ = "write_intent"
    __table_args__ = (
        Index("write_intent_open_row", "connection", "row_id", postgresql_where=_OPEN),
        Index("write_intent_external", "connection", "external_id", "field", "created_at"),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    row_id: UUID = column("Row", "The row's id.")
    external_id: str | None = column(
        "External id", "The record's id; empty for a create.", default=None
    )
    operation: str = column("Operation", "create, update or delete.")
    field: str = column("Field", "The hub column; empty for a delete.", default="")
    believed: Any = _json("Believed", "The remote value that we believe stands there.")
    sent: Any = _json("Sent", "The remote value that we send.")
    fence: int = column("Fence", "The lease's fence.", sa_type=BigInteger)
    run_id: UUID | None = column("Run", "The run that wrote it.", default=None)
    created_at: datetime | None = _now("Created at", "When it was committed.")
    closed_at: datetime | None = _moment("Closed at", "When its outcome was known.")
    outcome: str | None = column(
        "Outcome", "answered, confirmed, overwrote, dropped or failed.", default=None
    )


class Run(SQLModel, table=True):
    """One execution of pull, push, backfill or reconcile."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_connection", "connection", "started_at"),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str | None = column("Stream", "The stream's name; empty for all.", default=None)
    kind: str = column("Kind", "pull, push, backfill, reconcile or undo.")
    trigger: str = column("Trigger", "What started it: hook, change, schedule or a person.")
    status: str = column("Status", "running, succeeded, failed or stopped.")
    started_at: datetime | None = _now("Started at", "When it began.")
    finished_at: datetime | None = _moment("Finished at", "When it ended.")
    counts: Any = _json(
        "Counts", "Records read, rows and cells changed, and so on.", default="'{}'"
    )
    requests: int = column(
        "Requests",
        "Requests made to the other side.",
        default=0,
        sa_column_kwargs={"server_default": text("0")},
    )
    error_code: str | None = column("Error code", "The failure's code.", default=None)
    error_message: str | None = column("Error", "The failure, for a person.", default=None)


class Conflict(SQLModel, table=True):
    """Both sides changed one field differently: all three values, and which one stands."""

    __tablename__ = "conflict"
    __table_args__ = (
        Index(
            "conflict_open",
            "link_id",
            "field",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("conflict_row", "row_id", "field"),
        Index("conflict_status", "status", "created_at"),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    link_id: UUID = column("Link", "The record's link.")
    table_name: str = column("Table", "The hub table.")
    row_id: UUID = column("Row", "The row's id.")
    external_id: str = column("External id", "The record's id at the other side.")
    field: str = column("Field", "The hub column.")
    base: Any = _json("Base", "The value both sides last agreed on.")
    theirs: Any = _json("Theirs", "Their value, in hub form.")
    ours: Any = _json("Ours", "Our value.")
    their_actor: str | None = column(
        "Their actor", "Who changed it there.", pii=Pii.PERSONAL, default=None
    )
    their_edited_at: datetime | None = _moment("Their time", "When it was changed there.")
    our_actor: str | None = column(
        "Our actor", "Who changed it here.", pii=Pii.PERSONAL, default=None
    )
    our_edited_at: datetime | None = _moment("Our time", "When it was changed here.")
    cause: str = column("Cause", "both_changed, lost_update, first_match or edit_against_delete.")
    policy: str = column("Policy", "The policy that decided: latest, hub, source or ask.")
    winner: str | None = column(
        "Winner", "Whose value stands: theirs or ours; empty while open.", default=None
    )
    status: str = column("Status", "open, settled (by policy) or resolved (by a person).")
    created_at: datetime | None = _now("Created at", "When it was found.")
    updated_at: datetime | None = _now("Updated at", "When it last changed.")
    resolved_by: str | None = column(
        "Resolved by", "Who resolved it.", pii=Pii.PERSONAL, default=None
    )


class Approval(SQLModel, table=True):
    """A plan that the guard stopped: exactly these items wait for a person's word."""

    __tablename__ = "approval"
    __table_args__ = (
        Index(
            "approval_open",
            "connection",
            "stream",
            "action",
            unique=True,
            postgresql_where=text("decision is null"),
        ),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    action: str = column(
        "Action", "delete_in_hub, delete_at_source, overwrite_in_hub or overwrite_at_source."
    )
    items: Any = _json("Items", "The rows it is about, by id.", default="'[]'")
    reason: str = column("Reason", "How many of how many, and which limit it passes.")
    created_at: datetime | None = _now("Created at", "When the guard stopped it.")
    decision: str | None = column("Decision", "approved or refused.", default=None)
    decided_at: datetime | None = _moment("Decided at", "When a person decided.")
    decided_by: str | None = column("Decided by", "Who decided.", pii=Pii.PERSONAL, default=None)
    applied_at: datetime | None = _moment("Applied at", "When the decision was carried out.")


class Alert(SQLModel, table=True):
    """Something a person should know; told once while it lasts."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("alert_open", "key", unique=True, postgresql_where=_OPEN),
        {"schema": SCHEMA},
    )

    id: UUID = _identity("Id")
    key: str = column("Key", "What makes two alerts the same.")
    severity: str = column("Severity", "warning or error.")
    connection: str | None = column("Connection", "The connection's name.", default=None)
    stream: str | None = column("Stream", "The stream's name.", default=None)
    title: str = column("Title", "What happened.")
    next_step: str = column("Next step", "What to do.")
    first_at: datetime | None = _now("First at", "When it was first seen.")
    last_at: datetime | None = _now("Last at", "When it was last seen.")
    seen_count: int = column(
        "Seen",
        "How often it was seen.",
        default=1,
        sa_column_kwargs={"server_default": text("1")},
    )
    closed_at: datetime | None = _moment("Closed at", "When it was over.")


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
