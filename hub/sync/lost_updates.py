"""Did one of our writes overwrite an edit that nobody had seen?

Airtable has no conditional write. Each cell we are about to write leaves an intent (believed,
sent) before the request; a payload that shows the cell going to *sent* from something other than
*believed* is somebody's overwritten edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from hub.core.mapping import (
    FieldMapping,
    Parked,
    Resolve,
    StreamMapping,
    readable,
    set_form,
    to_hub,
)
from hub.core.merge import Winner, later
from hub.core.policies import ConflictPolicy, Direction
from hub.core.records import (
    CellChange,
    ChangeKind,
    FieldSchema,
    RecordChange,
    RemoteRecord,
)
from hub.core.sets import merge_sets
from hub.core.values import MISSING, Missing, Unfit, Value
from hub.store import change_log, conflicts, intents, links, rows
from hub.store.conflicts import ConflictRecord
from hub.store.database import Authorship, set_provenance
from hub.store.intents import Intent
from hub.sync.adopt import adopt_lost_updates
from hub.sync.connection import Work

NEAR = timedelta(minutes=10)
"""A write's payload is stamped within this of its intent, clocks and time-outs included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LostUpdate:
    """An edit that our write overwrote, and who had made it."""

    intent: Intent
    external_id: str
    column: str
    overwritten: Value
    actor: str | None
    edited_at: datetime | None


def match_payloads(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    changes: Sequence[RecordChange],
    records: Sequence[RemoteRecord] = (),
) -> list[LostUpdate]:
    """Close the intents whose echo came, and answer what they overwrote.

    `records` are those that were read: what they show of writes of unknown outcome is ours.
    """
    touched = sorted({change.external_id for change in changes})
    waiting = intents.awaiting_echo(session, mapping.connection, mapping.stream, touched)
    if not waiting:
        return []
    _adopt(session, mapping, fields, records, waiting, changes)
    columns = {m.field_id: m.column.name for m in mapping.fields}
    lost: list[LostUpdate] = []
    confirmed: list[UUID] = []
    overwrote: list[UUID] = []
    last_edit: dict[tuple[str, str], RecordChange] = {}
    for change in changes:
        if change.kind is ChangeKind.DESTROYED:
            continue
        for field_id, cell in change.cells.items():
            column = columns.get(field_id)
            if column is None:
                continue
            key = (change.external_id, column)
            intent = _take(waiting.get(key), change, cell, fields.get(field_id))
            if intent is None or intent.id is None:
                last_edit[key] = change
                continue
            is_late = intent.operation == "create"
            if cell.previous is MISSING or (cell.previous == intent.believed and not is_late):
                confirmed.append(intent.id)
                continue
            overwrote.append(intent.id)
            author = last_edit.get(key)
            lost.append(
                LostUpdate(
                    intent=intent,
                    external_id=change.external_id,
                    column=column,
                    overwritten=cell.previous,
                    actor=author.actor if author else None,
                    edited_at=author.edited_at if author else None,
                )
            )
    intents.note_outcome(session, confirmed, "confirmed", is_closed=True)
    intents.note_outcome(session, overwrote, "overwrote", is_closed=True)
    return lost


def _adopt(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    records: Sequence[RemoteRecord],
    waiting: Mapping[tuple[str, str], Sequence[Intent]],
    changes: Sequence[RecordChange],
) -> None:
    known = links.links_of_records(
        session,
        mapping.connection,
        mapping.stream,
        sorted({external_id for external_id, _ in waiting}),
        lock=True,
    )
    linked = [record for record in records if record.external_id in known]
    by_program = {
        (change.external_id, field_id): change.is_by_program
        for change in changes
        for field_id in change.cells
    }
    adopt_lost_updates(
        session, mapping, fields, linked, known, waiting=waiting, by_program=by_program
    )


def _take(
    waiting: list[Intent] | None,
    change: RecordChange,
    cell: CellChange,
    schema: FieldSchema | None,
) -> Intent | None:
    """The waiting intent that sent this value: one that overwrote what it believed, or the oldest.

    What a person typed is none of ours, even where it is the same. Writing what stands there
    already makes no payload, so an intent may wait in vain: much later the same value is another
    program's. A create that was looked for in vain may only come too late, over a record that is
    there.
    """
    if not waiting or not change.is_by_program:
        return None
    fitting = [
        intent
        for intent in waiting
        if _is_echo(intent, cell.current, schema)
        and (intent.created_at is None or abs(change.edited_at - intent.created_at) <= NEAR)
        and (intent.operation != "create" or change.kind is ChangeKind.CHANGED)
    ]
    if not fitting:
        return None
    expected = (
        intent
        for intent in fitting
        if intent.operation == "update" and intent.believed == cell.previous
    )
    taken = next(expected, fitting[0])
    waiting.remove(taken)
    return taken


