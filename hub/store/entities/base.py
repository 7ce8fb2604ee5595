"""What does every business table have in common: its id and its tombstone?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import SQLModel
from uuid_utils.compat import uuid7

from hub.store.columns import TIMESTAMP, column


def new_id() -> UUID:
    """A UUIDv7: ids sort by the time they were made."""
    return uuid7()


class Entity(SQLModel):
    """A business row: one id for ever, and a tombstone in place of a hard delete."""

    id: UUID = column(
        "Id",
        "Identifies the row for ever; time-ordered (UUIDv7).",
        editable=False,
        default_factory=new_id,
        primary_key=True,
        sa_column_kwargs={"server_default": text("hub.new_id()")},
    )
    deleted_at: datetime | None = column(
        "Deleted at",
        "When the row was deleted; empty while it lives. Deleted rows are kept as tombstones.",
        editable=False,
        default=None,
        sa_type=TIMESTAMP,
    )
