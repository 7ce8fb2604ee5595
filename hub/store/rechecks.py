"""Which rows are to be compared again although nothing new was logged of them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.links import Link
from hub.store.generic import generic


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
def rechecks(session: Session, connection: str, stream: str) -> dict[UUID, Any]:
    """The rows to compare again, with when that was asked."""
    found = session.execute(
        text(
            "select row_id, since from hub.recheck"
            " where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
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
