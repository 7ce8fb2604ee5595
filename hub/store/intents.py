"""What were we about to write over what, and did we overwrite somebody's edit?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.values import Value
from hub.store.entities.base import new_id
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """One cell that is to be written; `field` is the hub column, empty for a delete."""

    row_id: UUID
    external_id: str | None
    operation: str
    field: str = ""
    believed: Value = None
    sent: Value = None
    id: UUID | None = None
    created_at: datetime | None = None
    outcome: str | None = None


@generic(Session)
def open_intents(
    session: Session,
    connection: str,
    stream: str,
    intents: Sequence[Intent],
    *,
    fence: int,
    run_id: UUID,
) -> list[UUID]:
    """Write down what is about to be sent; the ids in the order given."""
    ids = [new_id() for _ in intents]
    items = [
        {
            "id": str(intent_id),
            "row_id": str(intent.row_id),
            "external_id": intent.external_id,
            "operation": intent.operation,
            "field": intent.field,
            "believed": intent.believed,
            "sent": intent.sent,
        }
        for intent_id, intent in zip(ids, intents, strict=True)
    ]
    if items:
        session.execute(
            text(
                "insert into hub.write_intent (id, connection, stream, row_id, external_id,"
                " operation, field, believed, sent, fence, run_id)"
                " select id, :connection, :stream, row_id, external_id, operation, field,"
                "  believed, sent, :fence, :run"
                " from jsonb_to_recordset(cast(:items as jsonb)) as i(id uuid, row_id uuid,"
                "  external_id text, operation text, field text, believed jsonb, sent jsonb)"
            ),
            {
                "connection": connection,
                "stream": stream,
                "fence": fence,
                "run": run_id,
                "items": json.dumps(items),
            },
        )
    return ids


@generic(Session)
def note_outcome(session: Session, ids: Sequence[UUID], outcome: str, *, is_closed: bool) -> None:
    """Write down what became of intents; an answered one stays open until its echo is seen."""
    if not ids:
        return
    session.execute(
        text(
            "update hub.write_intent set outcome = :outcome,"
            " closed_at = case when :closed then clock_timestamp() else closed_at end"
            " where id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(intent) for intent in ids], "outcome": outcome, "closed": is_closed},
    )


@generic(Session)
def note_made(session: Session, made: Mapping[UUID, Value]) -> None:
    """Write down what the other side made of what was sent: its echo will say that.

    A new option goes by its name and comes back by its id; texts and numbers may be trimmed.
    """
    if not made:
        return
    items = [{"id": str(intent_id), "sent": value} for intent_id, value in made.items()]
    session.execute(
        text(
            "update hub.write_intent w set sent = i.sent"
            " from jsonb_to_recordset(cast(:items as jsonb)) as i(id uuid, sent jsonb)"
            " where w.id = i.id"
        ),
        {"items": json.dumps(items)},
    )


@generic(Session)
def unanswered_rows(session: Session, connection: str, stream: str) -> set[UUID]:
    """The rows of which something was sent, or about to be, without a known outcome."""
    found = session.execute(
        text(
            "select distinct row_id from hub.write_intent where connection = :connection"
            " and stream = :stream and outcome is null and closed_at is null"
        ),
        {"connection": connection, "stream": stream},
    )
    return set(found.scalars())


@generic(Session)
def unanswered_creates(
    session: Session, connection: str, stream: str, row_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Value]]:
    """What was sent, by column, for rows whose create has no known outcome."""
    if not row_ids:
        return {}
    found = session.execute(
        text(
            "select row_id, jsonb_object_agg(field, sent order by created_at)"
            " from hub.write_intent where connection = :connection and stream = :stream"
            " and row_id = any(cast(:ids as uuid[])) and operation = 'create'"
            " and outcome is null and closed_at is null group by row_id"
        ),
        {"connection": connection, "stream": stream, "ids": [str(row) for row in row_ids]},
    )
    return {UUID(str(row_id)): sent for row_id, sent in found}


@generic(Session)
def close_unanswered(
    session: Session, connection: str, stream: str, row_ids: Sequence[UUID], outcome: str
) -> None:
    """Close the intents of rows whose real state has been read since."""
    session.execute(
        text(
            "update hub.write_intent set outcome = :outcome,"
            # A create that is not there yet may still take effect, and then over newer values.
            " closed_at = case when operation = 'update' or cast(:outcome as text) = 'not_there'"
            "  then closed_at else clock_timestamp() end"
            " where connection = :connection and stream = :stream"
            " and row_id = any(cast(:ids as uuid[]))"
            " and outcome is null and closed_at is null"
        ),
        {
            "connection": connection,
            "stream": stream,
            "ids": [str(row) for row in row_ids],
            "outcome": outcome,
        },
    )


@generic(Session)
def note_superseded(
    session: Session, connection: str, stream: str, row_ids: Sequence[UUID]
) -> None:
    """Unanswered updates and deletes of rows that were compared and written anew since.

    Should one still take effect, its payload finds the update open.
    """
    if not row_ids:
        return
    session.execute(
        text(
            "update hub.write_intent set outcome = 'superseded',"
            " closed_at = case when operation = 'update' then closed_at"
            "  else clock_timestamp() end"
            " where connection = :connection and stream = :stream"
            " and row_id = any(cast(:ids as uuid[])) and operation <> 'create'"
            " and outcome is null and closed_at is null"
        ),
        {"connection": connection, "stream": stream, "ids": [str(row) for row in row_ids]},
    )


@generic(Session)
def deleted_by_us(
    session: Session, connection: str, stream: str, external_ids: Sequence[str]
) -> list[str]:
    """Those of these records that we asked to delete."""
    found = session.execute(
        text(
            "select distinct external_id from hub.write_intent"
            " where connection = :connection and stream = :stream"
            " and external_id = any(:ids) and operation = 'delete' order by external_id"
        ),
        {"connection": connection, "stream": stream, "ids": list(external_ids)},
    )
    return list(found.scalars())


@generic(Session)
def awaiting_echo(
    session: Session, connection: str, stream: str, external_ids: Sequence[str]
) -> dict[tuple[str, str], list[Intent]]:
    """Open updates by (external id, column), the oldest first.

    So are creates of the records' rows that were looked for in vain.
    """
    if not external_ids:
        return {}
    found = session.execute(
        text(
            "select id, row_id, external_id, operation, field, believed, sent, created_at,"
            " outcome from hub.write_intent where connection = :connection and stream = :stream"
            " and external_id = any(:ids) and operation = 'update' and closed_at is null"
            " union all select w.id, w.row_id, l.external_id, w.operation, w.field, w.believed,"
            " w.sent, w.created_at, w.outcome from hub.record_link l"
            " join hub.write_intent w on w.connection = l.connection and w.stream = l.stream"
            " and w.row_id = l.row_id where l.connection = :connection and l.stream = :stream"
            " and l.external_id = any(:ids) and w.operation = 'create'"
            " and w.outcome = 'not_there' and w.closed_at is null"
            " order by created_at, id"
        ),
        {"connection": connection, "stream": stream, "ids": list(external_ids)},
    )
    waiting: dict[tuple[str, str], list[Intent]] = {}
    for row in found:
        waiting.setdefault((row.external_id, row.field), []).append(_intent(row))
    return waiting


def _intent(row: Any) -> Intent:
    return Intent(
        id=UUID(str(row.id)),
        row_id=UUID(str(row.row_id)),
        external_id=row.external_id,
        operation=row.operation,
        field=row.field,
        believed=row.believed,
        sent=row.sent,
        outcome=row.outcome,
        created_at=row.created_at,
    )


@generic(Session)
def close_rested(session: Session, connection: str | None, minutes: int) -> int:
    """Close answered intents whose payload cannot come any more; how many.

    Without a connection those that are older than `minutes`; with one, all of them: its payload
    history is gone.
    """
    result = session.execute(
        text(
            "update hub.write_intent set closed_at = clock_timestamp()"
            " where closed_at is null and outcome is not null"
            " and case when cast(:connection as text) is null"
            "  then created_at < clock_timestamp() - make_interval(mins => :minutes)"
            "  else connection = :connection end"
        ),
        {"connection": connection, "minutes": minutes},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


@generic(Session)
def forget_old(session: Session, days: int) -> int:
    """Drop intents that no payload can speak of any more; how many."""
    result = session.execute(
        text(
            "delete from hub.write_intent"
            " where created_at < clock_timestamp() - make_interval(days => :days)"
            " and outcome is not null"
        ),
        {"days": days},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # a DELETE has one