def _is_echo(intent: Intent, current: Value, schema: FieldSchema | None) -> bool:
    """Whether it sent this value; a new option is sent by its name and comes back by its id."""
    return intent.sent == current or (
        schema is not None and _named(schema, intent.sent) == _named(schema, current)
    )


def _named(schema: FieldSchema, value: Value) -> Value:
    shown = readable(schema, value)
    return sorted(shown) if isinstance(shown, list) else shown


def settle_lost(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    lost: Sequence[LostUpdate],
    resolve: Resolve,
) -> None:
    """Keep each overwritten edit as a conflict; by policy it is put back."""
    if not lost:
        return
    found = links.links_of_records(
        session, mapping.connection, mapping.stream, [item.external_id for item in lost], lock=True
    )
    row_ids = [link.row_id for link in found.values()]
    ours_by_row = change_log.last_edits(session, mapping.hub_table, row_ids)
    known = rows.load_rows(session, mapping.hub_table, row_ids, lock=True)
    told: list[ConflictRecord] = []
    put_back: dict[UUID, dict[str, Value]] = {}
    authors: dict[UUID, Authorship] = {}
    for item in lost:
        link = found.get(item.external_id)
        field_mapping = mapping.by_column(item.column)
        schema = fields.get(field_mapping.field_id)
        if link is None or schema is None:
            continue
        theirs = to_hub(field_mapping, schema, item.overwritten, resolve)
        is_usable = not isinstance(theirs, (Unfit, Parked))
        theirs_told = _value(theirs) if is_usable else readable(schema, item.overwritten)
        ours = ours_by_row.get(link.row_id, {}).get(item.column)
        winner = _winner(field_mapping.conflict, item.edited_at, ours.edited_at if ours else None)
        row = known.get(link.row_id)
        stands = (
            row is not None
            and item.column in link.shadow
            and row.values[item.column] == link.shadow[item.column].hub
            # Whoever has written there since could see what we wrote, and meant to.
            and link.shadow[item.column].remote == item.intent.sent
        )
        standing = row.values[item.column] if row else None
        now = put_back.get(link.row_id, {}).get(item.column, standing)
        believed = to_hub(field_mapping, schema, item.intent.believed, resolve)
        joined = _joined(field_mapping, schema, believed, theirs, now)
        if joined is not MISSING and row is not None:
            # Of a set nothing is lost: what they added and removed is carried out once more.
            winner, stands, theirs = Winner.THEIRS, True, joined
        if winner is Winner.THEIRS and is_usable and stands:
            put_back.setdefault(link.row_id, {})[item.column] = _value(theirs)
            authors[link.row_id] = Authorship(
                actor=item.actor or "unknown", edited_at=item.edited_at
            )
        told.append(
            ConflictRecord(
                link_id=link.id,
                row_id=link.row_id,
                external_id=item.external_id,
                field=item.column,
                base=None if isinstance(believed, (Unfit, Parked)) else believed,
                theirs=theirs_told,
                ours=row.values[item.column] if row else None,
                their_actor=item.actor,
                their_edited_at=item.edited_at,
                our_actor=ours.actor if ours else None,
                our_edited_at=ours.edited_at if ours else None,
                cause="lost_update",
                policy=field_mapping.conflict.value,
                winner=winner.value if winner and stands else Winner.OURS.value,
                status=conflicts.SETTLED,
            )
        )
    conflicts.record_conflicts(session, mapping.connection, mapping.stream, mapping.hub_table, told)
    if put_back:
        provenance = work.provenance()
        set_provenance(
            session,
            type(provenance)(
                actor=provenance.actor,
                origin=provenance.origin,
                run_id=provenance.run_id,
                authors=authors,
            ),
        )
        rows.update_rows(session, mapping.hub_table, put_back)
        set_provenance(session, provenance)
        links.recheck(session, mapping.connection, mapping.stream, put_back, "put back")
    work.counts["lost_updates"] += len(told)


def _joined(
    m: FieldMapping,
    schema: FieldSchema,
    believed: Value | Unfit | Parked,
    theirs: Value | Unfit | Parked,
    ours: Value,
) -> Value | Missing:
    """Our set with their overwritten edit of it; MISSING where it is no set that both may write."""
    form = set_form(m, schema)
    if form is None or m.direction is not Direction.TWO_WAY:
        return MISSING
    if isinstance(theirs, (Unfit, Parked)) or isinstance(believed, (Unfit, Parked)):
        return MISSING
    return form.join(merge_sets(form.split(believed), form.split(theirs), form.split(ours)))


def _winner(
    policy: ConflictPolicy, theirs_at: datetime | None, ours_at: datetime | None
) -> Winner | None:
    match policy:
        case ConflictPolicy.SOURCE:
            return Winner.THEIRS
        case ConflictPolicy.LATEST:
            # An edit that nobody can date was made by a person just now: it is put back.
            return later(theirs_at, ours_at) or Winner.THEIRS
        case _:
            return Winner.OURS


def _value(value: object) -> Value:
    return value  # type: ignore[return-value]  # the caller has excluded Unfit and Parked
