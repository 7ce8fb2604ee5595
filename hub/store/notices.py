"""Which facts were loaded, corrected or removed between two ticks?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.store.captured import captured_tables, find_captured
from hub.store.generic import generic
from hub.store.operations import Operation
from hub.store.ticks import between


@dataclass(frozen=True, kw_only=True, slots=True)
class FactNotice:
    """What one statement did to facts. `client_ids` is None where they are too many to list."""

    id: int
    tx: int
    table: str
    operation: Operation
    first_day: date | None
    last_day: date | None
    client_ids: tuple[UUID, ...] | None
    row_count: int
    actor: str
    origin: str
    run_id: UUID | None
    at: datetime


@generic(Session)
def read_notices(
    session: Session, *, after: int | None, until: int, tables: Iterable[str] | None = None
) -> Sequence[FactNotice]:
    """The notices that tick `until` has seen and tick `after` has not, in order.

    Raises:
        TickUnknown: a tick is none of this database's.
        InvalidInput: a table is not captured.
    """
    known = captured_tables(session) if tables is None else find_captured(session, tables)
    names = {table.id: table.name for table in known}
    condition, values = between(session, after=after, until=until)
    found = session.execute(
        text(
            "select * from hub.fact_notice"  # noqa: S608  # a constant condition
            f" where table_id = any(:tables) and {condition} order by id"
        ),
        {"tables": list(names), **values},
    )
    return [
        FactNotice(
            id=row.id,
            tx=row.tx,
            table=names[row.table_id],
            operation=Operation(row.operation),
            first_day=row.first_day,
            last_day=row.last_day,
            client_ids=tuple(row.client_ids) if row.client_ids is not None else None,
            row_count=row.row_count,
            actor=row.actor,
            origin=row.origin,
            run_id=row.run_id,
            at=row.at,
        )
        for row in found
    ]
