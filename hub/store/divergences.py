"""Which links, unlinked rows and unsent changes does a stream have, a slice at a time?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.errors import TickUnknown
from hub.store.captured import find_captured
from hub.store.generic import generic
from hub.store.tables import TABLES
from hub.store.ticks import find_tick

_NAMES = ("name", "code", "full_name", "address", "email", "domain")


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamFacts:
    """What holds for every record of a stream."""

    push_tick: int | None
    is_paused: bool
    hold_reason: str | None
    is_backfilled: bool
    failing_since: datetime | None
    error_message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """The newest change of a cell; `is_unsent` where the last push has not seen it."""

    id: int
    actor: str
    at: datetime
    is_unsent: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A row that is to be compared again, since when and why."""

    since: datetime
    reason: str


@generic(Session)
def stream_facts(session: Session, connection: str, stream: str) -> StreamFacts | None:
    """How the stream is; None where it has never run."""
    row = session.execute(
        text(
            "select push_tick, is_paused, hold_reason, backfilled_at is not null as is_backfilled,"
            " failing_since, error_message from hub.stream_state"
            " where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
    ).one_or_none()
    return StreamFacts(**row._mapping) if row else None


@generic(Session)
def linked_rows(
    session: Session, connection: str, stream: str, *, after: UUID | None, limit: int
) -> list[UUID]:
    """The next rows that a record stands for, by id; tombstones are left out."""
    found = session.execute(
        text(
            "select row_id from hub.record_link where connection = :connection"
            " and stream = :stream and state <> 'tombstone'"
            " and (cast(:after as uuid) is null or row_id > cast(:after as uuid))"
            " order by row_id limit :limit"
        ),
        {"connection": connection, "stream": stream, "after": after, "limit": limit},
    )
    return list(found.scalars())


@generic(Session)
def unlinked_rows(
    session: Session,
    table_name: str,
    connection: str,
    stream: str,
    *,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """The next live rows, by id, that no record of the stream stands for."""
    found = session.execute(
        text(
            f"select r.id from {_quoted(table_name)} r where r.deleted_at is null"  # noqa: S608  # names come from the metadata
            " and (cast(:after as uuid) is null or r.id > cast(:after as uuid))"
            " and not exists (select from hub.record_link l where l.row_id = r.id"
            " and l.connection = :connection and l.stream = :stream and l.state <> 'tombstone')"
            " order by r.id limit :limit"
        ),
        {"connection": connection, "stream": stream, "after": after, "limit": limit},
    )
    return list(found.scalars())


@generic(Session)
def newest_changes(
    session: Session, table_name: str, row_ids: Iterable[UUID], *, sent_until: int | None
) -> dict[UUID, dict[str, CellChange]]:
    """The newest change of each cell of these rows, by column; a deletion touches every column.

    `sent_until` is the tick of the last push; without one nothing was sent.
    """
    (captured,) = find_captured(session, [table_name])
    unsent, bound = _unseen_by(session, sent_until)
    found = session.execute(
        text(
            "select distinct on (c.row_id, named.id) c.row_id, named.id as column_id,"  # noqa: S608  # constants
            f" c.id, c.actor, c.at, {unsent} as is_unsent"
            " from hub.change c, unnest(coalesce(c.columns, :all_columns)) as named (id)"
            " where c.table_id = :table_id and c.row_id = any(cast(:ids as uuid[]))"
            " order by c.row_id, named.id, c.id desc"
        ),
        {
            "table_id": captured.id,
            "ids": [str(row_id) for row_id in row_ids],
            "all_columns": list(captured.columns),
            **bound,
        },
    )
    changes: dict[UUID, dict[str, CellChange]] = {}
    for row in found:
        column = captured.columns.get(row.column_id)
        if column is not None:
            changes.setdefault(row.row_id, {})[column] = CellChange(
                id=row.id, actor=row.actor, at=row.at, is_unsent=row.is_unsent
            )
    return changes


@generic(Session)
def unsent_rows(session: Session, table_name: str, sent_until: int | None) -> list[UUID]:
    """The rows that changed since the tick, each once, without taking a new one."""
    (captured,) = find_captured(session, [table_name])
    unsent, bound = _unseen_by(session, sent_until)
    found = session.scalars(
        text(
            "select c.row_id from hub.change c"  # noqa: S608  # constants
            f" where c.table_id = :table_id and {unsent} group by c.row_id order by min(c.id)"
        ),
        {"table_id": captured.id, **bound},
    )
    return list(found)


def _unseen_by(session: Session, tick_id: int | None) -> tuple[str, Mapping[str, object]]:
    if tick_id is None:
        return "true", {}
    try:
        tick = find_tick(session, tick_id)
    except TickUnknown:
        # The database was restored: what was sent before is not known any more.
        return "true", {}
    return (
        "(c.tx >= :below and not hub.sees(:below, :from, cast(:snapshot as pg_snapshot), c.tx))",
        {"below": tick.seen_below, "from": tick.unseen_from, "snapshot": tick.snapshot},
    )


@generic(Session)
def asked_again(
    session: Session, connection: str, stream: str, row_ids: Iterable[UUID]
) -> dict[UUID, Asked]:
    """Which of these rows are to be compared again."""
    found = session.execute(
        text(
            "select row_id, since, reason from hub.recheck where connection = :connection"
            " and stream = :stream and row_id = any(cast(:ids as uuid[]))"
        ),
        {"connection": connection, "stream": stream, "ids": [str(row_id) for row_id in row_ids]},
    )
    return {row.row_id: Asked(since=row.since, reason=row.reason) for row in found}


@generic(Session)
def frozen_since(session: Session, link_ids: Iterable[UUID]) -> dict[tuple[UUID, str], datetime]:
    """Since when the frozen cells of these links stand still, by link and column."""
    found = session.execute(
        text(
            "select link_id, field, since from hub.frozen_cell"
            " where link_id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(link_id) for link_id in link_ids]},
    )
    return {(row.link_id, row.field): row.since for row in found}


@generic(Session)
def open_conflicts(session: Session, link_ids: Iterable[UUID]) -> dict[tuple[UUID, str], UUID]:
    """The open conflicts of these links, by link and column."""
    found = session.execute(
        text(
            "select link_id, field, id from hub.conflict where status = 'open'"
            " and link_id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(link_id) for link_id in link_ids]},
    )
    return {(row.link_id, row.field): row.id for row in found}


def name_column(table_name: str) -> str | None:
    """The column by which people know a row of the table, if there is one."""
    columns = TABLES[table_name].columns
    return next((name for name in _NAMES if name in columns), None)


@generic(Session)
def row_names(session: Session, table_name: str, row_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What people call these rows."""
    column = name_column(table_name)
    if column is None or not row_ids:
        return {}
    found = session.execute(
        text(
            f'select id, "{column}" as name from {_quoted(table_name)}'  # noqa: S608  # names come from the metadata
            " where id = any(cast(:ids as uuid[]))"
        ),
        {"ids": [str(row_id) for row_id in row_ids]},
    )
    return {row.id: str(row.name) for row in found if row.name}


@generic(Session)
def rows_named(session: Session, table_name: str, name: str) -> list[UUID]:
    """The rows that people call so; live ones before tombstones."""
    column = name_column(table_name)
    if column is None:
        return []
    found = session.execute(
        text(
            f'select id from {_quoted(table_name)} where lower("{column}") = lower(:name)'  # noqa: S608  # names come from the metadata
            " order by deleted_at nulls first, id limit 20"
        ),
        {"name": name},
    )
    return list(found.scalars())


def _quoted(table_name: str) -> str:
    if table_name not in TABLES:
        raise AssertionError(f"no business table {table_name}")
    return f'public."{table_name}"'
