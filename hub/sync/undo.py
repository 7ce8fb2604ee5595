"""What would it take to put back what a run or a person changed, and what must be left alone?

A cell goes back to what it held before the newest unbroken series of selected changes. A cell
that somebody else changed since is left as it is, and listed. The values are written to the hub's
rows with origin *undo* under a run of their own: the push carries them to the other side, and
undoing that run undoes the undo.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from hub import clock
from hub.core.values import Value
from hub.errors import InvalidInput, NotFound
from hub.store import explanations, rows, runs, undoing
from hub.store.captured import CapturedTable
from hub.store.database import Provenance, set_provenance
from hub.store.generic import UnitsOfWork
from hub.store.rows import Row
from hub.store.tables import hub_columns
from hub.store.undoing import RowChange, Selection

SLICE = 200


class Action(enum.StrEnum):
    """What is done to a row."""

    SET = "set"
    DELETE = "delete"
    RESTORE = "restore"


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoneCell:
    """A cell to put back; for a whole row `column` is None."""

    table: str
    row_id: UUID
    action: Action
    column: str | None
    now: Value
    back_to: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftCell:
    """A cell that stays as it is, and why."""

    table: str
    row_id: UUID
    column: str | None
    reason: str


@dataclass(kw_only=True, slots=True)
class Undoing:
    """What is put back and what is left; `run_id` names the undo once it has been done."""

    cells: list[UndoneCell] = field(default_factory=list)
    left: list[LeftCell] = field(default_factory=list)
    run_id: UUID | None = None


def preview_undo(database: UnitsOfWork, selection: Selection) -> Undoing:
    """What `apply_undo` would do; nothing is written.

    Raises:
        NotFound: nothing was changed by that run or person.
    """
    undoing_now = Undoing()
    with database.reading() as session:
        for table, row_ids in _selected(session, selection):
            known = rows.load_rows(session, table.name, row_ids)
            for plan in _plans(session, table, row_ids, known, selection, undoing_now):
                undoing_now.cells += plan.cells
    return undoing_now


def apply_undo(database: UnitsOfWork, selection: Selection, by: str) -> Undoing:
    """Put back what the selection replaced, in one transaction; cells changed since are left.

    Raises:
        NotFound: nothing was changed by that run or person.
    """
    done = Undoing()
    provenance = Provenance(actor=by, origin="undo", edited_at=clock.now())
    with database.unit_of_work(provenance) as session:
        chosen = list(_selected(session, selection))
        connection = "hub"
        if selection.run_id is not None:
            run = undoing.run_of(session, selection.run_id)
            connection = run["connection"] if run else connection
        done.run_id = runs.start_run(session, connection, None, "undo", by)
        set_provenance(
            session,
            Provenance(actor=by, origin="undo", run_id=done.run_id, edited_at=provenance.edited_at),
        )
        for table, row_ids in chosen:
            known = rows.load_rows(session, table.name, row_ids, lock=True)
            plans = _plans(session, table, row_ids, known, selection, done)
            for plan in _written(session, table, list(plans), done):
                done.cells += plan.cells
        runs.finish_run(
            session,
            done.run_id,
            status="succeeded",
            counts={"cells_put_back": len(done.cells), "cells_left": len(done.left)},
            requests=0,
        )
    return done


def _selected(session: Session, selection: Selection) -> Iterator[tuple[CapturedTable, list[UUID]]]:
    found = undoing.selected_rows(session, selection)
    if not found:
        raise NotFound(_nothing(session, selection))
    for table, row_ids in found:
        for start in range(0, len(row_ids), SLICE):
            yield table, row_ids[start : start + SLICE]


def _nothing(session: Session, selection: Selection) -> str:
    if selection.run_id is not None:
        return _nothing_of_run(session, selection.run_id)
    known = ", ".join(undoing.actors_between(session, selection))
    since, until = (f"{at:%Y-%m-%d %H:%M}" if at else "ever" for at in selection.range)
    return f"{selection.actor!r} changed nothing from {since} to {until} (UTC). " + (
        f"These did: {known}." if known else "Nobody did; widen the range."
    )


def _nothing_of_run(session: Session, run_id: UUID) -> str:
    run = undoing.run_of(session, run_id)
    if run is None:
        return (
            f"there is no run {run_id}, and no change of it. "
            "`hub sync why` names the run of each change."
        )
    sent = undoing.senders_of(session, run_id)
    if sent:
        return (
            f"run {run_id} sent {sent} cells that people had changed at the hub, and "
            "changed no row itself. Undo those changes: `hub sync undo person NAME --from TIME "
            "--to TIME`; the values go back at the other side, too."
        )
    return f"run {run_id} ({run['kind']}) changed no row: there is nothing to undo."


@dataclass(frozen=True, kw_only=True, slots=True)
class _RowPlan:
    row_id: UUID
    values: Mapping[str, Any]
    inserts: bool
    cells: tuple[UndoneCell, ...]


def _plans(
    session: Session,
    table: CapturedTable,
    row_ids: Sequence[UUID],
    known: Mapping[UUID, Row],
    selection: Selection,
    told: Undoing,
) -> Iterator[_RowPlan]:
    changes = undoing.changes_since(session, table, row_ids, selection)
    txs = sorted({c.tx for listed in changes.values() for c in listed if c.is_selected})
    versions = explanations.versions_before(session, table, list(changes), txs)
    for row_id, listed in changes.items():
        plan = _plan_row(table.name, row_id, listed, known.get(row_id), versions, told)
        if plan is not None:
            yield plan


def _plan_row(
    table: str,
    row_id: UUID,
    listed: Sequence[RowChange],
    row: Row | None,
    versions: Mapping[tuple[UUID, int], Mapping[str, Any]],
    told: Undoing,
) -> _RowPlan | None:
    foreign = next((change for change in listed if not change.is_selected), None)
    if row is None and not listed[0].is_selected:
        told.left.append(_left(table, row_id, None, listed[0], "deleted"))
        return None
    if any(c.operation == "I" and c.is_selected for c in listed):
        born_after_death = any(c.operation == "D" for c in listed)
        if not born_after_death:
            return _plan_newborn(table, row_id, row, foreign, told)
    values: dict[str, Any] = {}
    cells: list[UndoneCell] = []
    columns = [*hub_columns(table), "deleted_at"]
    for column in columns:
        oldest = _oldest_of_series(listed, column)
        if oldest is None:
            continue
        if not oldest.is_selected:
            told.left.append(_left(table, row_id, column, oldest, "changed"))
            continue
        version = versions.get((row_id, oldest.tx))
        if version is None:
            # Made and changed in one transaction, or older than its capture: nothing to go to.
            continue
        back_to = explanations.shown_value(table, column, version[column])
        now = _now(row, column)
        if row is not None and now == back_to:
            continue
        values[column] = version[column]
        if row is not None:
            cells.append(
                UndoneCell(
                    table=table,
                    row_id=row_id,
                    action=Action.SET,
                    column=column,
                    now=now,
                    back_to=back_to,
                )
            )
    if not values:
        return None
    if row is None:
        whole = UndoneCell(
            table=table, row_id=row_id, action=Action.RESTORE, column=None, now=None, back_to=None
        )
        return _RowPlan(row_id=row_id, values=values, inserts=True, cells=(whole,))
    return _RowPlan(row_id=row_id, values=values, inserts=False, cells=tuple(cells))


def _plan_newborn(
    table: str, row_id: UUID, row: Row | None, foreign: RowChange | None, told: Undoing
) -> _RowPlan | None:
    """A row that the selection made goes again, unless somebody else worked on it since."""
    if row is None or row.deleted_at is not None:
        return None
    if foreign is not None:
        told.left.append(_left(table, row_id, None, foreign, "made by it, and changed"))
        return None
    gone = UndoneCell(
        table=table, row_id=row_id, action=Action.DELETE, column=None, now=None, back_to=None
    )
    values = {"deleted_at": clock.now().isoformat()}
    return _RowPlan(row_id=row_id, values=values, inserts=False, cells=(gone,))


def _oldest_of_series(listed: Sequence[RowChange], column: str) -> RowChange | None:
    """The first change of the newest unbroken series of selected ones; else whose came after.

    None where the selection never touched the cell.
    """
    touching = [change for change in listed if column in change.columns]
    if not any(change.is_selected for change in touching):
        return None
    if not touching[0].is_selected:
        return touching[0]
    oldest = touching[0]
    for change in touching:
        if not change.is_selected:
            break
        oldest = change
    return oldest


def _now(row: Row | None, column: str) -> Value:
    if row is None:
        return None
    if column == "deleted_at":
        return str(row.deleted_at) if row.deleted_at else None
    return row.values.get(column)


def _left(table: str, row_id: UUID, column: str | None, change: RowChange, what: str) -> LeftCell:
    return LeftCell(
        table=table,
        row_id=row_id,
        column=column,
        reason=f"{what} since by {change.actor} (change {change.id}, "
        f"{change.at:%Y-%m-%d %H:%M:%S}, {change.origin})",
    )


def _written(
    session: Session, table: CapturedTable, plans: Sequence[_RowPlan], told: Undoing
) -> list[_RowPlan]:
    """Write all that Postgres takes; what it refuses is left, found by halving."""
    if not plans:
        return []
    try:
        with session.begin_nested():
            _write(session, table.name, plans)
    except (IntegrityError, DataError) as exc:
        if len(plans) == 1:
            diagnosis = getattr(exc.orig, "diag", None)
            primary = getattr(diagnosis, "message_primary", None) or type(exc.orig).__name__
            told.left.append(
                LeftCell(
                    table=table.name,
                    row_id=plans[0].row_id,
                    column=None,
                    reason=f"the central database refuses it: {primary}",
                )
            )
            return []
        middle = len(plans) // 2
        return [
            *_written(session, table, plans[:middle], told),
            *_written(session, table, plans[middle:], told),
        ]
    return list(plans)


def _write(session: Session, table: str, plans: Sequence[_RowPlan]) -> None:
    editable = hub_columns(table)
    rows.update_rows(session, table, {p.row_id: p.values for p in plans if not p.inserts})
    made = [plan for plan in plans if plan.inserts]
    rows.insert_rows(
        session,
        table,
        {
            plan.row_id: {
                name: explanations.shown_value(table, name, value)
                for name, value in plan.values.items()
                if name in editable
            }
            for plan in made
        },
    )


def person_selection(actor: str, since: datetime, until: datetime) -> Selection:
    """The changes of a person in a range of time.

    Raises:
        InvalidInput: the range is empty or has no time zone.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise InvalidInput("--from and --to need a time zone. Write 2026-11-24T10:31Z for UTC.")
    if since >= until:
        raise InvalidInput(f"--from {since} is not before --to {until}. Swap them.")
    return Selection(actor=actor, since=since, until=until)
