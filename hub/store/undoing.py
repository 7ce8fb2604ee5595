"""Which changes did a run or a person make, and what happened to those rows since?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.store.captured import CapturedTable, captured_tables
from hub.store.generic import generic
from hub.store.tables import TABLES


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The changes to undo: those of a run, or those of a person from one time to another."""

    run_id: UUID | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def range(self) -> tuple[datetime | None, datetime | None]:
        """From when to when."""
        return self.since, self.until

    def condition(self) -> tuple[str, dict[str, object]]:
        """The condition on `hub.change c`, and its values."""
        if self.run_id is not None:
            return "c.run_id = :run_id", {"run_id": self.run_id}
        # A change arrives after it was made: `at` bounds the search from below.
        return (
            "lower(c.actor) = lower(:actor) and c.at >= :since"
            " and coalesce(c.edited_at, c.at) >= :since and coalesce(c.edited_at, c.at) <= :until"
        ), {"actor": self.actor, "since": self.since, "until": self.until}


@dataclass(frozen=True, kw_only=True, slots=True)
class RowChange:
    """One change of a row that was selected, or that came after one that was."""

    id: int
    tx: int
    row_id: UUID
    operation: str
    columns: frozenset[str]
    actor: str
    origin: str
    at: datetime
    is_selected: bool


@generic(Session)
def selected_rows(session: Session, selection: Selection) -> list[tuple[CapturedTable, list[UUID]]]:
    """The rows that the selection changed, by table: facts are loaded anew, not undone."""
    condition, bound = selection.condition()
    found: list[tuple[CapturedTable, list[UUID]]] = []
    for table in captured_tables(session):
        if table.is_fact or table.name not in TABLES:
            continue
        row_ids = session.scalars(
            text(
                "select distinct c.row_id from hub.change c"  # noqa: S608  # constants
                f" where c.table_id = :table_id and {condition} order by c.row_id"
            ),
            {"table_id": table.id, **bound},
        )
        listed = list(row_ids)
        if listed:
            found.append((table, listed))
    return found


@generic(Session)
def changes_since(
    session: Session, table: CapturedTable, row_ids: Sequence[UUID], selection: Selection
) -> dict[UUID, list[RowChange]]:
    """Each row's changes from its first selected one on, the newest first."""
    condition, bound = selection.condition()
    found = session.execute(
        text(
            "with first as (select c.row_id, min(c.id) as id from hub.change c"  # noqa: S608  # constants
            " where c.table_id = :table_id and c.row_id = any(cast(:ids as uuid[]))"
            f" and {condition}"
            " group by c.row_id)"
            f" select c.*, ({condition}) as is_selected from hub.change c"
            " join first f on f.row_id = c.row_id and c.id >= f.id"
            " where c.table_id = :table_id order by c.row_id, c.id desc"
        ),
        {"table_id": table.id, "ids": [str(row_id) for row_id in row_ids], **bound},
    )
    changes: dict[UUID, list[RowChange]] = {}
    for row in found:
        numbers = table.columns if row.columns is None else row.columns
        changes.setdefault(row.row_id, []).append(
            RowChange(
                id=row.id,
                tx=row.tx,
                row_id=row.row_id,
                operation=row.operation,
                columns=frozenset(table.columns[n] for n in numbers if n in table.columns),
                actor=row.actor,
                origin=row.origin,
                at=row.at,
                is_selected=bool(row.is_selected),
            )
        )
    return changes


@generic(Session)
def run_of(session: Session, run_id: UUID) -> Mapping[str, Any] | None:
    """What is known of a run."""
    row = session.execute(
        text("select * from hub.run where id = :id"), {"id": run_id}
    ).one_or_none()
    return dict(row._mapping) if row else None


@generic(Session)
def senders_of(session: Session, run_id: UUID) -> int:
    """How many cells a push run sent to the other side."""
    counted: int = session.execute(
        text("select count(*) from hub.write_intent where run_id = :id"), {"id": run_id}
    ).scalar_one()
    return counted


@generic(Session)
def actors_between(session: Session, selection: Selection) -> Iterator[str]:
    """Who changed anything in the selection's time, the busiest first."""
    found = session.scalars(
        text(
            "select actor from hub.change where at >= :since"
            " and coalesce(edited_at, at) between :since and :until"
            " group by actor order by count(*) desc limit 10"
        ),
        {"since": selection.since, "until": selection.until},
    )
    yield from found
