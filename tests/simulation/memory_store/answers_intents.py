"""How does the memory store answer the questions of `hub.store.intents`?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.values import Value
from hub.store import intents
from hub.store.entities.base import new_id
from hub.store.intents import Intent


@intents.open_intents.register(MemorySession)
def open_intents(
    session: MemorySession,
    connection: str,
    stream: str,
    intents: Sequence[Intent],
    *,
    fence: int,
    run_id: UUID,
) -> list[UUID]:
    ids = [new_id() for _ in intents]
    for intent_id, intent in zip(ids, intents, strict=True):
        session.insert(
            session.store.hub.write_intent,
            intent_id,
            {
                **blank("write_intent"),
                "id": intent_id,
                "connection": connection,
                "stream": stream,
                "row_id": intent.row_id,
                "external_id": intent.external_id,
                "operation": intent.operation,
                "field": intent.field,
                "believed": intent.believed,
                "sent": intent.sent,
                "fence": fence,
                "run_id": run_id,
                "created_at": session.now(),
                "closed_at": None,
                "outcome": None,
            },
        )
    return ids


@intents.note_outcome.register(MemorySession)
def note_outcome(
    session: MemorySession, ids: Sequence[UUID], outcome: str, *, is_closed: bool
) -> None:
    table = session.store.hub.write_intent
    for intent_id in sorted(set(ids)):
        row = session.lock(table, intent_id)
        if row is not None:
            closed_at = session.now() if is_closed else row["closed_at"]
            session.put(table, intent_id, {**row, "outcome": outcome, "closed_at": closed_at})


@intents.note_made.register(MemorySession)
def note_made(session: MemorySession, made: Mapping[UUID, Value]) -> None:
    table = session.store.hub.write_intent
    for intent_id in sorted(made):
        row = session.lock(table, intent_id)
        if row is not None:
            session.put(table, intent_id, {**row, "sent": made[intent_id]})


def _unanswered(
    session: MemorySession, connection: str, stream: str, row_ids: Sequence[UUID]
) -> Iterator[Row]:
    hub = session.store.hub
    for row_id in dict.fromkeys(row_ids):
        key = (connection, stream, row_id)
        for row in session.find(hub.write_intent, hub.intent_open_row, key):
            if row["outcome"] is None:
                yield row


@intents.unanswered_creates.register(MemorySession)
def unanswered_creates(
    session: MemorySession, connection: str, stream: str, row_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Value]]:
    found = [
        row
        for row in _unanswered(session, connection, stream, row_ids)
        if row["operation"] == "create"
    ]
    sent: dict[UUID, dict[str, Value]] = {}
    for row in sorted(found, key=_age):
        sent.setdefault(row["row_id"], {})[row["field"]] = row["sent"]
    return sent


def _age(row: Row) -> tuple[object, object]:
    return row["created_at"], row["id"]


@intents.unanswered_rows.register(MemorySession)
def unanswered_rows(session: MemorySession, connection: str, stream: str) -> set[UUID]:
    return {
        row["row_id"]
        for row in session.scan(session.store.hub.write_intent)
        if (row["connection"], row["stream"]) == (connection, stream)
        and row["outcome"] is None
        and row["closed_at"] is None
    }


def _settle(session: MemorySession, row: Row, outcome: str) -> None:
    stays_open = row["operation"] == "update" or outcome == "not_there"
    closed_at = row["closed_at"] if stays_open else session.now()
    session.put(
        session.store.hub.write_intent,
        row["id"],
        {**row, "outcome": outcome, "closed_at": closed_at},
    )


@intents.close_unanswered.register(MemorySession)
def close_unanswered(
    session: MemorySession, connection: str, stream: str, row_ids: Sequence[UUID], outcome: str
) -> None:
    for row in list(_unanswered(session, connection, stream, row_ids)):
        _settle(session, row, outcome)


@intents.note_superseded.register(MemorySession)
def note_superseded(
    session: MemorySession, connection: str, stream: str, row_ids: Sequence[UUID]
) -> None:
    for row in list(_unanswered(session, connection, stream, row_ids)):
        if row["operation"] != "create":
            _settle(session, row, "superseded")


@intents.deleted_by_us.register(MemorySession)
def deleted_by_us(
    session: MemorySession, connection: str, stream: str, external_ids: Sequence[str]
) -> list[str]:
    hub = session.store.hub
    return sorted(
        name
        for name in set(external_ids)
        if session.count(hub.write_intent, hub.intent_delete, (connection, stream, name))
    )


@intents.awaiting_echo.register(MemorySession)
def awaiting_echo(
    session: MemorySession, connection: str, stream: str, external_ids: Sequence[str]
) -> dict[tuple[str, str], list[Intent]]:
    hub = session.store.hub
    found = [
        row
        for name in set(external_ids)
        for row in session.find(
            hub.write_intent, hub.intent_open_record, (connection, stream, name)
        )
        if row["operation"] == "update"
    ]
    for name in sorted(set(external_ids)):
        link = session.one(hub.record_link, hub.link_external, (connection, stream, name))
        key = (connection, stream, link["row_id"]) if link is not None else None
        for row in session.find(hub.write_intent, hub.intent_open_row, key) if key else ():
            if row["operation"] == "create" and row["outcome"] == "not_there":
                found.append({**row, "external_id": name})
    waiting: dict[tuple[str, str], list[Intent]] = {}
    for row in sorted(found, key=_age):
        waiting.setdefault((row["external_id"], row["field"]), []).append(_intent(row))
    return waiting


def _intent(row: Row) -> Intent:
    return Intent(
        id=row["id"],
        row_id=row["row_id"],
        external_id=row["external_id"],
        operation=row["operation"],
        field=row["field"],
        believed=row["believed"],
        sent=row["sent"],
        created_at=row["created_at"],
        outcome=row["outcome"],
    )


@intents.close_rested.register(MemorySession)
def close_rested(session: MemorySession, connection: str | None, minutes: int) -> int:
    table, now = session.store.hub.write_intent, session.now()
    before = now - timedelta(minutes=minutes)
    closed = 0
    for row in session.scan(table):
        if row["closed_at"] is not None or row["outcome"] is None:
            continue
        is_due = (
            row["created_at"] < before if connection is None else (row["connection"] == connection)
        )
        if is_due:
            session.put(table, row["id"], {**row, "closed_at": now})
            closed += 1
    return closed


@intents.forget_old.register(MemorySession)
def forget_old(session: MemorySession, days: int) -> int:
    table = session.store.hub.write_intent
    before = session.now() - timedelta(days=days)
    old = [
        row["id"]
        for row in session.scan(table)
        if row["created_at"] < before and row["outcome"] is not None
    ]
    for intent_id in old:
        session.drop(table, intent_id)
    return len(old)
