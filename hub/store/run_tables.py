"""What ran, what disagreed, what waits for a word, and what should a person know?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from hub.store.columns import Pii, column
from hub.store.integration_columns import OPEN, SCHEMA, identity, json_value, moment, written_now


class Run(SQLModel, table=True):
    """One execution of pull, push, backfill or reconcile."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_connection", "connection", "started_at"),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str | None = column("Stream", "The stream's name; empty for all.", default=None)
    kind: str = column("Kind", "pull, push, backfill, reconcile or undo.")
    trigger: str = column("Trigger", "What started it: hook, change, schedule or a person.")
    status: str = column("Status", "running, succeeded, failed or stopped.")
    started_at: datetime | None = written_now("Started at", "When it began.")
    finished_at: datetime | None = moment("Finished at", "When it ended.")
    counts: Any = json_value(
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

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    link_id: UUID = column("Link", "The record's link.")
    table_name: str = column("Table", "The hub table.")
    row_id: UUID = column("Row", "The row's id.")
    external_id: str = column("External id", "The record's id at the other side.")
    field: str = column("Field", "The hub column.")
    base: Any = json_value("Base", "The value both sides last agreed on.")
    theirs: Any = json_value("Theirs", "Their value, in hub form.")
    ours: Any = json_value("Ours", "Our value.")
    their_actor: str | None = column(
        "Their actor", "Who changed it there.", pii=Pii.PERSONAL, default=None
    )
    their_edited_at: datetime | None = moment("Their time", "When it was changed there.")
    our_actor: str | None = column(
        "Our actor", "Who changed it here.", pii=Pii.PERSONAL, default=None
    )
    our_edited_at: datetime | None = moment("Our time", "When it was changed here.")
    cause: str = column("Cause", "both_changed, lost_update, first_match or edit_against_delete.")
    policy: str = column("Policy", "The policy that decided: latest, hub, source or ask.")
    winner: str | None = column(
        "Winner", "Whose value stands: theirs or ours; empty while open.", default=None
    )
    status: str = column("Status", "open, settled (by policy) or resolved (by a person).")
    created_at: datetime | None = written_now("Created at", "When it was found.")
    updated_at: datetime | None = written_now("Updated at", "When it last changed.")
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

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    action: str = column(
        "Action", "delete_in_hub, delete_at_source, overwrite_in_hub or overwrite_at_source."
    )
    items: Any = json_value("Items", "The rows it is about, by id.", default="'[]'")
    reason: str = column("Reason", "How many of how many, and which limit it passes.")
    created_at: datetime | None = written_now("Created at", "When the guard stopped it.")
    decision: str | None = column("Decision", "approved or refused.", default=None)
    decided_at: datetime | None = moment("Decided at", "When a person decided.")
    decided_by: str | None = column("Decided by", "Who decided.", pii=Pii.PERSONAL, default=None)
    applied_at: datetime | None = moment("Applied at", "When the decision was carried out.")


class Alert(SQLModel, table=True):
    """Something a person should know; told once while it lasts."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("alert_open", "key", unique=True, postgresql_where=OPEN),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    key: str = column("Key", "What makes two alerts the same.")
    severity: str = column("Severity", "warning or error.")
    connection: str | None = column("Connection", "The connection's name.", default=None)
    stream: str | None = column("Stream", "The stream's name.", default=None)
    title: str = column("Title", "What happened.")
    next_step: str = column("Next step", "What to do.")
    first_at: datetime | None = written_now("First at", "When it was first seen.")
    last_at: datetime | None = written_now("Last at", "When it was last seen.")
    seen_count: int = column(
        "Seen",
        "How often it was seen.",
        default=1,
        sa_column_kwargs={"server_default": text("1")},
    )
    closed_at: datetime | None = moment("Closed at", "When it was over.")
