"""How are the plans of a page written: rows, links, frozen cells, conflicts, in one transaction?

A row that Postgres refuses costs that row only: its cells are frozen with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from hub.core.links import HELD, LIVE, Frozen
from hub.core.mapping import StreamMapping
from hub.core.meeting import Disagreement, Edit, RecordPlan
from hub.core.merge import FreezeReason
from hub.core.values import Value
from hub.store import conflicts, links, rows
from hub.store.conflicts import ConflictRecord
from hub.store.database import Authorship, set_provenance
from hub.sync.connection import Work

Item = TypeVar("Item")
POINTS_NOWHERE = "the row that one of the cells points to was deleted for good"


def apply_page(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    plans: Sequence[RecordPlan],
    *,
    asks_again: bool = True,
) -> list[RecordPlan]:
    """Write plans; answers them as they were carried out.

    `asks_again` leaves word that what is left to push must be looked at.
    """
    plans = list(plans)
    if any(plan.inserts or plan.takes or plan.revives for plan in plans):
        plans = _insert(session, work, mapping, plans)
        plans = _update(session, work, mapping, plans)
        set_provenance(session, work.provenance())
    links.save_links(
        session,
        mapping.connection,
        mapping.stream,
        mapping.hub_table,
        [plan.link for plan in plans if plan.changes_link],
    )
    links.freeze(session, [(plan.link.id, cell) for plan in plans for cell in plan.freezes])
    links.thaw(session, [(plan.link.id, name) for plan in plans for name in plan.thaws])
    _keep_conflicts(session, mapping, plans)
    links.recheck(
        session,
        mapping.connection,
        mapping.stream,
        [plan.link.row_id for plan in plans if plan.has_to_push and asks_again],
        "differs after a read",
    )
    arrived = [plan.link for plan in plans if _arrives(plan)]
    if arrived:
        links.unpark(session, mapping.connection, mapping.stream, arrived)
    _count(work, plans)
    return plans


def _arrives(plan: RecordPlan) -> bool:
    came_back = plan.meeting.link.state != LIVE and plan.link.state == LIVE
    return plan.meeting.is_new_link or plan.inserts or plan.revives or came_back


def _insert(
    session: Session, work: Work, mapping: StreamMapping, plans: Sequence[RecordPlan]
) -> list[RecordPlan]:
    made = [plan for plan in plans if plan.inserts]
    if not made:
        return list(plans)

    def write(some: Sequence[RecordPlan]) -> None:
        authors = {plan.link.row_id: _authorship(_latest(plan)) for plan in some}
        set_provenance(session, replace(work.provenance(), authors=authors))
        rows.insert_rows(
            session,
            mapping.hub_table,
            {
                plan.link.row_id: {name: value for name, (value, _) in plan.takes.items()}
                for plan in some
            },
        )

    refused = _write_all(session, made, write)
    return [
        _hold_back(mapping, plan, refused[plan.link.row_id])
        if plan.link.row_id in refused
        else plan
        for plan in plans
    ]


def _hold_back(mapping: StreamMapping, plan: RecordPlan, reason: str) -> RecordPlan:
    """The row cannot be made: the link waits, every cell says why."""
    cells = tuple(_refused(mapping, plan, name, reason) for name in plan.takes)
    link = replace(plan.link, state=HELD, shadow={}, frozen={cell.field: cell for cell in cells})
    return replace(
        plan,
        link=link,
        takes={},
        inserts=False,
        freezes=(*plan.freezes, *cells),
        thaws=tuple(name for name in plan.thaws if name not in link.frozen),
    )


def _update(
    session: Session, work: Work, mapping: StreamMapping, plans: Sequence[RecordPlan]
) -> list[RecordPlan]:
    """One statement for each round: the n-th author of every record writes in the n-th."""
    changing = [plan for plan in plans if not plan.inserts and (plan.takes or plan.revives)]
    refused: dict[UUID, dict[str, str]] = {}
    for turn in _turns(changing):

        def write(some: Sequence[_Part]) -> None:
            authors = {part.row_id: _authorship(part.edit) for part in some}
            set_provenance(session, replace(work.provenance(), authors=authors))
            rows.update_rows(
                session, mapping.hub_table, {part.row_id: part.values for part in some}
            )

        parts = {part.row_id: part for part in turn}
        for row_id, reason in _write_all(session, turn, write).items():
            refused.setdefault(row_id, {}).update({name: reason for name in parts[row_id].values})
    return [
        _take_back(mapping, plan, refused[plan.link.row_id])
        if plan.link.row_id in refused
        else plan
        for plan in plans
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """What one author changed in one row."""

    row_id: UUID
    edit: Edit
    values: Mapping[str, Value]


def _turns(plans: Sequence[RecordPlan]) -> list[list[_Part]]:
    turns: list[list[_Part]] = []
    for plan in plans:
        by_author: dict[Edit, dict[str, Value]] = {}
        if plan.revives:
            by_author[_latest(plan)] = {"deleted_at": None}
        for name, (value, edit) in plan.takes.items():
            by_author.setdefault(edit, {})[name] = value
        ordered = sorted(by_author, key=lambda edit: edit.at.timestamp() if edit.at else 0.0)
        for turn, edit in enumerate(ordered):
            if turn == len(turns):
                turns.append([])
            turns[turn].append(_Part(row_id=plan.link.row_id, edit=edit, values=by_author[edit]))
    return turns


def _take_back(mapping: StreamMapping, plan: RecordPlan, refused: Mapping[str, str]) -> RecordPlan:
    """Postgres refused some cells: their shadow stays where it was, and they stand still."""
    before = plan.meeting.link.shadow
    cells = tuple(
        _refused(mapping, plan, name, reason)
        for name, reason in refused.items()
        if name in plan.takes
    )
    shadow = {
        name: before[name] if name in refused and name in before else pair
        for name, pair in plan.link.shadow.items()
        if name not in refused or name in before
    }
    frozen = {**plan.link.frozen, **{cell.field: cell for cell in cells}}
    return replace(
        plan,
        link=replace(plan.link, shadow=shadow, frozen=frozen),
        takes={name: take for name, take in plan.takes.items() if name not in refused},
        freezes=(*plan.freezes, *cells),
        thaws=tuple(name for name in plan.thaws if name not in refused),
    )


def _refused(mapping: StreamMapping, plan: RecordPlan, name: str, reason: str) -> Frozen:
    """A cell that Postgres refused; a link to a row that is gone waits until it is back."""
    incoming = plan.link.shadow[name].remote
    target = mapping.by_column(name).link
    if reason == POINTS_NOWHERE and target and isinstance(incoming, list) and len(incoming) == 1:
        return Frozen(
            field=name,
            reason=FreezeReason.PARKED.value,
            incoming=incoming,
            parked_stream=target,
            parked_on=str(incoming[0]),
        )
    return Frozen(field=name, reason=FreezeReason.REJECTED.value, incoming=incoming, detail=reason)


def _row_id(item: RecordPlan | _Part) -> UUID:
    return item.row_id if isinstance(item, _Part) else item.link.row_id


def _write_all(
    session: Session, items: Sequence[Item], write: Callable[[Sequence[Item]], None]
) -> dict[UUID, str]:
    """Write all that Postgres takes; the refused ones by row id, found by halving."""
    try:
        with session.begin_nested():
            write(items)
    except (IntegrityError, DataError) as exc:
        if len(items) == 1:
            return {_row_id(items[0]): _why(exc)}  # type: ignore[arg-type]  # plans and parts only
        middle = len(items) // 2
        return {
            **_write_all(session, items[:middle], write),
            **_write_all(session, items[middle:], write),
        }
    return {}


def _why(exc: IntegrityError | DataError) -> str:
    diagnosis = getattr(exc.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    if constraint.endswith("_live"):
        return "another live row has this value, and it must be unique; change one of the two"
    if constraint.endswith("_fkey"):
        return POINTS_NOWHERE
    primary = getattr(diagnosis, "message_primary", None) or type(exc.orig).__name__
    return f"the central database refuses it: {primary}"


def _latest(plan: RecordPlan) -> Edit:
    edits = [edit for _, edit in plan.takes.values()]
    if not edits:
        return Edit(actor="unknown", at=plan.meeting.record.modified_at)
    return max(edits, key=lambda edit: edit.at.timestamp() if edit.at else 0.0)


def _authorship(edit: Edit) -> Authorship:
    return Authorship(actor=edit.actor, edited_at=edit.at)


def _keep_conflicts(session: Session, mapping: StreamMapping, plans: Sequence[RecordPlan]) -> None:
    conflicts.close_conflicts(
        session,
        [
            (plan.link.id, name, winner.value if winner else None)
            for plan in plans
            for name, winner in plan.closed
        ],
    )
    conflicts.record_conflicts(
        session,
        mapping.connection,
        mapping.stream,
        mapping.hub_table,
        [_conflict(plan, item) for plan in plans for item in plan.disagreements],
    )


def _conflict(plan: RecordPlan, item: Disagreement) -> ConflictRecord:
    theirs, ours = item.their_edit, item.our_edit
    return ConflictRecord(
        link_id=plan.link.id,
        row_id=plan.link.row_id,
        external_id=plan.link.external_id,
        field=item.field,
        base=item.base,
        theirs=item.theirs,
        ours=item.ours,
        their_actor=theirs.actor if theirs else None,
        their_edited_at=theirs.at if theirs else None,
        our_actor=ours.actor if ours else None,
        our_edited_at=ours.at if ours else None,
        cause=item.cause,
        policy=item.policy.value,
        winner=item.winner.value if item.winner else None,
        status=conflicts.SETTLED if item.winner else conflicts.OPEN,
    )


def _count(work: Work, plans: Sequence[RecordPlan]) -> None:
    work.counts["records_read"] += len(plans)
    for plan in plans:
        work.counts["rows_created"] += plan.inserts
        work.counts["rows_revived"] += plan.revives
        work.counts["rows_changed"] += bool(plan.takes) and not plan.inserts
        work.counts["cells_changed"] += 0 if plan.inserts else len(plan.takes)
        work.counts["conflicts"] += len(plan.disagreements)
        work.counts["cells_frozen"] += len(plan.freezes)
