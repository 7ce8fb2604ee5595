"""How does the memory store answer the questions of `hub.store.schema_changes`?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.drift import Drift
from hub.store import schema_changes
from hub.store.entities.base import new_id
from hub.store.schema_changes import ANSWER, SeenChange


def _open(session: MemorySession, connection: str, stream: str) -> list[Row]:
    hub = session.store.hub
    found = session.find(hub.schema_change, hub.schema_change_stream, (connection, stream))
    return [row for row in found if row["closed_at"] is None]


def _add(
    session: MemorySession, connection: str, stream: str, drift: Drift, *, kind: str, over: bool
) -> Row:
    row: Row = {
        **blank("schema_change"),
        "id": new_id(),
        "connection": connection,
        "stream": stream,
        "subject": drift.subject,
        "kind": kind,
        "grade": drift.grade.value,
        "sentence": drift.sentence,
        "next_step": drift.next_step,
        "hub_column": drift.column,
        "seen_at": session.now(),
        "closed_at": session.now() if over else None,
    }
    session.insert(session.store.hub.schema_change, row["id"], row)
    return row


def _close(session: MemorySession, row: Row) -> Row:
    closed = {**row, "closed_at": session.now()}
    session.put(session.store.hub.schema_change, row["id"], closed)
    return closed


def _seen(row: Row) -> SeenChange:
    return SeenChange(**{name: row[name] for name in SeenChange.__dataclass_fields__})


@schema_changes.note_safe.register(MemorySession)
def note_safe(session: MemorySession, connection: str, stream: str, seen: Sequence[Drift]) -> None:
    for drift in seen:
        _add(session, connection, stream, drift, kind=drift.kind, over=True)


@schema_changes.keep_standing.register(MemorySession)
def keep_standing(
    session: MemorySession, connection: str, stream: str, standing: Sequence[Drift]
) -> tuple[list[SeenChange], list[SeenChange]]:
    wanted = {(drift.subject, drift.kind): drift for drift in standing}
    known = {
        (row["subject"], row["kind"]): row
        for row in _open(session, connection, stream)
        if row["kind"] != ANSWER
    }
    over = [_seen(_close(session, row)) for key, row in known.items() if key not in wanted]
    fresh = [
        _seen(_add(session, connection, stream, drift, kind=drift.kind, over=False))
        for key, drift in wanted.items()
        if key not in known
    ]
    return fresh, over


@schema_changes.doubted_since.register(MemorySession)
def doubted_since(session: MemorySession, connection: str, stream: str) -> datetime | None:
    found = (r["seen_at"] for r in _open(session, connection, stream) if r["kind"] == ANSWER)
    return next(found, None)


@schema_changes.open_doubts.register(MemorySession)
def open_doubts(session: MemorySession, connection: str) -> bool:
    return any(
        row["connection"] == connection and row["kind"] == ANSWER and row["closed_at"] is None
        for row in session.scan(session.store.hub.schema_change)
    )


@schema_changes.note_doubt.register(MemorySession)
def note_doubt(session: MemorySession, connection: str, stream: str, doubt: Drift) -> None:
    if doubted_since(session, connection, stream) is None:
        _add(session, connection, stream, doubt, kind=ANSWER, over=False)


@schema_changes.end_doubt.register(MemorySession)
def end_doubt(session: MemorySession, connection: str, stream: str) -> bool:
    found = [row for row in _open(session, connection, stream) if row["kind"] == ANSWER]
    for row in found:
        _close(session, row)
    return bool(found)


@schema_changes.list_changes.register(MemorySession)
def list_changes(session: MemorySession, *, standing: bool, limit: int) -> list[SeenChange]:
    found = [
        row
        for row in session.scan(session.store.hub.schema_change)
        if row["closed_at"] is None or not standing
    ]
    found.sort(key=lambda row: row["seen_at"], reverse=True)
    found.sort(key=lambda row: row["closed_at"] is not None)
    return [_seen(row) for row in found[:limit]]
