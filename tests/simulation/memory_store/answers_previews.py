"""How does the memory store answer the questions of `hub.store.previews`?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.errors import NotFound
from hub.store import previews
from hub.store.entities.base import new_id
from hub.store.previews import APPLIED, APPROVED, ASKED, FAILED, READY, REFUSED, KeptPreview


@previews.ask_preview.register(MemorySession)
def ask_preview(
    session: MemorySession, connection: str, stream: str, direction: str, by: str
) -> UUID:
    hub, now = session.store.hub, session.now()
    preview_id, run_id = new_id(), new_id()
    place = {"connection": connection, "stream": stream}
    run = {"id": run_id, "kind": "preview", "trigger": by, "status": "waiting", "started_at": now}
    session.insert(hub.run, run_id, {**blank("run"), **place, **run})
    asked = {
        "id": preview_id,
        "direction": direction,
        "status": ASKED,
        "run_id": run_id,
        "asked_by": by,
        "created_at": now,
    }
    session.insert(hub.preview, preview_id, {**blank("preview"), **place, **asked})
    return preview_id


def _run_of(session: MemorySession, preview: Row, patience_seconds: float) -> Row | None:
    """The run of an asked preview that no worker is at."""
    run = session.get(session.store.hub.run, preview["run_id"])
    if preview["status"] != ASKED or run is None:
        return None
    late = session.now() - timedelta(seconds=patience_seconds)
    return run if run["status"] == "waiting" or run["started_at"] < late else None


@previews.claim_preview.register(MemorySession)
def claim_preview(session: MemorySession, preview_id: UUID, *, patience_seconds: float) -> bool:
    hub = session.store.hub
    preview = session.get(hub.preview, preview_id)
    if preview is None or _run_of(session, preview, patience_seconds) is None:
        return False
    session.lock(hub.run, preview["run_id"])
    run = _run_of(session, preview, patience_seconds)
    if run is None:
        return False
    session.put(hub.run, run["id"], {**run, "status": "running", "started_at": session.now()})
    return True


@previews.asked_previews.register(MemorySession)
def asked_previews(session: MemorySession, *, patience_seconds: float) -> list[UUID]:
    found = session.scan(session.store.hub.preview)
    found.sort(key=lambda row: row["created_at"])
    return [row["id"] for row in found if _run_of(session, row, patience_seconds) is not None]


def _set(session: MemorySession, preview_id: UUID, **values: Any) -> None:
    table = session.store.hub.preview
    row = session.lock(table, preview_id)
    if row is not None:
        session.put(table, preview_id, {**row, **values})


@previews.note_ready.register(MemorySession)
def note_ready(
    session: MemorySession,
    preview_id: UUID,
    diff: Mapping[str, Any],
    *,
    calls: int,
    seconds: float,
) -> None:
    kept = {"diff": diff, "calls": calls, "seconds": seconds}
    _set(session, preview_id, status=READY, made_at=session.now(), **kept)


@previews.note_failed.register(MemorySession)
def note_failed(session: MemorySession, preview_id: UUID, message: str) -> None:
    _set(session, preview_id, status=FAILED, message=message)


@previews.decide_preview.register(MemorySession)
def decide_preview(
    session: MemorySession, preview_id: UUID, *, approve: bool, by: str
) -> KeptPreview:
    before = load_preview(session, preview_id, lock=True)
    if before.status == READY:
        word = APPROVED if approve else REFUSED
        _set(session, preview_id, status=word, decided_by=by, decided_at=session.now())
    return before


@previews.approved_previews.register(MemorySession)
def approved_previews(session: MemorySession, connection: str) -> list[UUID]:
    found = [
        row
        for row in session.scan(session.store.hub.preview)
        if row["connection"] == connection and row["status"] == APPROVED
    ]
    return [row["id"] for row in sorted(found, key=lambda row: row["decided_at"])]


@previews.note_applied.register(MemorySession)
def note_applied(
    session: MemorySession,
    preview_id: UUID,
    *,
    run_id: UUID,
    left_out: Sequence[Mapping[str, Any]],
    message: str,
) -> None:
    done = {"run_id": run_id, "left_out": {"cells": list(left_out)}, "message": message}
    _set(session, preview_id, status=APPLIED, applied_at=session.now(), **done)


@previews.load_preview.register(MemorySession)
def load_preview(session: MemorySession, preview_id: UUID, *, lock: bool = False) -> KeptPreview:
    table = session.store.hub.preview
    row = session.lock(table, preview_id) if lock else session.get(table, preview_id)
    if row is None:
        raise NotFound(f"there is no preview {preview_id}. `hub sync previews` lists them.")
    return _kept(row)


@previews.list_previews.register(MemorySession)
def list_previews(session: MemorySession, *, limit: int = 50) -> list[KeptPreview]:
    found = session.scan(session.store.hub.preview)
    found.sort(key=lambda row: row["created_at"], reverse=True)
    return [_kept(row) for row in found[:limit]]


def _kept(row: Row) -> KeptPreview:
    return KeptPreview(**{name: row[name] for name in KeptPreview.__dataclass_fields__})


@previews.forget_previews.register(MemorySession)
def forget_previews(session: MemorySession, *, days: int) -> None:
    table, before = session.store.hub.preview, session.now() - timedelta(days=days)
    for row in session.scan(table):
        if row["created_at"] < before and row["status"] != APPROVED:
            session.drop(table, row["id"])
