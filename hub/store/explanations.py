"""What do the change log, the conflicts and the write intents say of one cell?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.values import Unfit, Value, canonical
from hub.store.captured import CapturedTable, find_captured
from hub.store.generic import generic
from hub.store.history import OPEN
from hub.store.tables import hub_columns


@dataclass(frozen=True, kw_only=True, slots=True)
class CellStep:
    """One change of a cell: by whom, through which run, from what to what.

    The values are the ones between transactions; None also stands for a row that was not there.
    """

    change_id: int
    operation: str
    actor: str
    origin: str
    edited_at: datetime | None
    at: datetime
    run_id: UUID | None
    run_kind: str | None
    run_trigger: str | None
    before: Value
    after: Value


@generic(Session)
def cell_steps(
    session: Session, table_name: str, row_id: UUID, column: str, *, limit: int
) -> list[CellStep]:
    """The changes of a cell, the newest first.

    Raises:
        InvalidInput: the table is not captured.
    """
    (captured,) = find_captured(session, [table_name])
    number = next(key for key, name in captured.columns.items() if name == column)
    found = session.execute(
        text(
            f"""
            select c.*, r.kind as run_kind, r.trigger as run_trigger,
                (select to_jsonb(h."{column}") from {captured.history} h
                    where h.id = c.row_id and h.tx_to = c.tx limit 1) as before,
                (select to_jsonb(h."{column}") from {captured.history} h
                    where h.id = c.row_id and h.tx_from = c.tx limit 1) as after
            from hub.change c left join hub.run r on r.id = c.run_id
            where c.table_id = :table_id and c.row_id = :row_id
                and (c.columns is null or :number = any(c.columns))
            order by c.id desc limit :limit
            """  # noqa: S608  # quoted by CapturedTable; the column is one of the table's
        ),
        {"table_id": captured.id, "row_id": row_id, "number": number, "limit": limit},
    )
    return [
        CellStep(
            change_id=row.id,
            operation=row.operation,
            actor=row.actor,
            origin=row.origin,
            edited_at=row.edited_at,
            at=row.at,
            run_id=row.run_id,
            run_kind=row.run_kind,
            run_trigger=row.run_trigger,
            before=shown_value(table_name, column, row.before),
            after=shown_value(table_name, column, row.after),
        )
        for row in found
    ]


def shown_value(table_name: str, column: str, raw: object) -> Value:
    """A raw value of a column in the form that people and streams see."""
    hub_column = hub_columns(table_name).get(column)
    if hub_column is None or raw is None:
        return None if raw is None else str(raw)
    value = canonical(hub_column.kind, raw, scale=hub_column.scale)
    return str(raw) if isinstance(value, Unfit) else value


@generic(Session)
def conflicts_of(session: Session, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    """The conflicts about a cell, the newest first."""
    found = session.execute(
        text(
            "select * from hub.conflict where row_id = :row_id and field = :field"
            " order by created_at desc limit 200"
        ),
        {"row_id": row_id, "field": column},
    )
    return [dict(row._mapping) for row in found]


@generic(Session)
def intents_of(session: Session, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    """What was sent, or was about to be, for a cell; the newest first."""
    found = session.execute(
        text(
            "select i.*, r.trigger as run_trigger from hub.write_intent i"
            " left join hub.run r on r.id = i.run_id"
            " where i.row_id = :row_id and i.field in (:field, '')"
            " order by i.created_at desc limit 200"
        ),
        {"row_id": row_id, "field": column},
    )
    return [dict(row._mapping) for row in found]


@generic(Session)
def standing_of(session: Session, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    """The agreed pair of a cell in each stream that carries its row, and why it stands still."""
    found = session.execute(
        text(
            "select l.connection, l.stream, l.external_id, l.state, l.created_at, l.deleted_at,"
            " l.shadow -> :field as pair, f.reason, f.detail, f.since, f.incoming,"
            " f.parked_on, f.parked_stream, a.since as asked_since, a.reason as asked_reason"
            " from hub.record_link l"
            " left join hub.frozen_cell f on f.link_id = l.id and f.field = :field"
            " left join hub.recheck a on a.connection = l.connection and a.stream = l.stream"
            "  and a.row_id = l.row_id"
            " where l.row_id = :row_id order by l.connection, l.stream, l.created_at"
        ),
        {"row_id": row_id, "field": column},
    )
    return [dict(row._mapping) for row in found]


@generic(Session)
def versions_before(
    session: Session, captured: CapturedTable, row_ids: list[UUID], txs: list[int]
) -> dict[tuple[UUID, int], Mapping[str, Any]]:
    """What these rows held until one of these transactions ended it, by row and transaction."""
    found = session.execute(
        text(
            f"select * from {captured.history}"  # noqa: S608  # quoted by CapturedTable
            " where id = any(cast(:ids as uuid[])) and tx_to = any(cast(:txs as bigint[]))"
            " and tx_to <> :open"
        ),
        {"ids": [str(row_id) for row_id in row_ids], "txs": txs, "open": OPEN},
    )
    return {(row["id"], row["tx_to"]): dict(row) for row in found.mappings()}
