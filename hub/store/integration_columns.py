"""What columns do the tables of schema `hub` have in common?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.columns import TIMESTAMP, Pii, column
from hub.store.entities.base import new_id

SCHEMA = "hub"
_NOW = {"server_default": text("clock_timestamp()")}
OPEN = text("closed_at is null")


def identity(label: str) -> UUID:
    """A primary key that the database can draw, too."""
    made: UUID = column(
        label,
        "Identifies the row for ever (UUIDv7).",
        default_factory=new_id,
        primary_key=True,
        sa_column_kwargs={"server_default": text("hub.new_id()")},
    )
    return made


def moment(label: str, description: str) -> datetime | None:
    """A time that may be missing."""
    made: datetime | None = column(label, description, default=None, sa_type=TIMESTAMP)
    return made


def written_now(label: str, description: str) -> datetime | None:
    """The time at which the row was written."""
    made: datetime | None = column(
        label,
        description,
        default=None,
        sa_type=TIMESTAMP,
        nullable=False,
        sa_column_kwargs=_NOW,
    )
    return made


def json_value(
    label: str, description: str, *, default: str | None = None, pii: Pii = Pii.PERSONAL
) -> Any:
    """Values as JSON; of people, unless it is said otherwise."""
    return column(
        label,
        description,
        pii=pii,
        default=None,
        sa_type=JSONB,
        nullable=default is None,
        sa_column_kwargs={"server_default": text(default)} if default else None,
    )
