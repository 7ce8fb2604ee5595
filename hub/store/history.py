"""What was in a row before, and what was in it at a tick?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.store.captured import find_captured
from hub.store.generic import generic
from hub.store.ticks import find_tick

OPEN = 2**63 - 1
"""`tx_to` of the version that stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowVersion:
    """What a row held from one transaction to another; `tx_to` is None while it stands.

    The author is None where the row is older than its capture.
    """

    values: Mapping[str, object]
    tx_from: int
    tx_to: int | None
    change_id: int | None
    actor: str | None
    origin: str | None
    edited_at: datetime | None
    at: datetime | None


@generic(Session)
def row_history(session: Session, table: str, row_id: UUID) -> Sequence[RowVersion]:
    """Every version of a row, the oldest first; a deleted row's last one has an end.

    Raises:
        InvalidInput: the table is not captured.
    """
    (captured,) = find_captured(session, [table])
    found = session.execute(
        text(
            f"""
            select h.*, c.id as hub__id, c.actor as hub__actor, c.origin as hub__origin,
                c.edited_at as hub__edited_at, c.at as hub__at
            from {captured.history} h left join lateral (
                select * from hub.change c where c.table_id = :table_id and c.row_id = h.id
                    and c.tx = h.tx_from order by c.id desc limit 1
            ) c on true
            where h.id = :row_id order by c.id nulls first
            """  # noqa: S608  # quoted by CapturedTable
        ),
        {"table_id": captured.id, "row_id": row_id},
    )
    return [_version(dict(row), captured.columns.values()) for row in found.mappings()]


@generic(Session)
def row_as_of(session: Session, table: str, row_id: UUID, tick: int) -> dict[str, Any] | None:
    """What the row held at the tick; None where there was none.

    Raises:
        TickUnknown: the tick is none of this database's.
        InvalidInput: the table is not captured.
    """
    (captured,) = find_captured(session, [table])
    find_tick(session, tick)
    row = (
        session.execute(
            text(f"select * from {captured.as_of}(:tick) where id = :row_id"),  # noqa: S608  # quoted
            {"tick": tick, "row_id": row_id},
        )
        .mappings()
        .one_or_none()
    )
    return dict(row) if row is not None else None


def _version(row: Mapping[str, Any], columns: Iterable[str]) -> RowVersion:
    return RowVersion(
        values={name: row[name] for name in columns},
        tx_from=row["tx_from"],
        tx_to=None if row["tx_to"] == OPEN else row["tx_to"],
        change_id=row["hub__id"],
        actor=row["hub__actor"],
        origin=row["hub__origin"],
        edited_at=row["hub__edited_at"],
        at=row["hub__at"],
    )
