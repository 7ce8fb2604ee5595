"""How does the memory store answer the questions of `hub.store.links`?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.links import HELD, LIVE, PAUSED, TOMBSTONE, Frozen, Link
from hub.store import links

STATES = (LIVE, HELD, "left_scope", TOMBSTONE)


def link_of(session: MemorySession, row: Row) -> Link:
    """A stored link with its frozen cells."""
    hub = session.store.hub
    cells = session.find(hub.frozen_cell, hub.frozen_link, row["id"])
    link: Link = row["link"]
    if not cells and not row["paused"]:
        return link
    return replace(link, frozen={cell["field"]: cell["cell"] for cell in cells} | _paused(row))


def _paused(row: Row) -> dict[str, Frozen]:
    shadow = row["link"].shadow
    return {
        name: Frozen(
            field=name,
            reason=PAUSED,
            incoming=shadow[name].remote if name in shadow else None,
            detail=f"paused by {who['by']}, {who['at'][:16].replace('T', ' ')} UTC",
        )
        for name, who in (row["paused"] or {}).items()
    }


def _found(session: MemorySession, row: Row, *, lock: bool) -> Row:
    return session.lock(session.store.hub.record_link, row["id"]) or row if lock else row


@links.links_of_records.register(MemorySession)
def links_of_records(
    session: MemorySession,
    connection: str,
    stream: str,
    external_ids: Sequence[str],
    *,
    lock: bool = False,
) -> dict[str, Link]:
    hub = session.store.hub
    found = [
        row
        for name in set(external_ids)
        for row in session.find(hub.record_link, hub.link_external, (connection, stream, name))
    ]
    found.sort(key=_id)
    taken = [_found(session, row, lock=lock) for row in found]
    return {row["external_id"]: link_of(session, row) for row in taken}


@links.links_of_rows.register(MemorySession)
def links_of_rows(
    session: MemorySession,
    connection: str,
    stream: str,
    row_ids: Iterable[UUID],
    *,
    lock: bool = False,
) -> dict[UUID, Link]:
    hub = session.store.hub
    found = [
        row
        for row_id in set(row_ids)
        for row in session.find(hub.record_link, hub.link_row, (connection, stream, row_id))
    ]
    found.sort(key=_id)
    taken = [_found(session, row, lock=lock) for row in found]
    return {row["row_id"]: link_of(session, row) for row in taken if row["state"] != TOMBSTONE}


def _id(row: Row) -> UUID:
    found: UUID = row["id"]
    return found


@links.save_links.register(MemorySession)
def save_links(
    session: MemorySession, connection: str, stream: str, table_name: str, links: Sequence[Link]
) -> None:
    table = session.store.hub.record_link
    session.refuse_twice(link.id for link in links)
    for link in links:
        before = session.lock(table, link.id)
        now = session.now()
        if before is None:
            before = {
                **blank("record_link"),
                "id": link.id,
                "connection": connection,
                "stream": stream,
                "table_name": table_name,
                "created_at": now,
            }
        session.put(
            table,
            link.id,
            {
                **before,
                "external_id": link.external_id,
                "row_id": link.row_id,
                "state": link.state,
                "link": replace(link, shadow=dict(link.shadow), frozen={}),
                "deleted_at": (before["deleted_at"] or now) if link.state == TOMBSTONE else None,
            },
        )


@links.external_ids_of.register(MemorySession)
def external_ids_of(
    session: MemorySession, connection: str, wanted: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], str]:
    hub = session.store.hub
    resolved: dict[tuple[str, str], str] = {}
    for stream, ids in wanted.items():
        for row_id in set(ids):
            row = session.one(hub.record_link, hub.link_row, (connection, stream, UUID(row_id)))
            if row is not None and row["state"] == LIVE:
                resolved[stream, str(row["row_id"])] = row["external_id"]
    return resolved


@links.row_ids_of.register(MemorySession)
def row_ids_of(
    session: MemorySession, connection: str, wanted: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], str]:
    hub = session.store.hub
    resolved: dict[tuple[str, str], str] = {}
    for stream, ids in wanted.items():
        for name in set(ids):
            row = session.one(hub.record_link, hub.link_external, (connection, stream, name))
            if row is not None and row["state"] == LIVE:
                resolved[stream, name] = str(row["row_id"])
    return resolved


@links.count_live.register(MemorySession)
def count_live(session: MemorySession, connection: str, stream: str) -> int:
    hub = session.store.hub
    return session.count(hub.record_link, hub.link_state, (connection, stream, LIVE))


@links.deleted_lately.register(MemorySession)
def deleted_lately(session: MemorySession, connection: str, stream: str, minutes: int) -> int:
    hub = session.store.hub
    since = session.now() - timedelta(minutes=minutes)
    found = session.find(hub.record_link, hub.link_state, (connection, stream, TOMBSTONE))
    return sum(1 for row in found if row["deleted_at"] > since)


def standing(session: MemorySession, connection: str, stream: str) -> list[Row]:
    """The stream's links that are no tombstones."""
    hub = session.store.hub
    return [
        row
        for state in STATES[:-1]
        for row in session.find(hub.record_link, hub.link_state, (connection, stream, state))
    ]


@links.live_external_ids.register(MemorySession)
def live_external_ids(session: MemorySession, connection: str, stream: str) -> set[str]:
    return {row["external_id"] for row in standing(session, connection, stream)}


@links.each_live_external_id.register(MemorySession)
def each_live_external_id(session: MemorySession, connection: str, stream: str) -> Iterator[str]:
    for row in standing(session, connection, stream):
        yield row["external_id"]


@links.a_live_witness.register(MemorySession)
def a_live_witness(
    session: MemorySession, connection: str, stream: str, not_of: Sequence[str]
) -> str | None:
    hub, excluded = session.store.hub, set(not_of)
    found = session.find(hub.record_link, hub.link_state, (connection, stream, LIVE))
    known = [row for row in found if row["external_id"] not in excluded]
    return max(known, key=_id)["external_id"] if known else None


@links.table_of.register(MemorySession)
def table_of(session: MemorySession, link_id: UUID) -> str:
    row = session.get(session.store.hub.record_link, link_id)
    if row is None:
        raise AssertionError(f"there is no link {link_id}")
    table: str = row["table_name"]
    return table
