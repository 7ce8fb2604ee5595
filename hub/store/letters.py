"""What did not fit, and what became of it? Nothing that a source said is lost.

A letter is met again, not written twice: its fingerprint says whether it is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.values import UNSTORABLE
from hub.store.generic import generic

ROW, CELL, KEY, REFERENCE = "row", "cell", "key", "reference"
_RAW_ROW = "@row"
"""In `raw`: the text of a row that is no record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A row or a cell that did not fit: where it stood, what it said, and why."""

    kind: str
    place: str
    reason: str
    raw: Mapping[str, str | None]
    row_key: str | None = None
    column: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptLetter:
    """A letter as it is kept."""

    id: UUID
    connection: str
    stream: str
    kind: str
    place: str
    row_key: str | None
    column: str | None
    raw: Mapping[str, str | None]
    reason: str
    first_at: datetime
    last_at: datetime
    seen_count: int


def raw_row(said: str) -> dict[str, str | None]:
    """The text of a row that is no record, as a letter keeps it."""
    return {_RAW_ROW: said}


def is_record(letter: KeptLetter) -> bool:
    """Whether it can be mapped again; a row that is no record must be read again."""
    return _RAW_ROW not in letter.raw


@generic(Session)
def put(
    session: Session, connection: str, stream: str, run_id: UUID, letters: Sequence[Letter]
) -> None:
    """Keep letters; one that is open already is counted."""
    if not letters:
        return
    items = {_fingerprint(letter): letter for letter in letters}
    session.execute(
        text(
            "insert into hub.dead_letter as l (connection, stream, kind, place, row_key,"
            " column_name, raw, reason, fingerprint, run_id)"
            " select :connection, :stream, i.kind, i.place, i.row_key, i.column_name, i.raw,"
            " i.reason, i.fingerprint, :run from jsonb_to_recordset(cast(:items as jsonb)) as"
            " i(kind text, place text, row_key text, column_name text, raw jsonb, reason text,"
            " fingerprint text)"
            " on conflict (connection, stream, fingerprint) where closed_at is null do update"
            " set last_at = clock_timestamp(), run_id = excluded.run_id,"
            " seen_count = l.seen_count + case when l.run_id = excluded.run_id then 0 else 1 end"
        ),
        {
            "connection": connection,
            "stream": stream,
            "run": run_id,
            "items": json.dumps(
                [
                    {
                        "kind": letter.kind,
                        "place": _storable(letter.place),
                        "row_key": letter.row_key and _storable(letter.row_key),
                        "column_name": letter.column,
                        "raw": {
                            _storable(name): None if said is None else _storable(said)
                            for name, said in letter.raw.items()
                        },
                        "reason": _storable(letter.reason),
                        "fingerprint": fingerprint,
                    }
                    for fingerprint, letter in items.items()
                ]
            ),
        },
    )


def _storable(said: str) -> str:
    return UNSTORABLE.sub("\ufffd", said)


def _fingerprint(letter: Letter) -> str:
    said = json.dumps(
        [letter.kind, letter.place, letter.column, letter.row_key, dict(letter.raw)],
        sort_keys=True,
    )
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@generic(Session)
def open_letters(
    session: Session,
    connection: str | None = None,
    stream: str | None = None,
    *,
    limit: int = 1000,
) -> list[KeptLetter]:
    """What still waits to be mended, the oldest first."""
    found = session.execute(
        text(
            "select id, connection, stream, kind, place, row_key, column_name, raw, reason,"
            " first_at, last_at, seen_count from hub.dead_letter where closed_at is null"
            " and (cast(:connection as text) is null or connection = :connection)"
            " and (cast(:stream as text) is null or stream = :stream) order by id limit :limit"
        ),
        {"connection": connection, "stream": stream, "limit": limit},
    )
    return [
        KeptLetter(
            id=row.id,
            connection=row.connection,
            stream=row.stream,
            kind=row.kind,
            place=row.place,
            row_key=row.row_key,
            column=row.column_name,
            raw=row.raw,
            reason=row.reason,
            first_at=row.first_at,
            last_at=row.last_at,
            seen_count=row.seen_count,
        )
        for row in found
    ]


@generic(Session)
def count_open(session: Session, connection: str, stream: str) -> int:
    """How many letters of a stream are open."""
    return int(
        session.execute(
            text(
                "select count(*) from hub.dead_letter where closed_at is null"
                " and connection = :connection and stream = :stream"
            ),
            {"connection": connection, "stream": stream},
        ).scalar_one()
    )


@generic(Session)
def open_keys(session: Session, connection: str, stream: str) -> set[str]:
    """The keys of rows that have an open letter."""
    found = session.execute(
        text(
            "select distinct row_key from hub.dead_letter where closed_at is null"
            " and row_key is not null and connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
    )
    return set(found.scalars())


@generic(Session)
def close_read(
    session: Session, connection: str, stream: str, run_id: UUID, row_keys: Sequence[str]
) -> int:
    """Close the letters of rows that this run read rightly."""
    if not row_keys:
        return 0
    done: Any = session.execute(
        text(
            "update hub.dead_letter set closed_at = clock_timestamp(), closed_by = 'read'"
            " where closed_at is null and connection = :connection and stream = :stream"
            " and run_id is distinct from :run and row_key = any(:row_keys)"
        ),
        {"connection": connection, "stream": stream, "run": run_id, "row_keys": list(row_keys)},
    )
    return int(done.rowcount)


@generic(Session)
def close_not_met(session: Session, connection: str, stream: str, run_id: UUID) -> int:
    """Close what a complete read of everything did not meet again."""
    done: Any = session.execute(
        text(
            "update hub.dead_letter set closed_at = clock_timestamp(), closed_by = 'gone'"
            " where closed_at is null and connection = :connection and stream = :stream"
            " and run_id is distinct from :run"
        ),
        {"connection": connection, "stream": stream, "run": run_id},
    )
    return int(done.rowcount)


@generic(Session)
def close(session: Session, ids: Sequence[UUID], closed_by: str) -> int:
    """Close these letters."""
    done: Any = session.execute(
        text(
            "update hub.dead_letter set closed_at = clock_timestamp(), closed_by = :by"
            " where closed_at is null and id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(item) for item in ids], "by": closed_by},
    )
    return int(done.rowcount)
