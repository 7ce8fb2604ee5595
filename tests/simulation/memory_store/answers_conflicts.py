"""How does the memory store answer the questions of `hub.store.conflicts`?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from uuid import UUID

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.errors import NotFound
from hub.store import conflicts
from hub.store.conflicts import OPEN, RESOLVED, SETTLED, ConflictRecord
from hub.store.entities.base import new_id

_PARTS = tuple(part.name for part in fields(ConflictRecord))
_LATER = ("theirs", "ours", "winner", "status")
_IF_KNOWN = ("their_actor", "their_edited_at", "our_actor", "our_edited_at")


@conflicts.record_conflicts.register(MemorySession)
def record_conflicts(
    session: MemorySession,
    connection: str,
    stream: str,
    table_name: str,
    conflicts: Sequence[ConflictRecord],
) -> None:
    hub = session.store.hub
    session.refuse_twice((c.link_id, c.field) for c in conflicts if c.status == OPEN)
    for record in conflicts:
        now = session.now()
        given = {name: getattr(record, name) for name in _PARTS}
        standing = None
        if record.status == OPEN:
            standing = session.one(hub.conflict, hub.conflict_open, (record.link_id, record.field))
        if standing is not None:
            latest = session.lock(hub.conflict, standing["id"]) or standing
            known = {
                name: given[name] if given[name] is not None else latest[name] for name in _IF_KNOWN
            }
            later = {name: given[name] for name in _LATER}
            row = {**latest, **later, **known, "updated_at": now}
        else:
            row = {
                **blank("conflict"),
                **given,
                "id": new_id(),
                "connection": connection,
                "stream": stream,
                "table_name": table_name,
                "created_at": now,
                "updated_at": now,
                "resolved_by": None,
            }
        session.put(hub.conflict, row["id"], row)


@conflicts.close_conflicts.register(MemorySession)
def close_conflicts(session: MemorySession, cells: Sequence[tuple[UUID, str, str | None]]) -> None:
    hub = session.store.hub
    for link_id, name, winner in cells:
        for row in session.find(hub.conflict, hub.conflict_open, (link_id, name)):
            changed = {"status": SETTLED, "winner": winner, "updated_at": session.now()}
            session.put(hub.conflict, row["id"], {**row, **changed})


@conflicts.open_of_links.register(MemorySession)
def open_of_links(
    session: MemorySession, link_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], ConflictRecord]:
    wanted = set(link_ids)
    return {
        (row["link_id"], row["field"]): _record(row)
        for row in session.scan(session.store.hub.conflict)
        if row["status"] == OPEN and row["link_id"] in wanted
    }


@conflicts.load_conflict.register(MemorySession)
def load_conflict(
    session: MemorySession, conflict_id: UUID, *, lock: bool = False
) -> ConflictRecord:
    table = session.store.hub.conflict
    row = session.lock(table, conflict_id) if lock else session.get(table, conflict_id)
    if row is None:
        raise NotFound(f"there is no conflict {conflict_id}. `hub sync conflicts` lists them.")
    return _record(row)


@conflicts.list_conflicts.register(MemorySession)
def list_conflicts(
    session: MemorySession, *, status: str | None = None, limit: int = 100
) -> list[ConflictRecord]:
    found = [
        row
        for row in session.scan(session.store.hub.conflict)
        if status is None or row["status"] == status
    ]
    found.sort(key=lambda row: row["created_at"], reverse=True)
    return [_record(row) for row in found[:limit]]


@conflicts.resolve.register(MemorySession)
def resolve(session: MemorySession, conflict_id: UUID, winner: str, by: str) -> None:
    table = session.store.hub.conflict
    row = session.lock(table, conflict_id)
    if row is not None:
        changed = {
            "status": RESOLVED,
            "winner": winner,
            "resolved_by": by,
            "updated_at": session.now(),
        }
        session.put(table, conflict_id, {**row, **changed})


def _record(row: Row) -> ConflictRecord:
    return ConflictRecord(**{name: row[name] for name in _PARTS})
