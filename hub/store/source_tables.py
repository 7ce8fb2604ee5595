"""What does the hub remember about its sources: where each read stands, what could not be read?

These tables live in schema `hub`; the rows of datasets live in schema `dataset`.
"""

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

_NO = {"server_default": text("false")}
_ZERO = {"server_default": text("0")}


class SourceState(SQLModel, table=True):
    """Where the read of a source's stream stands, and when it is due."""

    __tablename__ = "source_state"
    __table_args__ = (Index("source_state_due", "due_at"), {"schema": SCHEMA})

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    stream: str = column("Stream", "The stream's name.", primary_key=True)
    state: Any = json_value(
        "State", "Where to read on; only the source knows what it means.", pii=Pii.NONE
    )
    is_midway: bool = column(
        "Midway",
        "Whether the last page read was not the last one there is.",
        default=False,
        sa_column_kwargs=_NO,
    )
    needs_complete: bool = column(
        "Needs complete read",
        "Whether the next read begins at nothing.",
        default=False,
        sa_column_kwargs=_NO,
    )
    due_at: datetime | None = moment("Due at", "When it is read next.")
    enqueued_at: datetime | None = moment("Enqueued at", "When a worker was last asked to read.")
    begun_at: datetime | None = moment("Begun at", "When a read last began.")
    read_at: datetime | None = moment("Read at", "When a read last ended well.")
    completed_at: datetime | None = moment("Completed at", "When everything was last read.")
    attempts: int = column("Attempts", "Failures in a row.", default=0, sa_column_kwargs=_ZERO)
    is_paused: bool = column(
        "Paused", "Whether a person stopped it.", default=False, sa_column_kwargs=_NO
    )
    error_code: str | None = column("Error", "What went wrong last, by code.", default=None)
    error_message: str | None = column(
        "Error message", "What went wrong last, and what to do.", default=None
    )


class DeadLetter(SQLModel, table=True):
    """A row or a cell of a source that did not fit, kept until it is replayed or read rightly."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        Index(
            "dead_letter_open",
            "connection",
            "stream",
            "fingerprint",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "dead_letter_key",
            "connection",
            "stream",
            "row_key",
            postgresql_where=text("closed_at is null"),
        ),
        {"schema": SCHEMA},
    )

    id: UUID = identity("Id")
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    kind: str = column("Kind", "row, cell, key or reference: what did not fit.")
    place: str = column("Place", "Where it stood: a file and line, an address.")
    row_key: str | None = column(
        "Row key", "The key of the row, where it has one.", pii=Pii.PERSONAL, default=None
    )
    column_name: str | None = column("Column", "The hub's column that it is about.", default=None)
    raw: Any = json_value(
        "Raw", "The record as it came, by field; or the text of the row.", default="'{}'"
    )
    reason: str = column("Reason", "Why it did not fit.", pii=Pii.PERSONAL)
    fingerprint: str = column("Fingerprint", "Tells whether the same is met again.")
    run_id: UUID | None = column("Run", "The run that met it last.", default=None)
    first_at: datetime | None = written_now("First at", "When it was first met.")
    last_at: datetime | None = written_now("Last at", "When it was last met.")
    seen_count: int = column(
        "Seen", "How often it was met.", default=1, sa_column_kwargs={"server_default": text("1")}
    )
    closed_at: datetime | None = moment("Closed at", "When it was over.")
    closed_by: str | None = column(
        "Closed by", "replayed, read (rightly later), gone or dismissed.", default=None
    )


class DatasetDeclaration(SQLModel, table=True):
    """A table that nobody programmed: what it is called, what it holds and who fills it."""

    __tablename__ = "dataset"
    __table_args__ = ({"schema": SCHEMA},)

    name: str = column("Name", "The table's name in schema dataset.", primary_key=True)
    description: str = column("Description", "What it is.")
    connection: str = column("Connection", "The connection that fills it.")
    stream: str = column("Stream", "The stream that fills it.")
    is_append: bool = column(
        "Facts",
        "Whether its rows are facts that hardly change.",
        default=False,
        sa_column_kwargs=_NO,
    )
    key: Any = json_value(
        "Key", "The columns that tell its rows apart.", default="'[]'", pii=Pii.NONE
    )
    columns: Any = json_value(
        "Columns", "Each column: type, meaning, origin, reference.", default="'[]'", pii=Pii.NONE
    )
    created_at: datetime | None = written_now("Created at", "When it was made.")
    changed_at: datetime | None = written_now("Changed at", "When its columns last changed.")


class SourceRecord(SQLModel, table=True):
    """A record of a source and the entity's row it stands for, with the values last taken."""

    __tablename__ = "source_record"
    __table_args__ = (Index("source_record_row", "row_id"), {"schema": SCHEMA})

    connection: str = column("Connection", "The connection's name.", primary_key=True)
    stream: str = column("Stream", "The stream's name.", primary_key=True)
    external_key: str = column(
        "External key",
        "What tells the record apart at the source.",
        pii=Pii.PERSONAL,
        primary_key=True,
    )
    table_name: str = column("Table", "The hub table.")
    row_id: UUID = column("Row", "The row's id.")
    shadow: Any = json_value("Values", "The values last taken from it, by column.", default="'{}'")
    gone_at: datetime | None = moment("Gone at", "When it was found gone at the source.")


class ParkedReference(SQLModel, table=True):
    """A reference by name that no row answers to yet; it is tried again with every read."""

    __tablename__ = "parked_reference"
    __table_args__ = (
        Index("parked_reference_stream", "connection", "stream", "column_name"),
        {"schema": SCHEMA},
    )

    table_name: str = column("Table", "The table of the row.", primary_key=True)
    row_id: UUID = column("Row", "The row whose reference is empty.", primary_key=True)
    column_name: str = column("Column", "The column that is empty.", primary_key=True)
    connection: str = column("Connection", "The connection's name.")
    stream: str = column("Stream", "The stream's name.")
    lookup: str = column("Lookup", "Where the name was looked for, such as client.name.")
    given: str = column("Given", "The name as the source gave it.", pii=Pii.PERSONAL)
    reason: str = column("Reason", "unknown, or ambiguous.")
    parked_at: datetime | None = written_now("Parked at", "Since when.")


class Alias(SQLModel, table=True):
    """Another name under which a row of the hub is known elsewhere."""

    __tablename__ = "alias"
    __table_args__ = (Index("alias_row", "row_id"), {"schema": SCHEMA})

    table_name: str = column("Table", "The hub table.", primary_key=True)
    name: str = column(
        "Name", "The other name: small letters, single blanks.", pii=Pii.PERSONAL, primary_key=True
    )
    row_id: UUID = column("Row", "The row that it means.")
    decided_by: str = column("Decided by", "The person or the rule that said so.")
    decided_at: datetime | None = written_now("Decided at", "When.")


SOURCE_TABLES = (
    SourceState,
    DeadLetter,
    DatasetDeclaration,
    SourceRecord,
    ParkedReference,
    Alias,
)
