"""How does the memory store answer the questions of `hub.store.ledger`?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date

from simulation.memory_store.session import MemorySession

from hub.core.calls import Purpose
from hub.store import ledger
from hub.store.ledger import Spent


@ledger.note_calls.register(MemorySession)
def note_calls(
    session: MemorySession, connection: str, calls: Mapping[tuple[str | None, Purpose], int]
) -> None:
    table, day = session.store.hub.spent_call, session.now().astimezone(UTC).date()
    for (stream, purpose), count in sorted(calls.items(), key=lambda i: (i[0][0] or "", i[0][1])):
        key = (connection, day, stream or "", purpose.value)
        before = session.lock(table, key)
        row = {
            "connection": connection,
            "day": day,
            "stream": stream or "",
            "purpose": purpose.value,
            "calls": count + (before["calls"] if before is not None else 0),
        }
        session.put(table, key, row)


@ledger.calls_since.register(MemorySession)
def calls_since(
    session: MemorySession, day: date, connection: str | None = None
) -> tuple[Spent, ...]:
    found = [
        row
        for row in session.scan(session.store.hub.spent_call)
        if row["day"] >= day and connection in (None, row["connection"])
    ]
    found.sort(key=lambda row: (row["day"], row["connection"], row["stream"], row["purpose"]))
    return tuple(
        Spent(
            day=row["day"],
            connection=row["connection"],
            stream=row["stream"] or None,
            purpose=Purpose(row["purpose"]),
            calls=row["calls"],
        )
        for row in found
    )


@ledger.forget_calls.register(MemorySession)
def forget_calls(session: MemorySession, *, before: date) -> None:
    table = session.store.hub.spent_call
    for row in session.scan(table):
        if row["day"] < before:
            key = (row["connection"], row["day"], row["stream"], row["purpose"])
            session.drop(table, key)
