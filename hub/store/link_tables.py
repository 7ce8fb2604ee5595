"""Which record is which row, what stands still, and what was about to be written?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import SQLModel

from hub.store.columns import Pii, column
from hub.store.integration_columns import OPEN, SCHEMA, identity, json_value, moment, written_now


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

    id: UUID = identity("Id")
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
    shadow: Any = json_value("Shadow", "What both sides last agreed on.", default="'{}'")
    has_hub_id: bool = column(
        "Has Hub ID",
        "Whether the record carries our id.",
        default=False,
        sa_column_kwargs={"server_default": text("false")},
    )
    created_at: datetime | None = written_now("Created at", "When the link was made.")
    deleted_at: datetime | None = moment("Deleted at", "When the record was found deleted.")
    paused: Any = json_value(
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
    incoming: Any = json_value("Incoming", "The remote value that was not applied.")
    detail: str | None = column(
        "Detail", "What a person should know.", pii=Pii.PERSONAL, default=None
    )
    parked_stream: str | None = column(
        "Parked stream", "The stream of the record that is waited for.", default=None
    )
    parked_on: str | None = column(
        "Parked on", "The record or row that is waited for.", default=None
    )
    since: datetime | None = written_now("Since", "When it was frozen.")


class Recheck(SQLModel, table=True):
    """A row to compare again although nothing new was logged: unparked, settled, or overruled."""

    __tablename__ = "recheck"
    __table_args__ = ({"schema": SCHEMA},)

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    stream: str = column("Stream", "The stream's name.", primary_key=True)
    row_id: UUID = column("Row", "The row's id.", primary_key=True)
    reason: str = column("Reason", "Why it is looked at again.")
    since: datetime | None = written_now("Since", "When it was asked for.")


class WriteIntent(SQLModel, table=True):
    """What we are about to write over what: committed before the request is sent."""

    __tablename__ = "write_intent"
    __table_args__ = (
        Index("write_intent_open_row", "connection", "row_id", postgresql_where=OPEN),
        Index("write_intent_external", "connection", "external_id", "field", "created_at"),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    row_id: UUID = column("Row", "The row's id.")
    external_id: str | None = column(
        "External id", "The record's id; empty for a create.", default=None
    )
    operation: str = column("Operation", "create, update or delete.")
    field: str = column("Field", "The hub column; empty for a delete.", default="")
    believed: Any = json_value("Believed", "The remote value that we believe stands there.")
    sent: Any = json_value("Sent", "The remote value that we send.")
    fence: int = column("Fence", "The lease's fence.", sa_type=BigInteger)
    run_id: UUID | None = column("Run", "The run that wrote it.", default=None)
    created_at: datetime | None = written_now("Created at", "When it was committed.")
    closed_at: datetime | None = moment("Closed at", "When its outcome was known.")
    outcome: str | None = column(
        "Outcome", "answered, confirmed, overwrote, dropped or failed.", default=None
    )
