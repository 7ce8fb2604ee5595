"""What was seen to change about the tables at the other side, and what of it still stands?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from hub.core.drift import Drift
from hub.store.generic import generic

ANSWER = "answer_doubted"


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenChange:
    """A change of a schema as it is kept; one that is safe is closed at once."""

    connection: str
    stream: str
    subject: str
    kind: str
    grade: str
    sentence: str
    next_step: str | None
    hub_column: str | None
    seen_at: datetime
    closed_at: datetime | None


@generic(Session)
def note_safe(session: Session, connection: str, stream: str, seen: Sequence[Drift]) -> None:
    """Keep what happened and is over."""
    if not seen:
        return
    session.execute(
        text(
            "insert into hub.schema_change (connection, stream, subject, kind, grade, sentence,"
            " next_step, closed_at) select :connection, :stream, i.subject, i.kind, i.grade,"
            " i.sentence, i.next_step, clock_timestamp()"
            " from jsonb_to_recordset(cast(:items as jsonb)) as i(subject text, kind text,"
            "  grade text, sentence text, next_step text)"
        ),
        {"connection": connection, "stream": stream, "items": _items(seen)},
    )


@generic(Session)
def keep_standing(
    session: Session, connection: str, stream: str, standing: Sequence[Drift]
) -> tuple[list[SeenChange], list[SeenChange]]:
    """These are the stream's troubles now: answers those that are new, and those that are over."""
    bound = {
        "connection": connection,
        "stream": stream,
        "items": _items(standing),
        "answer": ANSWER,
    }
    over = session.execute(
        text(
            "update hub.schema_change c set closed_at = clock_timestamp()"
            " where c.connection = :connection and c.stream = :stream and c.closed_at is null"
            " and c.kind <> :answer"
            " and not exists (select from jsonb_to_recordset(cast(:items as jsonb))"
            "  as i(subject text, kind text)"
            "  where i.subject = c.subject and i.kind = c.kind) returning c.*"
        ),
        bound,
    ).all()
    fresh = session.execute(
        text(
            "insert into hub.schema_change as c (connection, stream, subject, kind, grade,"
            " sentence, next_step, hub_column)"
            " select :connection, :stream, i.subject, i.kind, i.grade, i.sentence, i.next_step,"
            "  i.hub_column from jsonb_to_recordset(cast(:items as jsonb)) as i(subject text,"
            "  kind text, grade text, sentence text, next_step text, hub_column text)"
            " on conflict (connection, stream, subject, kind) where closed_at is null do nothing"
            " returning c.*"
        ),
        bound,
    ).all()
    return [_seen(row) for row in fresh], [_seen(row) for row in over]


@generic(Session)
def doubted_since(session: Session, connection: str, stream: str) -> datetime | None:
    """Since when the stream's schema is not believed; None where it is."""
    return session.execute(
        text(
            "select seen_at from hub.schema_change where connection = :connection"
            " and stream = :stream and kind = :kind and closed_at is null"
        ),
        {"connection": connection, "stream": stream, "kind": ANSWER},
    ).scalar_one_or_none()


@generic(Session)
def open_doubts(session: Session, connection: str) -> bool:
    """Whether a schema of the connection is not believed right now."""
    doubted: bool = session.execute(
        text(
            "select exists (select from hub.schema_change where connection = :connection"
            " and kind = :kind and closed_at is null)"
        ),
        {"connection": connection, "kind": ANSWER},
    ).scalar_one()
    return doubted


@generic(Session)
def note_doubt(session: Session, connection: str, stream: str, doubt: Drift) -> None:
    """Do not believe an answer; said once while it lasts."""
    session.execute(
        text(
            "insert into hub.schema_change (connection, stream, subject, kind, grade, sentence,"
            " next_step) values (:connection, :stream, :subject, :kind, :grade, :sentence, :next)"
            " on conflict (connection, stream, subject, kind) where closed_at is null do nothing"
        ),
        {
            "connection": connection,
            "stream": stream,
            "subject": doubt.subject,
            "kind": ANSWER,
            "grade": doubt.grade.value,
            "sentence": doubt.sentence,
            "next": doubt.next_step,
        },
    )


@generic(Session)
def end_doubt(session: Session, connection: str, stream: str) -> bool:
    """The schema is believed again; whether it was not."""
    ended = session.execute(
        text(
            "update hub.schema_change set closed_at = clock_timestamp()"
            " where connection = :connection and stream = :stream and kind = :kind"
            " and closed_at is null returning id"
        ),
        {"connection": connection, "stream": stream, "kind": ANSWER},
    )
    return ended.one_or_none() is not None


@generic(Session)
def list_changes(session: Session, *, standing: bool, limit: int) -> list[SeenChange]:
    """What stands open, or with `standing` False all that was seen; the newest first."""
    found = session.execute(
        text(
            "select * from hub.schema_change where closed_at is null or not :standing"
            " order by closed_at is not null, seen_at desc limit :limit"
        ),
        {"standing": standing, "limit": limit},
    )
    return [_seen(row) for row in found]


def _items(seen: Sequence[Drift]) -> str:
    return json.dumps(
        [
            {
                "subject": drift.subject,
                "kind": drift.kind,
                "grade": drift.grade.value,
                "sentence": drift.sentence,
                "next_step": drift.next_step,
                "hub_column": drift.column,
            }
            for drift in seen
        ]
    )


def _seen(row: object) -> SeenChange:
    names = SeenChange.__dataclass_fields__
    return SeenChange(**{name: getattr(row, name) for name in names})
