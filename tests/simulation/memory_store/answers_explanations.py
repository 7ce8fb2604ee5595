"""How does the memory store answer the questions of `hub.store.explanations`?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from simulation.memory_store.answers_change_log import find_captured
from simulation.memory_store.change_log import CapturedChange, versions
from simulation.memory_store.columns import as_json
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.store import explanations
from hub.store.captured import CapturedTable
from hub.store.explanations import CellStep, shown_value

MOST = 200


@explanations.cell_steps.register(MemorySession)
def cell_steps(
    session: MemorySession, table_name: str, row_id: UUID, column: str, *, limit: int
) -> list[CellStep]:
    find_captured(session, [table_name])
    together = versions(session.store.changes.of_row(session, table_name, row_id))
    steps = [
        _step(session, table_name, column, change, group)
        for group in reversed(together)
        for change in reversed(group)
        if column in change.columns
    ]
    return steps[:limit]


def _step(
    session: MemorySession,
    table: str,
    column: str,
    change: CapturedChange,
    together: list[CapturedChange],
) -> CellStep:
    run = session.get(session.store.hub.run, change.run_id) if change.run_id else None
    return CellStep(
        change_id=change.id,
        operation=change.operation.value,
        actor=change.actor,
        origin=change.origin,
        edited_at=change.edited_at,
        at=change.at,
        run_id=change.run_id,
        run_kind=run["kind"] if run else None,
        run_trigger=run["trigger"] if run else None,
        before=_shown(table, column, together[0].before),
        after=_shown(table, column, together[-1].after),
    )


def _shown(table: str, column: str, raw: Row | None) -> Any:
    return None if raw is None else shown_value(table, column, as_json(raw[column]))


@explanations.conflicts_of.register(MemorySession)
def conflicts_of(session: MemorySession, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    hub = session.store.hub
    found = session.find(hub.conflict, hub.conflict_row, (row_id, column))
    return [dict(row) for row in sorted(found, key=_made, reverse=True)[:MOST]]


def _made(row: Row) -> Any:
    return row["created_at"]


@explanations.intents_of.register(MemorySession)
def intents_of(session: MemorySession, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    hub = session.store.hub
    found = [
        row
        for row in session.find(hub.write_intent, hub.intent_row, row_id)
        if row["field"] in (column, "")
    ]
    told: list[Mapping[str, Any]] = []
    for row in sorted(found, key=_made, reverse=True)[:MOST]:
        run = session.get(hub.run, row["run_id"])
        told.append({**row, "run_trigger": run["trigger"] if run else None})
    return told


@explanations.standing_of.register(MemorySession)
def standing_of(session: MemorySession, row_id: UUID, column: str) -> list[Mapping[str, Any]]:
    hub = session.store.hub
    found = session.find(hub.record_link, hub.link_row_id, row_id)
    found.sort(key=lambda row: (row["connection"], row["stream"], row["created_at"]))
    return [_standing(session, row, column) for row in found]


def _standing(session: MemorySession, row: Row, column: str) -> dict[str, Any]:
    hub = session.store.hub
    cell = session.get(hub.frozen_cell, (row["id"], column)) or {}
    asked = session.get(hub.recheck, (row["connection"], row["stream"], row["row_id"])) or {}
    pair = row["link"].shadow.get(column)
    linked = ("connection", "stream", "external_id", "state", "created_at", "deleted_at")
    frozen = ("reason", "detail", "since", "incoming", "parked_on", "parked_stream")
    return {
        **{name: row[name] for name in linked},
        "pair": None if pair is None else {"h": pair.hub, "r": pair.remote},
        **{name: cell.get(name) for name in frozen},
        "asked_since": asked.get("since"),
        "asked_reason": asked.get("reason"),
    }


@explanations.versions_before.register(MemorySession)
def versions_before(
    session: MemorySession, captured: CapturedTable, row_ids: list[UUID], txs: list[int]
) -> dict[tuple[UUID, int], Mapping[str, Any]]:
    wanted = set(txs)
    found: dict[tuple[UUID, int], Mapping[str, Any]] = {}
    for row_id in row_ids:
        for together in versions(session.store.changes.of_row(session, captured.name, row_id)):
            first = together[0]
            if first.tx in wanted and first.before is not None:
                found[row_id, first.tx] = first.before
    return found
