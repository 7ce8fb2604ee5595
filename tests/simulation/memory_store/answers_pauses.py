"""How does the memory store answer the questions of `hub.store.pauses`?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from simulation.memory_store.answers_streams import set_state, states
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.links import WHOLE_ROW
from hub.store import pauses
from hub.store.pauses import Pause


@pauses.paused_fields.register(MemorySession)
def paused_fields(session: MemorySession, connection: str) -> dict[str, frozenset[str]]:
    return {
        row["stream"]: frozenset(row["paused_fields"])
        for row in states(session, connection, None)
        if row["paused_fields"]
    }


def _without(paused: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {name: who for name, who in paused.items() if name not in columns}


@pauses.set_field_paused.register(MemorySession)
def set_field_paused(
    session: MemorySession,
    connection: str,
    stream: str,
    column: str,
    *,
    by: str | None,
    at: datetime,
) -> bool:
    for row in states(session, connection, stream):
        paused = row["paused_fields"]
        if (column in paused) != (by is None):
            return False
        more = {} if by is None else {column: {"by": by, "at": at.isoformat()}}
        changed = {**_without(paused, [column]), **more}
        set_state(session, connection, stream, {"paused_fields": changed})
        return True
    return False


def _link_row(session: MemorySession, connection: str, stream: str, row_id: UUID) -> Row | None:
    hub = session.store.hub
    return session.one(hub.record_link, hub.link_row, (connection, stream, row_id))


@pauses.set_row_paused.register(MemorySession)
def set_row_paused(
    session: MemorySession,
    connection: str,
    stream: str,
    row_id: UUID,
    columns: Sequence[str],
    *,
    by: str | None,
    at: datetime,
) -> bool | None:
    table = session.store.hub.record_link
    seen = _link_row(session, connection, stream, row_id)
    row = None if seen is None else session.lock(table, seen["id"])
    if row is None:
        return None
    standing = row["paused"] or {}
    if by is None:
        paused = _without(standing, columns)
    else:
        who = {"by": by, "at": at.isoformat()}
        paused = {**standing, **dict.fromkeys(columns, who)}
    session.put(table, row["id"], {**row, "paused": paused or None})
    return bool(set(columns) & set(standing)) if by is None else not set(columns) <= set(standing)


@pauses.list_pauses.register(MemorySession)
def list_pauses(session: MemorySession, *, limit: int = 1000) -> list[Pause]:
    hub = session.store.hub
    of_streams = sorted(session.scan(hub.stream_state), key=_name)
    of_rows = sorted(session.scan(hub.record_link), key=lambda row: (*_name(row), row["row_id"]))
    found = [
        *(pause for row in of_streams if row["is_paused"] for pause in _stream(row)),
        *(pause for row in of_streams for pause in _fields(row, row["paused_fields"])),
        *(pause for row in of_rows if row["paused"] for pause in _row(row)),
    ]
    return found[:limit]


def _name(row: Row) -> tuple[str, str]:
    return row["connection"], row["stream"]


def _stream(row: Row) -> Iterator[Pause]:
    yield _pause(row, None, row["paused_by"], row["paused_at"])


def _fields(row: Row, paused: dict[str, Any]) -> Iterator[Pause]:
    for name, who in sorted(paused.items()):
        yield _pause(row, name, who["by"], datetime.fromisoformat(who["at"]))


def _row(row: Row) -> Iterator[Pause]:
    paused = row["paused"]
    shown = {WHOLE_ROW: paused[WHOLE_ROW]} if WHOLE_ROW in paused else paused
    for pause in _fields(row, shown):
        name = None if pause.column == WHOLE_ROW else pause.column
        yield _pause(row, name, pause.by, pause.since)


def _pause(row: Row, column: str | None, by: str | None, since: datetime | None) -> Pause:
    return Pause(
        connection=row["connection"],
        stream=row["stream"],
        column=column,
        row_id=row.get("row_id"),
        table_name=row.get("table_name"),
        by=by,
        since=since,
    )


@pauses.table_of_row.register(MemorySession)
def table_of_row(session: MemorySession, connection: str, stream: str, row_id: UUID) -> str | None:
    row = _link_row(session, connection, stream, row_id)
    return None if row is None else row["table_name"]


@pauses.stream_names.register(MemorySession)
def stream_names(session: MemorySession, connection: str) -> list[str]:
    return sorted(row["stream"] for row in states(session, connection, None))
