"""How does the memory store answer the questions of `hub.store.notes`?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.links import HELD, LIVE
from hub.core.notes import StillCell
from hub.store import notes
from hub.store.notes import PATIENCE_MINUTES, DueNote

_WAITING = {"parked", "held"}


@notes.due_notes.register(MemorySession)
def due_notes(
    session: MemorySession, connection: str, streams: Sequence[str], *, limit: int
) -> list[DueNote]:
    hub = session.store.hub
    due = []
    for stream in streams:
        for state in (LIVE, HELD):
            here = (connection, stream, state)
            for row in session.find(hub.record_link, hub.link_state, here):
                cells = _still_cells(session, row)
                basis = _basis(cells)
                if basis != row["note"]:
                    due.append(
                        DueNote(
                            link_id=row["id"],
                            stream=stream,
                            external_id=row["external_id"],
                            basis=basis,
                            cells=cells,
                        )
                    )
    return sorted(due, key=lambda note: note.link_id)[:limit]


def _still_cells(session: MemorySession, row: Row) -> tuple[StillCell, ...]:
    hub = session.store.hub
    long_ago = session.now() - timedelta(minutes=PATIENCE_MINUTES)
    found = [
        cell
        for cell in session.find(hub.frozen_cell, hub.frozen_link, row["id"])
        if cell["reason"] not in _WAITING or cell["since"] < long_ago
    ]
    still = []
    for cell in sorted(found, key=lambda cell: cell["field"]):
        key = (row["id"], cell["field"])
        open_one = session.one(hub.conflict, hub.conflict_open, key) or {}
        still.append(
            StillCell(
                field=cell["field"],
                reason=cell["reason"],
                detail=cell["detail"],
                parked_stream=cell["parked_stream"],
                theirs=open_one.get("theirs"),
                ours=open_one.get("ours"),
                their_actor=open_one.get("their_actor"),
                our_actor=open_one.get("our_actor"),
            )
        )
    return tuple(still)


def _basis(cells: Sequence[StillCell]) -> str | None:
    return hashlib.sha256(repr(cells).encode()).hexdigest() if cells else None


@notes.note_written.register(MemorySession)
def note_written(session: MemorySession, written: Mapping[UUID, str | None]) -> None:
    table = session.store.hub.record_link
    for link_id, basis in written.items():
        row = session.lock(table, link_id)
        if row is not None:
            session.put(table, link_id, {**row, "note": basis})
