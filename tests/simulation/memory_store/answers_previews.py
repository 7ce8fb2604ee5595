"""How does the memory store answer the questions of `hub.store.previews`?

Nobody previews in a world of the simulation: there is nothing to carry out.
"""

from __future__ import annotations

from uuid import UUID

from simulation.memory_store.session import MemorySession

from hub.store import previews


@previews.approved_previews.register(MemorySession)
def approved_previews(session: MemorySession, connection: str) -> list[UUID]:
    found = [
        row
        for row in session.scan(session.store.hub.preview)
        if row["connection"] == connection and row["status"] == previews.APPROVED
    ]
    return [row["id"] for row in sorted(found, key=lambda row: row["decided_at"])]
