"""Given a record as read and its row as it stands, what must be written in the hub?

The same plan serves pull, backfill, reconcile and the re-read before a push: each brings a record
read whole, and whatever it finds different from the shadow goes through the merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from hub.core.consequences import (
    NOTHING_CLEARED,
    Cleared,
    cleared_with_targets,
    verdict,
    without_kept,
)
from hub.core.links import HELD, LIVE, TOMBSTONE, Frozen
from hub.core.mapping import (
    FieldMapping,
    Parked,
    Resolve,
    StreamMapping,
    readable,
    set_form,
    to_hub,
)
from hub.core.meeting import (
    NO_FATE,
    UNKNOWN_ACTOR,
    Disagreement,
    Edit,
    Meeting,
    RecordPlan,
    empty_of,
)
from hub.core.merge import (
    Action,
    Cell,
    Clash,
    Decision,
    FreezeReason,
    Pair,
    Rules,
    Winner,
    asks_to_push,
    merge_cell,
)
from hub.core.policies import ConflictPolicy, Direction
from hub.core.records import FieldSchema
from hub.core.values import MISSING, Unfit, Value, is_empty


def plan_record(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    meeting: Meeting,
    resolve: Resolve,
) -> RecordPlan:
    """The plan for one record; `fields` holds the schema of the remote fields that still exist."""
    if meeting.link.is_paused:
        return RecordPlan(meeting=meeting, link=meeting.link, takes={})
    # A new link with a shadow is of a create whose row was deleted before its answer came.
    is_news = meeting.is_new_link and not meeting.link.shadow
    if meeting.row is None and (is_news or meeting.link.state != LIVE):
        return _plan_new_row(mapping, fields, meeting, resolve)
    if meeting.row is None or meeting.is_row_deleted:
        return _plan_deleted_row(mapping, fields, meeting, resolve)
    plan = _plan_cells(mapping, fields, meeting, meeting.row, resolve)
    if meeting.link.state != LIVE:
        # It was deleted or held, and here it is again.
        plan = replace(plan, link=replace(plan.link, state=LIVE))
    return plan


def _carries_wrong_hub_id(mapping: StreamMapping, meeting: Meeting) -> bool:
    """Whether the record shows another row's id: edited by hand, or pasted with a copy."""
    if mapping.hub_id_field is None:
        return False
    carried = meeting.record.fields.get(mapping.hub_id_field)
    return carried is not None and carried != str(meeting.link.row_id)


def _hub_id_stands(mapping: StreamMapping, meeting: Meeting) -> bool:
    if mapping.hub_id_field is None:
        return True
    return meeting.record.fields.get(mapping.hub_id_field) == str(meeting.link.row_id)


def _plan_new_row(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    meeting: Meeting,
    resolve: Resolve,
) -> RecordPlan:
    takes: dict[str, tuple[Value, Edit]] = {}
    shadow: dict[str, Pair] = {}
    freezes: list[Frozen] = []
    is_held = False
    for field_mapping in mapping.fields:
        schema = fields.get(field_mapping.field_id)
        if schema is None or field_mapping.direction is Direction.TO_SOURCE:
            continue
        column = field_mapping.column
        theirs = meeting.record.fields.get(field_mapping.field_id, empty_of(schema))
        as_hub = to_hub(field_mapping, schema, theirs, resolve)
        if isinstance(as_hub, (Unfit, Parked)):
            freezes.append(_frozen(column.name, theirs, as_hub))
            is_held = is_held or (not column.is_nullable and column.default is None)
            continue
        takes[column.name] = (as_hub, _their_edit(meeting, field_mapping))
        shadow[column.name] = Pair(hub=as_hub, remote=theirs)
    link = replace(
        meeting.link,
        state=HELD if is_held else LIVE,
        has_hub_id=_hub_id_stands(mapping, meeting),
        shadow={} if is_held else shadow,
        frozen={cell.field: cell for cell in freezes},
    )
    return RecordPlan(
        meeting=meeting,
        link=link,
        takes={} if is_held else takes,
        inserts=not is_held,
        freezes=tuple(freezes),
        thaws=tuple(name for name in meeting.link.frozen if name not in link.frozen),
        has_to_push=_carries_wrong_hub_id(mapping, meeting),
    )


