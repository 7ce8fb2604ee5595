"""How many calls were spent, and how eagerly may each connection spend more?"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from hub.store.columns import TIMESTAMP, column

_SCHEMA = {"schema": "hub"}


class SpentCall(SQLModel, table=True):
    """The ledger of calls: how many a day, by stream and purpose."""

    __tablename__ = "spent_call"
    __table_args__ = (Index("spent_call_day", "day"), _SCHEMA)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    day: date = column("Day", "The day (UTC).", primary_key=True)
    stream: str = column(
        "Stream", "The stream's name; empty where a call serves all.", primary_key=True
    )
    purpose: str = column("Purpose", "What they were spent on.", primary_key=True)
    calls: int = column("Calls", "How many.")


class Pace(SQLModel, table=True):
    """How eagerly a connection is attended: its profile, and what its budget leaves of it."""

    __tablename__ = "pace"
    __table_args__ = (_SCHEMA,)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    profile: str = column("Profile", "live or thrifty.")
    level: str = column("Level", "full, no_scans, no_looks, collected, scarce, spent or refused.")
    window_seconds: int = column(
        "Window", "For so long changes are collected; 0 takes each at once."
    )
    reason: str = column("Reason", "Why it is slowed, for a person.")
    calls_per_month: int | None = column("Budget", "The calls a month, if limited.", default=None)
    held_until: datetime | None = column(
        "Held until", "Until when nothing is done at all.", default=None, sa_type=TIMESTAMP
    )
    changed_at: datetime | None = column(
        "Changed at",
        "Since when.",
        default=None,
        sa_type=TIMESTAMP,
        nullable=False,
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
    )


THRIFT_TABLES = (SpentCall, Pace)
