"""Which rows are to be compared: those that changed, and those that somebody asked for?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.links import Link
from hub.store.captured import find_captured
from hub.store.generic import generic
from hub.store.ticks import between

FETCHED_TOGETHER = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class RowToCompare:
    """A row that a push looks at: it changed, or somebody asked, or both."""

    row_id: UUID
    is_changed: bool
    is_asked: bool


@generic(Session)
def rows_to_compare(
    session: Session, connection: str, stream: str, table: str, *, after: int | None, until: int
) -> Iterator[RowToCompare]:
    """What changed between two ticks, by its first change, then what else was asked for.

    Each row once, fetched as they are used. `session` must be younger than `until`.

    Raises:
        TickUnknown: a tick is none of this database's.
        InvalidInput: the table is not captured.
    """
    (captured,) = find_captured(session, [table])
    condition, values = between(session, after=after, until=until)
    found = session.execute(
        text(
            "select row_id, min(first) is not null, bool_or(asked) from ("  # noqa: S608  # a constant condition
            "  select row_id, min(id) as first, false as asked from hub.change"
            f"   where table_id = :table_id and {condition} group by row_id"
            "  union all select row_id, null, true from hub.recheck"
            "   where connection = :connection and stream = :stream) as t"
            " group by row_id order by min(first) nulls last, row_id"
        ),
        {"table_id": captured.id, "connection": connection, "stream": stream, **values},
        execution_options={"stream_results": True, "yield_per": FETCHED_TOGETHER},
    )
    for row_id, is_changed, is_asked in found:
        yield RowToCompare(row_id=row_id, is_changed=is_changed, is_asked=is_asked)


@generic(Session)
def recheck(
    session: Session, connection: str, stream: str, row_ids: Iterable[UUID], reason: str
) -> None:
    """Ask for rows to be compared again."""
    listed = [str(row) for row in row_ids]
    if not listed:
        return
    session.execute(
        text(
            "insert into hub.recheck (connection, stream, row_id, reason)"
            " select :connection, :stream, id, :reason from unnest(cast(:ids as uuid[])) as t(id)"
            " on conflict (connection, stream, row_id) do update"
            " set since = clock_timestamp(), reason = excluded.reason"
        ),
        {"connection": connection, "stream": stream, "ids": listed, "reason": reason},
    )


@generic(Session)
def rechecks(
    session: Session, connection: str, stream: str, row_ids: Sequence[UUID] | None = None
) -> dict[UUID, Any]:
    """The rows to compare again, of these or of all, with when that was asked."""
    found = session.execute(
        text(
            "select row_id, since from hub.recheck"
            " where connection = :connection and stream = :stream"
            " and (cast(:ids as uuid[]) is null or row_id = any(cast(:ids as uuid[])))"
        ),
        {
            "connection": connection,
            "stream": stream,
            "ids": None if row_ids is None else [str(row_id) for row_id in row_ids],
        },
    )
    return {row_id: since for row_id, since in found}


@generic(Session)
def clear_rechecks(
    session: Session, connection: str, stream: str, asked: Mapping[UUID, Any]
) -> None:
    """Drop requests that were met; one that was asked anew since stays."""
    if not asked:
        return
    session.execute(
        text(
            "delete from hub.recheck where connection = :connection and stream = :stream"
            " and (row_id, since) in (select * from unnest("
            "  cast(:ids as uuid[]), cast(:since as timestamptz[])))"
        ),
        {
            "connection": connection,
            "stream": stream,
            "ids": [str(row) for row in asked],
            "since": list(asked.values()),
        },
    )


@generic(Session)
def unpark(session: Session, connection: str, stream: str, arrived: Iterable[Link]) -> None:
    """Ask for the rows to be compared again whose cells wait for these records of `stream`."""
    ids = {known for link in arrived for known in (link.external_id, str(link.row_id))}
    if not ids:
        return
    session.execute(
        text(
            "insert into hub.recheck (connection, stream, row_id, reason)"
            " select distinct l.connection, l.stream, l.row_id, 'unparked' from hub.frozen_cell f"
            " join hub.record_link l on l.id = f.link_id"
            " where f.parked_stream = :stream and f.parked_on = any(:ids)"
            " and l.connection = :connection"
            " on conflict (connection, stream, row_id) do update set since = clock_timestamp()"
        ),
        {"connection": connection, "stream": stream, "ids": sorted(ids)},
    )
