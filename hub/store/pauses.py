"""What did people pause: streams, fields of every row, whole rows, single cells?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """One thing that stands still because a person wants it so.

    Without `column` all columns are meant, without `row_id` all rows.
    """

    connection: str
    stream: str
    column: str | None
    row_id: UUID | None
    table_name: str | None
    by: str | None
    since: datetime | None


@generic(Session)
def paused_fields(session: Session, connection: str) -> dict[str, frozenset[str]]:
    """The columns that are paused in every row, by stream."""
    found = session.execute(
        text(
            "select stream, array(select jsonb_object_keys(paused_fields)) as names"
            " from hub.stream_state where connection = :connection and paused_fields <> '{}'"
        ),
        {"connection": connection},
    )
    return {row.stream: frozenset(row.names) for row in found}


@generic(Session)
def set_field_paused(
    session: Session, connection: str, stream: str, column: str, *, by: str | None, at: datetime
) -> bool:
    """Pause a column in every row, or with `by` None let it go on; whether that is news."""
    value = None if by is None else json.dumps({column: {"by": by, "at": at.isoformat()}})
    changed = session.execute(
        text(
            "update hub.stream_state set paused_fields = case"
            "  when cast(:value as jsonb) is null then paused_fields - :column"
            "  else paused_fields || cast(:value as jsonb) end"
            " where connection = :connection and stream = :stream"
            " and (paused_fields ? :column) = (cast(:value as jsonb) is null) returning stream"
        ),
        {"connection": connection, "stream": stream, "column": column, "value": value},
    )
    return changed.one_or_none() is not None


@generic(Session)
def set_row_paused(
    session: Session,
    connection: str,
    stream: str,
    row_id: UUID,
    columns: Sequence[str],
    *,
    by: str | None,
    at: datetime,
) -> bool | None:
    """Pause these columns of one row, or let them go on; whether that is news.

    None where no record of the stream stands for the row.
    """
    value = None
    if by is not None:
        value = json.dumps({name: {"by": by, "at": at.isoformat()} for name in columns})
    row = session.execute(
        text(
            "select id, paused from hub.record_link where connection = :connection"
            " and stream = :stream and row_id = :row and state <> 'tombstone' for update"
        ),
        {"connection": connection, "stream": stream, "row": row_id},
    ).one_or_none()
    if row is None:
        return None
    session.execute(
        text(
            "update hub.record_link set paused = nullif(case"
            "  when cast(:value as jsonb) is null"
            "   then coalesce(paused, '{}') - cast(:columns as text[])"
            "  else coalesce(paused, '{}') || cast(:value as jsonb) end, '{}') where id = :id"
        ),
        {"id": row.id, "value": value, "columns": list(columns)},
    )
    standing = set(row.paused or {})
    return bool(set(columns) & standing) if by is None else not set(columns) <= standing


@generic(Session)
def list_pauses(session: Session, *, limit: int = 1000) -> list[Pause]:
    """Everything that people paused, streams before fields before rows."""
    found = session.execute(
        text(
            "select connection, stream, null as field, cast(null as uuid) as row_id,"
            "  cast(null as text) as table_name, paused_by as by, paused_at as since, 1 as rank"
            "  from hub.stream_state where is_paused"
            " union all select connection, stream, f.key, null, null, f.value ->> 'by',"
            "  cast(f.value ->> 'at' as timestamptz), 2"
            "  from hub.stream_state, jsonb_each(paused_fields) f"
            " union all select connection, stream, nullif(f.key, '*'), row_id, table_name,"
            "  f.value ->> 'by', cast(f.value ->> 'at' as timestamptz), 3"
            "  from hub.record_link, jsonb_each(paused) f"
            "  where paused is not null and (f.key = '*' or not paused ? '*')"
            " order by rank, connection, stream, row_id, field limit :limit"
        ),
        {"limit": limit},
    )
    return [
        Pause(
            connection=row.connection,
            stream=row.stream,
            column=row.field,
            row_id=row.row_id,
            table_name=row.table_name,
            by=row.by,
            since=row.since,
        )
        for row in found
    ]


@generic(Session)
def table_of_row(session: Session, connection: str, stream: str, row_id: UUID) -> str | None:
    """The hub table of a row that a record of the stream stands for."""
    return session.execute(
        text(
            "select table_name from hub.record_link where connection = :connection"
            " and stream = :stream and row_id = :row and state <> 'tombstone'"
        ),
        {"connection": connection, "stream": stream, "row": row_id},
    ).scalar_one_or_none()


@generic(Session)
def stream_names(session: Session, connection: str) -> list[str]:
    """The streams of a connection that have run."""
    found = session.execute(
        text("select stream from hub.stream_state where connection = :connection order by stream"),
        {"connection": connection},
    )
    return list(found.scalars())
