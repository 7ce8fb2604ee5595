"""How does the memory store answer the questions of `hub.store.undoing`?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from simulation.memory_store.answers_change_log import captured_tables
from simulation.memory_store.change_log import CapturedChange
from simulation.memory_store.session import MemorySession

from hub.store import undoing
from hub.store.captured import CapturedTable
from hub.store.tables import TABLES
from hub.store.undoing import RowChange, Selection


def _is_within(change: CapturedChange, selection: Selection) -> bool:
    assert selection.since is not None
    assert selection.until is not None
    made: datetime = change.edited_at or change.at
    return change.at >= selection.since and selection.since <= made <= selection.until


def _is_selected(change: CapturedChange, selection: Selection) -> bool:
    if selection.run_id is not None:
        return change.run_id == selection.run_id
    is_theirs = change.actor.lower() == (selection.actor or "").lower()
    return is_theirs and _is_within(change, selection)


def _visible(session: MemorySession) -> Iterator[CapturedChange]:
    return (change for change in session.store.changes.entries if session.sees(change.tx))


@undoing.selected_rows.register(MemorySession)
def selected_rows(
    session: MemorySession, selection: Selection
) -> list[tuple[CapturedTable, list[UUID]]]:
    chosen: dict[str, set[UUID]] = {}
    for change in _visible(session):
        if _is_selected(change, selection):
            chosen.setdefault(change.table, set()).add(change.row_id)
    return [
        (table, sorted(chosen[table.name]))
        for table in captured_tables(session)
        if table.name in chosen and table.name in TABLES
    ]


@undoing.changes_since.register(MemorySession)
def changes_since(
    session: MemorySession, table: CapturedTable, row_ids: Sequence[UUID], selection: Selection
) -> dict[UUID, list[RowChange]]:
    found: dict[UUID, list[RowChange]] = {}
    for row_id in sorted(set(row_ids)):
        changes = session.store.changes.of_row(session, table.name, row_id)
        selected = [change for change in changes if _is_selected(change, selection)]
        if selected:
            later = [change for change in changes if change.id >= selected[0].id]
            found[row_id] = [
                RowChange(
                    id=change.id,
                    tx=change.tx,
                    row_id=row_id,
                    operation=change.operation.value,
                    columns=frozenset(change.columns),
                    actor=change.actor,
                    origin=change.origin,
                    at=change.at,
                    is_selected=_is_selected(change, selection),
                )
                for change in reversed(later)
            ]
    return found


@undoing.run_of.register(MemorySession)
def run_of(session: MemorySession, run_id: UUID) -> Mapping[str, Any] | None:
    row = session.get(session.store.hub.run, run_id)
    return None if row is None else dict(row)


@undoing.senders_of.register(MemorySession)
def senders_of(session: MemorySession, run_id: UUID) -> int:
    hub = session.store.hub
    return session.count(hub.write_intent, hub.intent_run, run_id)


@undoing.actors_between.register(MemorySession)
def actors_between(session: MemorySession, selection: Selection) -> Iterator[str]:
    busy = Counter(change.actor for change in _visible(session) if _is_within(change, selection))
    for actor, _ in busy.most_common(10):
        yield actor