def _plan_deleted_row(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    meeting: Meeting,
    resolve: Resolve,
) -> RecordPlan:
    """We deleted the row, the record is still there: an edit made since wins, else it waits."""
    if meeting.link.state == TOMBSTONE or (meeting.is_new_link and not meeting.link.shadow):
        edited = True
    else:
        edited = any(
            name in meeting.link.shadow
            and meeting.record.fields.get(m.field_id, empty_of(fields[m.field_id]))
            != meeting.link.shadow[name].remote
            for m in mapping.fields
            if m.field_id in fields and m.direction is not Direction.TO_SOURCE
            for name in (m.column.name,)
        )
    if not edited:
        return RecordPlan(meeting=meeting, link=meeting.link, takes={}, has_to_push=True)
    was_pending = meeting.link.state == LIVE and not meeting.is_new_link
    if meeting.row is None:
        plan = _plan_new_row(mapping, fields, replace(meeting, is_new_link=True), resolve)
        plan = replace(plan, meeting=meeting)
    else:
        plan = _plan_cells(mapping, fields, meeting, meeting.row, resolve)
        plan = replace(plan, revives=True, link=replace(plan.link, state=LIVE))
    if not was_pending:
        return plan
    edit = max(
        meeting.edits.values(),
        key=lambda e: e.at.timestamp() if e.at else 0.0,
        default=Edit(actor=UNKNOWN_ACTOR, at=meeting.record.modified_at),
    )
    told = Disagreement(
        field="deleted_at",
        base=None,
        theirs=None,
        ours="deleted",
        their_edit=edit,
        our_edit=meeting.our_edits.get("deleted_at"),
        cause="edit_against_delete",
        policy=ConflictPolicy.SOURCE,
        winner=Winner.THEIRS,
    )
    return replace(plan, disagreements=(*plan.disagreements, told))


def keep_ours(plan: RecordPlan) -> RecordPlan:
    """The plan of a person who refused theirs: it counts as seen, and ours is sent."""
    return replace(plan, takes={}, overwrites=False, has_to_push=True)


def _plan_cells(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    meeting: Meeting,
    row: Mapping[str, Value],
    resolve: Resolve,
) -> RecordPlan:
    takes: dict[str, tuple[Value, Edit]] = {}
    shadow = dict(meeting.link.shadow)
    frozen = dict(meeting.link.frozen)
    freezes: list[Frozen] = []
    thaws: list[str] = []
    closed: list[tuple[str, Winner | None]] = []
    disagreements: list[Disagreement] = []
    has_to_push = False
    overwrites = False
    for field_mapping in mapping.fields:
        schema = fields.get(field_mapping.field_id)
        if schema is None:
            continue
        name = field_mapping.column.name
        standing = frozen.get(name)
        if standing is not None and standing.reason not in _REOPENED:
            continue
        theirs = meeting.record.fields.get(field_mapping.field_id, empty_of(schema))
        ours = row.get(name)
        base = shadow.get(name, MISSING)
        if standing is None and base is not MISSING and theirs == base.remote:
            # Nothing came in: most cells of most records. Only ours can ask for something.
            has_to_push = has_to_push or asks_to_push(base, ours, field_mapping.direction)
            continue
        as_hub = to_hub(field_mapping, schema, theirs, resolve)
        their_edit = _their_edit(meeting, field_mapping)
        our_edit = meeting.our_edits.get(name)
        cleared = NOTHING_CLEARED
        if meeting.fate != NO_FATE:
            payload = meeting.edits.get(field_mapping.field_id)
            cleared = cleared_with_targets(
                meeting.fate,
                field_mapping,
                base,
                theirs,
                resolve,
                edited_at=payload.at if payload else None,
            )
            base = without_kept(field_mapping, base, cleared)
        decision = verdict(field_mapping, base, cleared, ours) or merge_cell(
            Cell(
                base=base,
                theirs=theirs,
                theirs_as_hub=as_hub,
                ours=ours,
                theirs_edited_at=their_edit.at,
                ours_edited_at=our_edit.at if our_edit else None,
                form=set_form(field_mapping, schema),
            ),
            _rules(mapping, field_mapping, standing),
        )
        # An open conflict is told again only when it looks different.
        is_news = True
        if decision.action is Action.FREEZE:
            cell = _freeze(field_mapping, theirs, as_hub, decision, cleared)
            if cleared.kept and isinstance(base, Pair):
                shadow[name] = base
            is_news = cell != standing
            if is_news:
                freezes.append(cell)
                frozen[name] = cell
        elif standing is not None:
            thaws.append(name)
            del frozen[name]
            if standing.reason == FreezeReason.CONFLICT and decision.clash is None:
                closed.append((name, _closing_winner(decision)))
        if decision.pair is not None:
            shadow[name] = decision.pair
        if decision.action is Action.TAKE and decision.pair is not None:
            takes[name] = (decision.pair.hub, their_edit)
            overwrites = overwrites or not is_empty(ours)
        if decision.action is Action.JOIN:
            takes[name] = (decision.joined, their_edit)
        has_to_push = has_to_push or decision.action in {Action.PUSH, Action.JOIN}
        if decision.clash is not None and is_news:
            told = readable(schema, theirs) if isinstance(as_hub, (Unfit, Parked)) else as_hub
            disagreements.append(
                _disagreement(name, base, told, ours, their_edit, our_edit, decision.clash)
            )
    has_hub_id = _hub_id_stands(mapping, meeting)
    link = replace(meeting.link, shadow=shadow, frozen=frozen, has_hub_id=has_hub_id)
    return RecordPlan(
        meeting=meeting,
        link=link,
        takes=takes,
        freezes=tuple(freezes),
        thaws=tuple(thaws),
        disagreements=tuple(disagreements),
        closed=tuple(closed),
        has_to_push=has_to_push or _carries_wrong_hub_id(mapping, meeting),
        overwrites=overwrites,
    )


