"""What waits for people, and what did they ask for: previews, changed fields?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from hub.store.columns import Pii, column
from hub.store.integration_columns import (
    SCHEMA,
    identity,
    json_value,
    moment,
    written_now,
)

_SCHEMA = {"schema": SCHEMA}


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

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    direction: str = column("Direction", "pull or push.")
    status: str = column("Status", "asked, ready, approved, applied, refused or failed.")
    run_id: UUID | None = column(
        "Run", "The run that looked; once it is approved, the one that applied it.", default=None
    )
    diff: Any = json_value(
        "Diff", "What would change, record by record and cell by cell.", default="'{}'"
    )
    calls: int | None = column("Calls", "Calls that applying costs, about.", default=None)
    seconds: float | None = column("Seconds", "How long that takes, about.", default=None)
    asked_by: str = column("Asked by", "Who asked for it.", pii=Pii.PERSONAL)
    created_at: datetime | None = written_now("Created at", "When it was asked for.")
    made_at: datetime | None = moment("Made at", "When the other side was looked at.")
    decided_by: str | None = column("Decided by", "Who decided.", pii=Pii.PERSONAL, default=None)
    decided_at: datetime | None = moment("Decided at", "When a person decided.")
    applied_at: datetime | None = moment("Applied at", "When it was carried out.")
    left_out: Any = json_value(
        "Left out", "The cells that had moved since and were left as they are.", default="'{}'"
    )
    message: str | None = column("Message", "What became of it, for people.", default=None)


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

    id: UUID = identity("Id")
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
    seen_at: datetime | None = written_now("Seen at", "When it was first seen.")
    closed_at: datetime | None = moment(
        "Closed at", "When it was over; a safe one is over at once."
    )


ATTENTION_TABLES = (Preview, SchemaChange)
