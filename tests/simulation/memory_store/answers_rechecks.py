"""How does the memory store answer the questions of `hub.store.rechecks`?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from simulation.memory_store.answers_change_log import changed_rows
from simulation.memory_store.session import MemorySession

from hub.core.links import Link
from hub.store import rechecks
from hub.store.rechecks import RowToCompare


@rechecks.rows_to_compare.register(MemorySession)
def rows_to_compare(
    session: MemorySession,
    connection: str,
    stream: str,
    table: str,
    *,
    after: int | None,
    until: int,
) -> Iterator[RowToCompare]:
    changed = changed_rows(session, table, after=after, until=until)
    asked = set(asked_rows(session, connection, stream))
    for row_id in changed:
        yield RowToCompare(row_id=row_id, is_changed=True, is_asked=row_id in asked)
    for row_id in sorted(asked.difference(changed)):
        yield RowToCompare(row_id=row_id, is_changed=False, is_asked=True)


def _ask(session: MemorySession, connection: str, stream: str, row_id: UUID, reason: str) -> None:
    row = {
        "connection": connection,
        "stream": stream,
        "row_id": row_id,
        "reason": reason,
        "since": session.now(),
    }
    session.put(session.store.hub.recheck, (connection, stream, row_id), row)


def ask_again(
    session: MemorySession, connection: str, rows: Iterable[tuple[str, UUID]], reason: str
) -> None:
    """Ask for rows of several streams; what was asked already keeps its reason."""
    for stream, row_id in sorted(rows):
        before = session.lock(session.store.hub.recheck, (connection, stream, row_id))
        _ask(session, connection, stream, row_id, before["reason"] if before else reason)


@rechecks.recheck.register(MemorySession)
def recheck(
    session: MemorySession, connection: str, stream: str, row_ids: Iterable[UUID], reason: str
) -> None:
    listed = list(row_ids)
    session.refuse_twice(listed)
    for row_id in listed:
        _ask(session, connection, stream, row_id, reason)


@rechecks.rechecks.register(MemorySession)
def asked_rows(
    session: MemorySession, connection: str, stream: str, row_ids: Sequence[UUID] | None = None
) -> dict[UUID, Any]:
    hub = session.store.hub
    found = session.find(hub.recheck, hub.recheck_stream, (connection, stream))
    wanted = None if row_ids is None else set(row_ids)
    return {
        row["row_id"]: row["since"] for row in found if wanted is None or row["row_id"] in wanted
    }


@rechecks.clear_rechecks.register(MemorySession)
def clear_rechecks(
    session: MemorySession, connection: str, stream: str, asked: Mapping[UUID, Any]
) -> None:
    table = session.store.hub.recheck
    for row_id, since in asked.items():
        key = (connection, stream, row_id)
        seen = session.get(table, key)
        if seen is not None and seen["since"] == since:
            latest = session.lock(table, key)
            if latest is not None and latest["since"] == since:
                session.drop(table, key)


@rechecks.unpark.register(MemorySession)
def unpark(session: MemorySession, connection: str, stream: str, arrived: Iterable[Link]) -> None:
    ids = {known for link in arrived for known in (link.external_id, str(link.row_id))}
    hub = session.store.hub
    waiting = {
        (link["stream"], link["row_id"])
        for name in ids
        for cell in session.find(hub.frozen_cell, hub.frozen_parked, (stream, name))
        if (link := session.get(hub.record_link, cell["link_id"])) is not None
        and link["connection"] == connection
    }
    ask_again(session, connection, waiting, "unparked")