_REOPENED = frozenset(FreezeReason) - {FreezeReason.HELD}
"""Frozen for these reasons, a cell is looked at again whenever its record is read."""


def _rules(mapping: StreamMapping, field_mapping: FieldMapping, standing: Frozen | None) -> Rules:
    asked = standing is not None and standing.reason == FreezeReason.CONFLICT
    return Rules(
        direction=field_mapping.direction,
        # A person was asked already; only equal values or that person close it.
        conflict=ConflictPolicy.ASK if asked else field_mapping.conflict,
        on_first_match=mapping.on_first_match,
        update=field_mapping.update,
    )


def _freeze(
    field_mapping: FieldMapping,
    theirs: Value,
    as_hub: object,
    decision: Decision,
    cleared: Cleared,
) -> Frozen:
    name = field_mapping.column.name
    if decision.freeze is FreezeReason.HELD:
        return Frozen(
            field=name,
            reason=FreezeReason.HELD.value,
            incoming=theirs,
            parked_stream=field_mapping.link,
            parked_on=min(cleared.undecided),
        )
    if isinstance(as_hub, (Unfit, Parked)):
        return _frozen(name, theirs, as_hub)
    reason = decision.freeze or FreezeReason.CONFLICT
    return Frozen(field=name, reason=reason.value, incoming=theirs)


def _frozen(name: str, theirs: Value, why: Unfit | Parked) -> Frozen:
    if isinstance(why, Parked):
        return Frozen(
            field=name,
            reason=FreezeReason.PARKED.value,
            incoming=theirs,
            parked_stream=why.stream,
            parked_on=why.waits_for,
        )
    return Frozen(
        field=name, reason=FreezeReason.REJECTED.value, incoming=theirs, detail=why.reason
    )


def _closing_winner(decision: Decision) -> Winner | None:
    return {Action.TAKE: Winner.THEIRS, Action.PUSH: Winner.OURS}.get(decision.action)


def _disagreement(
    name: str,
    base: object,
    theirs: Value,
    ours: Value,
    their_edit: Edit,
    our_edit: Edit | None,
    clash: Clash,
) -> Disagreement:
    return Disagreement(
        field=name,
        base=base.hub if isinstance(base, Pair) else None,
        theirs=theirs,
        ours=ours,
        their_edit=their_edit,
        our_edit=our_edit,
        cause="both_changed" if isinstance(base, Pair) else "first_match",
        policy=clash.policy,
        winner=clash.winner,
    )


def _their_edit(meeting: Meeting, field_mapping: FieldMapping) -> Edit:
    edit = meeting.edits.get(field_mapping.field_id)
    if edit is not None:
        return edit
    if meeting.created_by is not None:
        return meeting.created_by
    return Edit(actor=UNKNOWN_ACTOR, at=meeting.record.modified_at)


def choose_row_id(hub_id: Value) -> UUID | None:
    """The row id that a record carries, if it is one."""
    if not isinstance(hub_id, str):
        return None
    try:
        return UUID(hub_id.strip())
    except ValueError:
        return None
