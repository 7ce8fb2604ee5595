"""How does the memory store answer the questions of `hub.store.divergences`?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from simulation.memory_store.answers_change_log import find_captured, tick_of, unseen
from simulation.memory_store.answers_links import standing
from simulation.memory_store.answers_rows import live_unlinked_rows
from simulation.memory_store.change_log import MemoryTick
from simulation.memory_store.session import MemorySession

from hub.errors import TickUnknown
from hub.store import divergences
from hub.store.divergences import Asked, CellChange, StreamFacts, name_column


@divergences.stream_facts.register(MemorySession)
def stream_facts(session: MemorySession, connection: str, stream: str) -> StreamFacts | None:
    row = session.get(session.store.hub.stream_state, (connection, stream))
    if row is None:
        return None
    return StreamFacts(
        push_tick=row["push_tick"],
        is_paused=row["is_paused"],
        hold_reason=row["hold_reason"],
        is_backfilled=row["backfilled_at"] is not None,
        failing_since=row["failing_since"],
        error_message=row["error_message"],
    )


@divergences.linked_rows.register(MemorySession)
def linked_rows(
    session: MemorySession, connection: str, stream: str, *, after: UUID | None, limit: int
) -> list[UUID]:
    found = sorted(row["row_id"] for row in standing(session, connection, stream))
    return [row_id for row_id in found if after is None or row_id > after][:limit]


@divergences.unlinked_rows.register(MemorySession)
def unlinked_rows(
    session: MemorySession,
    table_name: str,
    connection: str,
    stream: str,
    *,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    return live_unlinked_rows(session, table_name, connection, stream, after=after, limit=limit)


def _last_sent(session: MemorySession, sent_until: int | None) -> MemoryTick | None:
    try:
        return tick_of(session, sent_until) if sent_until is not None else None
    except TickUnknown:
        return None


@divergences.newest_changes.register(MemorySession)
def newest_changes(
    session: MemorySession, table_name: str, row_ids: Iterable[UUID], *, sent_until: int | None
) -> dict[UUID, dict[str, CellChange]]:
    find_captured(session, [table_name])
    sent = _last_sent(session, sent_until)
    found: dict[UUID, dict[str, CellChange]] = {}
    for row_id in row_ids:
        for change in session.store.changes.of_row(session, table_name, row_id):
            newest = CellChange(
                id=change.id,
                actor=change.actor,
                at=change.at,
                is_unsent=sent is None or not sent.sees(change.tx),
            )
            found.setdefault(row_id, {}).update(dict.fromkeys(change.columns, newest))
    return found


@divergences.unsent_rows.register(MemorySession)
def unsent_rows(session: MemorySession, table_name: str, sent_until: int | None) -> list[UUID]:
    find_captured(session, [table_name])
    known = _last_sent(session, sent_until)
    found = unseen(session, None if known is None else known.tick.id)
    return list(dict.fromkeys(change.row_id for change in found if change.table == table_name))


@divergences.asked_again.register(MemorySession)
def asked_again(
    session: MemorySession, connection: str, stream: str, row_ids: Iterable[UUID]
) -> dict[UUID, Asked]:
    table = session.store.hub.recheck
    found = {row_id: session.get(table, (connection, stream, row_id)) for row_id in row_ids}
    return {
        row_id: Asked(since=row["since"], reason=row["reason"])
        for row_id, row in found.items()
        if row is not None
    }


@divergences.frozen_since.register(MemorySession)
def frozen_since(
    session: MemorySession, link_ids: Iterable[UUID]
) -> dict[tuple[UUID, str], datetime]:
    hub = session.store.hub
    return {
        (link_id, cell["field"]): cell["since"]
        for link_id in link_ids
        for cell in session.find(hub.frozen_cell, hub.frozen_link, link_id)
    }


@divergences.open_conflicts.register(MemorySession)
def open_conflicts(
    session: MemorySession, link_ids: Iterable[UUID]
) -> dict[tuple[UUID, str], UUID]:
    wanted = set(link_ids)
    return {
        (row["link_id"], row["field"]): row["id"]
        for row in session.scan(session.store.hub.conflict)
        if row["status"] == "open" and row["link_id"] in wanted
    }


@divergences.row_names.register(MemorySession)
def row_names(session: MemorySession, table_name: str, row_ids: Sequence[UUID]) -> dict[UUID, str]:
    column = name_column(table_name)
    table = session.store.business[table_name].table
    if column is None:
        return {}
    found = {row_id: session.get(table, row_id) for row_id in row_ids}
    return {
        row_id: str(row["raw"][column])
        for row_id, row in found.items()
        if row is not None and row["raw"][column]
    }


@divergences.rows_named.register(MemorySession)
def rows_named(session: MemorySession, table_name: str, name: str) -> list[UUID]:
    column = name_column(table_name)
    if column is None:
        return []
    found = [
        row["shown"]
        for row in session.scan(session.store.business[table_name].table)
        if str(row["raw"][column] or "").lower() == name.lower()
    ]
    found.sort(key=lambda row: (row.deleted_at is not None, row.deleted_at, row.id))
    return [row.id for row in found[:20]]
