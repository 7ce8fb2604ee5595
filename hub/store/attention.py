"""What waits for people, and what did they ask for: previews, inboxes, changed fields?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from hub.store.columns import TIMESTAMP, Pii, column
from hub.store.entities.base import new_id

_SCHEMA = {"schema": "hub"}


def _id() -> Any:
    return column(
        "Id",
        "Identifies the row for ever (UUIDv7).",
        default_factory=new_id,
        primary_key=True,
        sa_column_kwargs={"server_default": text("hub.new_id()")},
    )


def _json(label: str, description: str) -> Any:
    return column(
        label,
        description,
        pii=Pii.PERSONAL,
        default=None,
        sa_type=JSONB,
        nullable=False,
        sa_column_kwargs={"server_default": text("'{}'")},
    )


def _moment(label: str, description: str) -> Any:
    return column(label, description, default=None, sa_type=TIMESTAMP)


def _now(label: str, description: str) -> Any:
    return column(
        label,
        description,
        default=None,
        sa_type=TIMESTAMP,
        nullable=False,
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
    )


class Preview(SQLModel, table=True):
    """A pull or push that was run dry; approved, exactly what it shows is applied."""

    __tablename__ = "preview"
    __table_args__ = (
        Index(
            "preview_waiting",
            "connection",
            postgresql_where=text("status in ('asked', 'approved')"),
        ),
        Index("preview_created", "created_at"),
        _SCHEMA,
    )

    id: UUID = _id()
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    direction: str = column("Direction", "pull or push.")
    status: str = column("Status", "asked, ready, approved, applied, refused or failed.")
    run_id: UUID | None = column(
        "Run", "The run that looked; once it is approved, the one that applied it.", default=None
    )
    diff: Any = _json("Diff", "What would change, record by record and cell by cell.")
    calls: int | None = column("Calls", "Calls that applying costs, about.", default=None)
    seconds: float | None = column("Seconds", "How long that takes, about.", default=None)
    asked_by: str = column("Asked by", "Who asked for it.", pii=Pii.PERSONAL)
    created_at: datetime | None = _now("Created at", "When it was asked for.")
    made_at: datetime | None = _moment("Made at", "When the other side was looked at.")
    decided_by: str | None = column("Decided by", "Who decided.", pii=Pii.PERSONAL, default=None)
    decided_at: datetime | None = _moment("Decided at", "When a person decided.")
    applied_at: datetime | None = _moment("Applied at", "When it was carried out.")
    left_out: Any = _json("Left out", "The cells that had moved since and were left as they are.")
    message: str | None = column("Message", "What became of it, for people.", default=None)


class Board(SQLModel, table=True):
    """The table at the other side in which people find the open conflicts, and the canary in it."""

    __tablename__ = "board"
    __table_args__ = (_SCHEMA,)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    table_id: str | None = column("Table", "The table's id at the other side.", default=None)
    fields: Any = _json("Fields", "The columns' field ids there.")
    table_schema: Any = _json("Schema", "The table as it was last looked at.")
    read_at: datetime | None = _moment("Read at", "When it was last read whole.")
    canary_value: str | None = column(
        "Canary", "What was last written into the canary record.", default=None
    )
    canary_sent_at: datetime | None = _moment("Canary sent at", "When that was.")
    canary_seen_at: datetime | None = _moment("Canary seen at", "When the hook told of it.")


class BoardRow(SQLModel, table=True):
    """A conflict as it stands in the table, and what a person chose there."""

    __tablename__ = "board_row"
    __table_args__ = (Index("board_row_external", "connection", "external_id"), _SCHEMA)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    key: str = column("Key", "The conflict's id, or what else the row is.", primary_key=True)
    external_id: str = column("External id", "The record's id at the other side.")
    content: Any = _json("Content", "What the hub wrote there.")
    choice: str | None = column(
        "Choice", "theirs or ours, as chosen there and not yet carried out.", default=None
    )
    chosen_by: str | None = column("Chosen by", "Who chose.", pii=Pii.PERSONAL, default=None)
    chosen_at: datetime | None = _moment("Chosen at", "When that was.")


class SchemaChange(SQLModel, table=True):
    """Something about a table at the other side that is not as it was, and how bad that is."""

    __tablename__ = "schema_change"
    __table_args__ = (
        Index(
            "schema_change_open",
            "connection",
            "stream",
            "subject",
            "kind",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index("schema_change_seen", "seen_at"),
        _SCHEMA,
    )

    id: UUID = _id()
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    subject: str = column("Subject", "The table, field or choice, by its id there.")
    kind: str = column("Kind", "What changed: field_renamed, field_removed, and so on.")
    grade: str = column("Grade", "safe, attention or breaking.")
    sentence: str = column("Sentence", "What changed, for people.")
    next_step: str | None = column("Next step", "What to do, if anything.", default=None)
    hub_column: str | None = column(
        "Column", "The hub column that stands still until then.", default=None
    )
    seen_at: datetime | None = _now("Seen at", "When it was first seen.")
    closed_at: datetime | None = _moment(
        "Closed at", "When it was over; a safe one is over at once."
    )


ATTENTION_TABLES = (Preview, Board, BoardRow, SchemaChange)
