"""How does the memory store answer the questions of `hub.store.frozen_cells`?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from uuid import UUID

from simulation.memory_store.answers_rechecks import ask_again
from simulation.memory_store.refusals import no_such_row
from simulation.memory_store.session import MemorySession

from hub.core.links import Frozen, Link
from hub.core.merge import Pair
from hub.store import frozen_cells

_CELL = tuple(part.name for part in fields(Frozen))


@frozen_cells.freeze.register(MemorySession)
def freeze(session: MemorySession, cells: Sequence[tuple[UUID, Frozen]]) -> None:
    hub = session.store.hub
    session.refuse_twice((link_id, cell.field) for link_id, cell in cells)
    for link_id, cell in cells:
        if session.get(hub.record_link, link_id) is None:
            raise session.refuse(no_such_row("frozen_cell", "frozen_cell_link_id_fkey"))
        key = (link_id, cell.field)
        before = session.lock(hub.frozen_cell, key)
        since = before["since"] if before is not None else session.now()
        columns = {name: getattr(cell, name) for name in _CELL}
        row = {**columns, "link_id": link_id, "since": since, "cell": cell}
        session.put(hub.frozen_cell, key, row)


@frozen_cells.thaw.register(MemorySession)
def thaw(session: MemorySession, cells: Sequence[tuple[UUID, str]]) -> None:
    for cell in cells:
        session.drop(session.store.hub.frozen_cell, cell)


@frozen_cells.release_held.register(MemorySession)
def release_held(
    session: MemorySession, connection: str, stream: str, row_ids: Iterable[UUID], *, keeps: bool
) -> None:
    hub = session.store.hub
    ids = [str(row_id) for row_id in row_ids]
    freed: set[tuple[str, UUID]] = set()
    for row_id in ids:
        for cell in session.find(hub.frozen_cell, hub.frozen_parked, (stream, row_id)):
            row = session.get(hub.record_link, cell["link_id"])
            if cell["reason"] != "held" or row is None or row["connection"] != connection:
                continue
            if keeps:
                _clear_shadow(session, cell["link_id"], cell["field"], ids)
            session.drop(hub.frozen_cell, (cell["link_id"], cell["field"]))
            freed.add((row["stream"], row["row_id"]))
    ask_again(session, connection, freed, "decided")


def _clear_shadow(session: MemorySession, link_id: UUID, field: str, lost: Sequence[str]) -> None:
    table = session.store.hub.record_link
    row = session.lock(table, link_id)
    assert row is not None
    link: Link = row["link"]
    pair = link.shadow.get(field)
    cleared = Pair(hub=None, remote=None)
    if pair is not None and isinstance(pair.hub, list):
        kept = [item for item in pair.hub if item not in lost]
        cleared = Pair(hub=kept or None, remote=pair.remote)
    session.put(
        table, link_id, {**row, "link": replace(link, shadow={**link.shadow, field: cleared})}
    )
