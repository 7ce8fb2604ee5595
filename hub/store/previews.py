"""Which previews were asked for, what did they show, and what became of them?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.errors import NotFound
from hub.store.entities.base import new_id
from hub.store.generic import generic

ASKED, READY, APPROVED, APPLIED, REFUSED, FAILED = (
    "asked",
    "ready",
    "approved",
    "applied",
    "refused",
    "failed",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptPreview:
    """A preview as it is kept. `diff` is what `hub.sync.previews` made of it."""

    id: UUID
    connection: str
    stream: str
    direction: str
    status: str
    run_id: UUID | None
    diff: Mapping[str, Any]
    calls: int | None
    seconds: float | None
    asked_by: str
    created_at: datetime
    decided_by: str | None
    left_out: Mapping[str, Any]
    message: str | None


_COLUMNS = (
    "id, connection, stream, direction, status, run_id, diff, calls, seconds, asked_by,"
    " created_at, decided_by, left_out, message"
)


@generic(Session)
def ask_preview(session: Session, connection: str, stream: str, direction: str, by: str) -> UUID:
    """Ask for a preview; its run waits for a worker."""
    preview_id, run_id = new_id(), new_id()
    session.execute(
        text(
            "insert into hub.run (id, connection, stream, kind, trigger, status)"
            " values (:id, :connection, :stream, 'preview', :by, 'waiting')"
        ),
        {"id": run_id, "connection": connection, "stream": stream, "by": by},
    )
    session.execute(
        text(
            "insert into hub.preview (id, connection, stream, direction, status, run_id, asked_by)"
            " values (:id, :connection, :stream, :direction, 'asked', :run_id, :by)"
        ),
        {
            "id": preview_id,
            "connection": connection,
            "stream": stream,
            "direction": direction,
            "run_id": run_id,
            "by": by,
        },
    )
    return preview_id


@generic(Session)
def claim_preview(session: Session, preview_id: UUID, *, patience_seconds: float) -> bool:
    """Begin to look; False where that was done, or another worker is at it."""
    claimed = session.execute(
        text(
            "update hub.run r set status = 'running', started_at = clock_timestamp()"
            " from hub.preview p where p.id = :id and p.status = 'asked' and r.id = p.run_id"
            " and (r.status = 'waiting' or r.started_at < clock_timestamp()"
            "  - make_interval(secs => :patience)) returning r.id"
        ),
        {"id": preview_id, "patience": patience_seconds},
    )
    return claimed.one_or_none() is not None


@generic(Session)
def asked_previews(session: Session, *, patience_seconds: float) -> list[UUID]:
    """The previews that no worker is at, the oldest first."""
    found = session.execute(
        text(
            "select p.id from hub.preview p join hub.run r on r.id = p.run_id"
            " where p.status = 'asked' and (r.status = 'waiting'"
            "  or r.started_at < clock_timestamp() - make_interval(secs => :patience))"
            " order by p.created_at"
        ),
        {"patience": patience_seconds},
    )
    return list(found.scalars())


@generic(Session)
def note_ready(
    session: Session, preview_id: UUID, diff: Mapping[str, Any], *, calls: int, seconds: float
) -> None:
    """Keep what the dry run showed."""
    session.execute(
        text(
            "update hub.preview set status = 'ready', diff = cast(:diff as jsonb),"
            " calls = :calls, seconds = :seconds, made_at = clock_timestamp() where id = :id"
        ),
        {"id": preview_id, "diff": json.dumps(diff), "calls": calls, "seconds": seconds},
    )


@generic(Session)
def note_failed(session: Session, preview_id: UUID, message: str) -> None:
    """It could not be made, or not be applied."""
    session.execute(
        text("update hub.preview set status = 'failed', message = :message where id = :id"),
        {"id": preview_id, "message": message},
    )


@generic(Session)
def decide_preview(session: Session, preview_id: UUID, *, approve: bool, by: str) -> KeptPreview:
    """Write down a person's word; answers the preview as it was before.

    Raises:
        NotFound: there is no such preview.
    """
    before = load_preview(session, preview_id, lock=True)
    if before.status == READY:
        session.execute(
            text(
                "update hub.preview set status = :status, decided_by = :by,"
                " decided_at = clock_timestamp() where id = :id"
            ),
            {"id": preview_id, "status": APPROVED if approve else REFUSED, "by": by},
        )
    return before


@generic(Session)
def approved_previews(session: Session, connection: str) -> list[UUID]:
    """The previews of a connection that are to be applied, in the order of their approval."""
    found = session.execute(
        text(
            "select id from hub.preview where connection = :connection"
            " and status = 'approved' order by decided_at"
        ),
        {"connection": connection},
    )
    return list(found.scalars())


@generic(Session)
def note_applied(
    session: Session,
    preview_id: UUID,
    *,
    run_id: UUID,
    left_out: Sequence[Mapping[str, Any]],
    message: str,
) -> None:
    """It was carried out, except for what had moved since."""
    session.execute(
        text(
            "update hub.preview set status = 'applied', run_id = :run_id,"
            " left_out = cast(:left as jsonb), message = :message,"
            " applied_at = clock_timestamp() where id = :id"
        ),
        {
            "id": preview_id,
            "run_id": run_id,
            "left": json.dumps({"cells": list(left_out)}),
            "message": message,
        },
    )


@generic(Session)
def load_preview(session: Session, preview_id: UUID, *, lock: bool = False) -> KeptPreview:
    """One preview.

    Raises:
        NotFound: there is none with that id.
    """
    row = session.execute(
        text(
            f"select {_COLUMNS} from hub.preview where id = :id"  # noqa: S608  # constants
            + (" for update" if lock else "")
        ),
        {"id": preview_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no preview {preview_id}. `hub sync previews` lists them.")
    return KeptPreview(**row._mapping)


@generic(Session)
def list_previews(session: Session, *, limit: int = 50) -> list[KeptPreview]:
    """The newest previews."""
    found = session.execute(
        text(
            f"select {_COLUMNS} from hub.preview order by created_at desc limit :limit"  # noqa: S608  # constants
        ),
        {"limit": limit},
    )
    return [KeptPreview(**row._mapping) for row in found]


@generic(Session)
def forget_previews(session: Session, *, days: int) -> None:
    """Drop the previews that are older than this."""
    session.execute(
        text(
            "delete from hub.preview where created_at < clock_timestamp()"
            " - make_interval(days => :days) and status <> 'approved'"
        ),
        {"days": days},
    )
