"""How does the memory store answer what calls were spent, and how eagerly to go on?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from simulation.memory_store.session import MemorySession

from hub.core.budget import Level
from hub.core.calls import Purpose
from hub.core.pace import Profile
from hub.store import ledger, paces


@ledger.note_calls.register(MemorySession)
def note_calls(
    session: MemorySession, connection: str, calls: Mapping[tuple[str | None, Purpose], int]
) -> None:
    table = session.store.hub.spent_call
    day = session.now().astimezone(UTC).date()
    for (stream, purpose), count in sorted(
        calls.items(), key=lambda item: (item[0][0] or "", item[0][1])
    ):
        key = (connection, day, stream or "", purpose.value)
        row = session.lock(table, key)
        before = row["calls"] if row is not None else 0
        named = dict(zip(("connection", "day", "stream", "purpose"), key, strict=True))
        session.put(table, key, {**named, "calls": before + count})


@ledger.calls_since.register(MemorySession)
def calls_since(
    session: MemorySession, day: date, connection: str | None = None
) -> tuple[ledger.Spent, ...]:
    found = [
        row
        for row in session.scan(session.store.hub.spent_call)
        if row["day"] >= day and connection in (None, row["connection"])
    ]
    found.sort(key=lambda row: (row["day"], row["connection"], row["stream"], row["purpose"]))
    return tuple(
        ledger.Spent(
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
            session.drop(table, (row["connection"], row["day"], row["stream"], row["purpose"]))


@paces.all_paces.register(MemorySession)
def all_paces(session: MemorySession) -> Mapping[str, paces.Pace]:
    now = session.now()
    return {
        row["connection"]: paces.Pace(
            profile=Profile(row["profile"]),
            level=Level(row["level"]),
            window_seconds=row["window_seconds"],
            reason=row["reason"],
            calls_per_month=row.get("calls_per_month"),
            held_until=row["held_until"],
            is_held=row["held_until"] is not None and row["held_until"] > now,
            changed_at=row["changed_at"],
        )
        for row in session.scan(session.store.hub.pace)
    }


@paces.pace_of.register(MemorySession)
def pace_of(session: MemorySession, connection: str) -> paces.Pace | None:
    return all_paces(session).get(connection)


@paces.save_pace.register(MemorySession)
def save_pace(
    session: MemorySession,
    connection: str,
    *,
    profile: Profile,
    level: Level,
    window_seconds: int,
    reason: str,
    calls_per_month: int | None = None,
    held_until: datetime | None = None,
) -> None:
    table = session.store.hub.pace
    before = session.lock(table, connection)
    keeps = before is not None and before["level"] == level.value
    row = {
        "connection": connection,
        "profile": profile.value,
        "level": level.value,
        "window_seconds": window_seconds,
        "reason": reason,
        "calls_per_month": calls_per_month,
        "held_until": held_until,
        "changed_at": before["changed_at"] if before is not None and keeps else session.now(),
    }
    session.put(table, connection, row)


@paces.refuse.register(MemorySession)
def refuse(session: MemorySession, connection: str, reason: str, held_until: datetime) -> None:
    table = session.store.hub.pace
    before = session.lock(table, connection) or {
        "connection": connection,
        "profile": "live",
        "window_seconds": 0,
    }
    changed = {"level": "refused", "reason": reason, "held_until": held_until}
    session.put(table, connection, {**before, **changed, "changed_at": session.now()})


@paces.release.register(MemorySession)
def release(session: MemorySession, connection: str) -> bool:
    table = session.store.hub.pace
    before = session.lock(table, connection)
    if before is None or before["held_until"] is None or before["held_until"] <= session.now():
        return False
    changed = {"level": "full", "held_until": None, "reason": "a person let it go on"}
    session.put(table, connection, {**before, **changed, "changed_at": session.now()})
    return True


@paces.changing_rows.register(MemorySession)
def changing_rows(
    session: MemorySession,
    connection: str,
    stream: str,
    table: str,
    row_ids: Sequence[UUID],
    *,
    quiet: timedelta,
    longest: timedelta,
) -> set[UUID]:
    hub, now = session.store.hub, session.now()
    found = set()
    for row_id in row_ids:
        was_sent = any(
            intent["connection"] == connection
            and intent["stream"] == stream
            and intent["operation"] == "update"
            and intent["created_at"] > now - longest
            for intent in session.find(hub.write_intent, hub.intent_row, row_id)
        )
        log = session.store.changes.of_row(session, table, row_id)
        if was_sent and log and log[-1].at > now - quiet:
            found.add(row_id)
    return found
