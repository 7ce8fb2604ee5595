"""How does a person stop a connection, a stream, a field, a row or a cell, and let it go on?

What is paused is frozen: neither side's changes reach the other, and its shadow stays where it
was. Resumed, it is read again and merged with what both sides made of it meanwhile, so that an
edit during the pause is an edit like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.core.links import WHOLE_ROW
from hub.errors import InvalidInput, NotFound
from hub.store import leases, links, pauses, streams
from hub.store.database import Database, Provenance
from hub.store.tables import hub_columns
from hub.sync.resolve import pause as pause_stream


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is to stand still: as much as is named."""

    connection: str
    stream: str | None = None
    column: str | None = None
    row_id: UUID | None = None

    @property
    def name(self) -> str:
        """How a person would write it."""
        parts = [self.connection, self.stream, self.column]
        row = f" of row {self.row_id}" if self.row_id else ""
        return ".".join(part for part in parts if part) + row


def parse_target(name: str, row_id: UUID | None = None) -> Target:
    """CONNECTION, CONNECTION.STREAM or CONNECTION.STREAM.FIELD; a row needs its stream.

    Raises:
        InvalidInput: it is none of these.
    """
    parts = name.split(".")
    if not all(parts) or len(parts) > 3:
        raise InvalidInput(
            f"{name!r} is not CONNECTION[.STREAM[.FIELD]]. `hub sync status` lists the streams."
        )
    if row_id is not None and len(parts) == 1:
        raise InvalidInput(
            f"a row is paused in one stream: name it as {name}.STREAM. "
            "`hub sync status` lists the streams."
        )
    connection, stream, column = (*parts, None, None)[:3]
    return Target(connection=str(connection), stream=stream, column=column, row_id=row_id)


def set_paused(
    database: Database,
    target: Target,
    *,
    paused: bool,
    by: str,
    mapped: Collection[str] | None = None,
) -> str:
    """Pause or resume it; answers what follows. `mapped` names the stream's columns if known.

    Raises:
        NotFound: there is no such connection, stream, field or record of the row.
    """
    if mapped is not None and target.column is not None and target.column not in mapped:
        raise NotFound(
            f"stream {target.connection}.{target.stream} maps no column {target.column}; "
            f"it maps {', '.join(mapped)}."
        )
    if target.stream is None:
        return _set_all(database, target, paused=paused, by=by)
    if target.column is None and target.row_id is None:
        pause_stream(database, target.connection, target.stream, paused=paused, by=by)
        return _said(target, paused=paused, follows="it is read completely once")
    with database.unit_of_work(Provenance(actor=by, origin="pause")) as session:
        if not streams.exists(session, target.connection, target.stream):
            raise NotFound(
                f"there is no stream {target.connection}.{target.stream}. "
                "`hub sync status` lists them."
            )
        if target.row_id is None:
            is_news = _set_field(session, target, by if paused else None)
            follows = "the stream is read completely once"
        else:
            is_news = _set_row(session, target, target.row_id, by if paused else None)
            follows = "the record is read again and merged"
        leases.ring(session, target.connection, "person")
    if not is_news:
        return f"{target.name} {'is paused already' if paused else 'was not paused'}."
    return _said(target, paused=paused, follows=follows)


def _said(target: Target, *, paused: bool, follows: str) -> str:
    if paused:
        return f"{target.name} is paused. Nothing is lost: when it resumes, {follows}."
    return f"{target.name} goes on: {follows}."


def _set_all(database: Database, target: Target, *, paused: bool, by: str) -> str:
    with database.reading() as session:
        names = pauses.stream_names(session, target.connection)
    if not names:
        raise NotFound(
            f"there is no connection {target.connection} that has run. "
            "`hub sync status` lists the streams."
        )
    for name in names:
        pause_stream(database, target.connection, name, paused=paused, by=by)
    return _said(target, paused=paused, follows=f"its {len(names)} streams are read completely")


def _set_field(session: Session, target: Target, by: str | None) -> bool:
    stream, column = str(target.stream), str(target.column)
    is_news = pauses.set_field_paused(
        session, target.connection, stream, column, by=by, at=clock.now()
    )
    if is_news and by is None:
        # What both sides made of it meanwhile is found by a complete read.
        streams.change(session, target.connection, stream, needs_reconcile=True)
    return is_news


def _set_row(session: Session, target: Target, row_id: UUID, by: str | None) -> bool:
    stream = str(target.stream)
    table = pauses.table_of_row(session, target.connection, stream, row_id)
    if table is None:
        raise NotFound(
            f"no record of {target.connection}.{stream} stands for row {row_id}. "
            "`hub sync why` says what stands for a row."
        )
    columns = (target.column,) if target.column else (WHOLE_ROW, *hub_columns(table))
    is_news = pauses.set_row_paused(
        session, target.connection, stream, row_id, columns, by=by, at=clock.now()
    )
    if is_news and by is None:
        links.recheck(session, target.connection, stream, [row_id], "resumed")
    return bool(is_news)
