"""Where did both sides change one field differently, and whose value stands?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.values import Value
from hub.errors import NotFound
from hub.store.generic import generic

OPEN, SETTLED, RESOLVED = "open", "settled", "resolved"


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictRecord:
    """All three values of a cell, in hub form, and who made them."""

    link_id: UUID
    row_id: UUID
    external_id: str
    field: str
    base: Value
    theirs: Value
    ours: Value
    their_actor: str | None
    their_edited_at: datetime | None
    our_actor: str | None
    our_edited_at: datetime | None
    cause: str
    policy: str
    winner: str | None
    status: str
    connection: str = ""
    stream: str = ""
    table_name: str = ""
    id: UUID | None = None


@generic(Session)
def record_conflicts(
    session: Session,
    connection: str,
    stream: str,
    table_name: str,
    conflicts: Sequence[ConflictRecord],
) -> None:
    """Keep conflicts; an open one of the same cell is updated."""
    if not conflicts:
        return
    items = [
        {
            "link_id": str(c.link_id),
            "row_id": str(c.row_id),
            "external_id": c.external_id,
            "field": c.field,
            "base": c.base,
            "theirs": c.theirs,
            "ours": c.ours,
            "their_actor": c.their_actor,
            "their_edited_at": c.their_edited_at.isoformat() if c.their_edited_at else None,
            "our_actor": c.our_actor,
            "our_edited_at": c.our_edited_at.isoformat() if c.our_edited_at else None,
            "cause": c.cause,
            "policy": c.policy,
            "winner": c.winner,
            "status": c.status,
        }
        for c in conflicts
    ]
    columns = (
        "link_id, row_id, external_id, field, base, theirs, ours, their_actor, their_edited_at,"
        " our_actor, our_edited_at, cause, policy, winner, status"
    )
    session.execute(
        text(
            f"insert into hub.conflict (connection, stream, table_name, {columns})"  # noqa: S608  # constants
            f" select :connection, :stream, :table_name, {columns}"
            " from jsonb_to_recordset(cast(:items as jsonb)) as i(link_id uuid, row_id uuid,"
            "  external_id text, field text, base jsonb, theirs jsonb, ours jsonb,"
            "  their_actor text, their_edited_at timestamptz, our_actor text,"
            "  our_edited_at timestamptz, cause text, policy text, winner text, status text)"
            " on conflict (link_id, field) where status = 'open' do update set"
            "  theirs = excluded.theirs, ours = excluded.ours,"
            "  their_actor = coalesce(excluded.their_actor, conflict.their_actor),"
            "  their_edited_at = coalesce(excluded.their_edited_at, conflict.their_edited_at),"
            "  our_actor = coalesce(excluded.our_actor, conflict.our_actor),"
            "  our_edited_at = coalesce(excluded.our_edited_at, conflict.our_edited_at),"
            "  winner = excluded.winner, status = excluded.status,"
            "  updated_at = clock_timestamp()"
        ),
        {
            "connection": connection,
            "stream": stream,
            "table_name": table_name,
            "items": json.dumps(items),
        },
    )


@generic(Session)
def close_conflicts(session: Session, cells: Sequence[tuple[UUID, str, str | None]]) -> None:
    """Close open conflicts that went away by themselves: (link id, field, winner)."""
    for link_id, name, winner in cells:
        session.execute(
            text(
                "update hub.conflict set status = 'settled', winner = :winner,"
                " updated_at = clock_timestamp()"
                " where link_id = :link and field = :field and status = 'open'"
            ),
            {"link": link_id, "field": name, "winner": winner},
        )


@generic(Session)
def open_of_links(
    session: Session, link_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], ConflictRecord]:
    """The open conflicts of these links, by link and column."""
    found = session.execute(
        text(
            "select * from hub.conflict where status = 'open'"
            " and link_id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(link_id) for link_id in link_ids]},
    )
    told = [_conflict(row) for row in found]
    return {(conflict.link_id, conflict.field): conflict for conflict in told}


@generic(Session)
def load_conflict(session: Session, conflict_id: UUID, *, lock: bool = False) -> ConflictRecord:
    """One conflict.

    Raises:
        NotFound: there is none with that id.
    """
    row = session.execute(
        text("select * from hub.conflict where id = :id" + (" for update" if lock else "")),  # noqa: S608  # constants
        {"id": conflict_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no conflict {conflict_id}. `hub sync conflicts` lists them.")
    return _conflict(row)


@generic(Session)
def list_conflicts(
    session: Session, *, status: str | None = None, limit: int = 100
) -> list[ConflictRecord]:
    """The newest conflicts, all or those of one status."""
    found = session.execute(
        text(
            "select * from hub.conflict"
            " where cast(:status as text) is null or status = :status"
            " order by created_at desc limit :limit"
        ),
        {"status": status, "limit": limit},
    )
    return [_conflict(row) for row in found]


@generic(Session)
def resolve(session: Session, conflict_id: UUID, winner: str, by: str) -> None:
    """Write down a person's word."""
    session.execute(
        text(
            "update hub.conflict set status = 'resolved', winner = :winner, resolved_by = :by,"
            " updated_at = clock_timestamp() where id = :id"
        ),
        {"id": conflict_id, "winner": winner, "by": by},
    )


def _conflict(row: Any) -> ConflictRecord:
    values = dict(row._mapping)
    for name in ("created_at", "updated_at", "resolved_by"):
        values.pop(name)
    for name in ("id", "link_id", "row_id"):
        values[name] = UUID(str(values[name]))
    return ConflictRecord(**values)
