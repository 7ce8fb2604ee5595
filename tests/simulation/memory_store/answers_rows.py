"""How does the memory store answer the questions of `hub.store.rows` and of the provenance?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from simulation.memory_store import business
from simulation.memory_store.session import MemorySession

from hub.core.values import Value
from hub.store import rows
from hub.store.database import Provenance, set_provenance
from hub.store.rows import Row
from hub.store.tables import TABLES, hub_columns


@set_provenance.register(MemorySession)
def keep_provenance(session: MemorySession, provenance: Provenance) -> None:
    session.provenance = provenance


@rows.load_rows.register(MemorySession)
def load_rows(
    session: MemorySession, table_name: str, row_ids: Sequence[UUID], *, lock: bool = False
) -> dict[UUID, Row]:
    table = session.store.business[table_name].table
    loaded: dict[UUID, Row] = {}
    for row_id in sorted(set(row_ids)):
        found = session.get(table, row_id)
        if found is not None and lock:
            found = session.lock(table, row_id)
        if found is not None:
            loaded[row_id] = found["shown"]
    return loaded


@rows.insert_rows.register(MemorySession)
def insert_rows(
    session: MemorySession, table_name: str, rows: Mapping[UUID, Mapping[str, Value]]
) -> None:
    columns = hub_columns(table_name)
    named = sorted({name for values in rows.values() for name in values})
    for name in named:
        if name not in columns:
            raise AssertionError(f"{table_name} has no editable column {name}")
    if not rows:
        return
    filled = {
        row_id: {name: values.get(name, columns[name].default) for name in named}
        for row_id, values in rows.items()
    }
    business.insert_rows(session, table_name, filled)


@rows.update_rows.register(MemorySession)
def update_rows(
    session: MemorySession, table_name: str, rows: Mapping[UUID, Mapping[str, Any]]
) -> None:
    table = TABLES[table_name]
    for values in rows.values():
        for name in values:
            if name not in table.columns or name == "id":
                raise AssertionError(f"{table_name} has no column {name} to update")
    if rows:
        business.update_rows(session, table_name, rows)


@rows.live_unlinked_rows.register(MemorySession)
def live_unlinked_rows(
    session: MemorySession,
    table_name: str,
    connection: str,
    stream: str,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[UUID]:
    hub = session.store.hub
    found = sorted(
        row["shown"].id
        for row in session.scan(session.store.business[table_name].table)
        if row["shown"].deleted_at is None
        and not session.count(hub.record_link, hub.link_row, (connection, stream, row["shown"].id))
    )
    return [row_id for row_id in found if after is None or row_id > after][:limit]
