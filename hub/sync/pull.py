"""How do the changes of the other side reach the central database?

Payloads say which records changed, by whom and from what; the records are then read whole. One
transaction holds the rows, the shadows, the conflicts and our new place in the payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from hub.core.links import Link
from hub.core.mapping import Resolve, StreamMapping
from hub.core.meeting import NO_FATE, Edit, LinkFate, RecordPlan
from hub.core.plan import keep_ours
from hub.core.records import ChangeKind, RecordChange, RemoteRecord
from hub.core.values import ValueKind
from hub.store import leases, links, runs, schemas, streams
from hub.store.streams import OpenHook, State
from hub.sync import guarding
from hub.sync.apply import apply_page
from hub.sync.connection import SyncConnection, Work
from hub.sync.deleted_edits import keep_edits_of_deleted
from hub.sync.deletes import read_with_witness, settle_missing
from hub.sync.lost_updates import match_payloads, settle_lost
from hub.sync.meet import plan_page

PAYLOAD_PAGES = 4
"""Pages of payloads taken in together: a burst is read with few calls, and edits know authors."""
CHANGES_TOGETHER = 2000
"""Past so many changes no further page is read into the same transaction."""


@dataclass(kw_only=True, slots=True)
class _Told:
    """What the payloads say of one stream."""

    mapping: StreamMapping
    changes: list[RecordChange] = field(default_factory=list)
    edits: dict[str, dict[str, Edit]] = field(default_factory=dict)
    created: dict[str, Edit] = field(default_factory=dict)
    destroyed: dict[str, Edit] = field(default_factory=dict)
    records: dict[str, RemoteRecord] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def pull_changes(work: Work, hook: OpenHook) -> bool:
    """Take in what the hook recorded; True when there is more.

    Raises:
        CursorExpired: the hook is gone; it must be made anew and everything read once.
    """
    connection = work.connection
    cursor = hook.cursor
    changes: list[RecordChange] = []
    schema_changed = False
    broken: str | None = None
    has_more = True
    for _ in range(PAYLOAD_PAGES):
        page = connection.connector.read_changes(hook.external_id, cursor, work.priority)
        changes += page.changes
        cursor = page.next_cursor
        schema_changed = schema_changed or page.schema_changed
        broken = broken or (page.broken_reason if page.is_broken else None)
        has_more = page.has_more
        if not has_more or len(changes) >= CHANGES_TOGETHER:
            break
    if schema_changed or _names_unknown_choices(work, changes):
        fresh = connection.connector.discover(work.priority)
        work.schema = schemas.keep_firsts(fresh, work.schema)
    told = _sort(connection, changes)
    for told_of in told:
        if work.has_table(told_of.mapping):
            _read(work, told_of)
    with connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        _take_in(session, work, told)
        if cursor != hook.cursor:
            streams.advance_hook(
                session, connection.name, hook.external_id, before=hook.cursor, after=cursor
            )
        if broken is not None:
            streams.close_hook(session, connection.name, hook.external_id, broken)
        streams.note_success(session, connection.name, None, work.kind)
    work.counts["changes_read"] += len(changes)
    return has_more


def _names_unknown_choices(work: Work, changes: Sequence[RecordChange]) -> bool:
    """Whether an option was added with a write: nothing else tells of it."""
    for change in changes:
        table = work.schema.get(change.stream_id)
        for field_id, cell in change.cells.items() if table is not None else ():
            known = table.fields.get(field_id) if table is not None else None
            if known is None or known.kind not in (ValueKind.CHOICE, ValueKind.CHOICES):
                continue
            chosen = cell.current if isinstance(cell.current, list) else [cell.current]
            if any(choice is not None and choice not in known.choices for choice in chosen):
                return True
    return False


def _sort(connection: SyncConnection, changes: Sequence[RecordChange]) -> list[_Told]:
    told = {mapping.stream: _Told(mapping=mapping) for mapping in connection.ordered}
    for change in changes:
        mapping = connection.by_table(change.stream_id)
        if mapping is None:
            continue
        sorted_in = told[mapping.stream]
        sorted_in.changes.append(change)
        edit = Edit(actor=change.actor, at=change.edited_at)
        match change.kind:
            case ChangeKind.DESTROYED:
                sorted_in.destroyed[change.external_id] = edit
            case ChangeKind.CREATED:
                sorted_in.created[change.external_id] = edit
                sorted_in.destroyed.pop(change.external_id, None)
            case ChangeKind.CHANGED:
                cells = sorted_in.edits.setdefault(change.external_id, {})
                cells.update({field_id: edit for field_id in change.cells})
    return [item for item in told.values() if item.changes]


def _read(work: Work, told: _Told) -> None:
    """Read the records whole that the payloads make interesting."""
    mapping = told.mapping
    touched = list(dict.fromkeys(change.external_id for change in told.changes))
    with work.connection.database.reading() as session:
        state = streams.load(session, mapping.connection, mapping.stream)
        known = links.links_of_records(session, mapping.connection, mapping.stream, touched)
    if state.is_stopped:
        return
    wanted = [
        external_id
        for external_id in touched
        if _is_interesting(mapping, external_id, told, known.get(external_id))
    ]
    if not wanted:
        return
    told.records = read_with_witness(work, mapping, wanted, destroyed=set(told.destroyed))
    told.missing = [external_id for external_id in wanted if external_id not in told.records]


def _is_interesting(
    mapping: StreamMapping, external_id: str, told: _Told, link: Link | None
) -> bool:
    """Whether the payloads say something that the shadow does not know: an echo costs no read."""
    if external_id in told.destroyed:
        return link is not None
    if link is None or link.state != "live" or external_id in told.created:
        return True
    columns = {m.field_id: m.column.name for m in mapping.fields}
    newest = {
        field_id: cell.current
        for change in told.changes
        if change.external_id == external_id
        for field_id, cell in change.cells.items()
    }
    for field_id, current in newest.items():
        if field_id == mapping.hub_id_field and current != str(link.row_id):
            return True
        column = columns.get(field_id)
        if column is None:
            continue
        if column in link.frozen:
            return True
        if column not in link.shadow or link.shadow[column].remote != current:
            return True
    return False


def _take_in(session: Session, work: Work, told: Sequence[_Told]) -> None:
    states = {
        item.mapping.stream: streams.load(session, item.mapping.connection, item.mapping.stream)
        for item in told
    }
    fates: list[LinkFate] = []
    for item in told:
        if not _is_open(session, item.mapping, states):
            continue
        if item.missing:
            fates.append(settle_missing(session, work, item.mapping, item.missing, item.destroyed))
        if work.has_table(item.mapping):
            kept = keep_edits_of_deleted(
                session,
                work,
                item.mapping,
                work.fields_of(item.mapping),
                item.changes,
                _resolver_of(session, item),
            )
            fates.append(LinkFate(kept=kept))
    fate = _joined(fates)
    for item in told:
        if not work.has_table(item.mapping) or not _is_open(session, item.mapping, states):
            continue
        fields = work.fields_of(item.mapping)
        records = list(item.records.values())
        lost = match_payloads(session, item.mapping, fields, item.changes, records)
        plans = plan_page(
            session,
            item.mapping,
            fields,
            records,
            edits=item.edits,
            created=item.created,
            fate=fate,
            is_matched=True,
        )
        if apply_guarded(session, work, item.mapping, plans) is not None:
            wanted = {m.link: _linked(lost) for m in item.mapping.fields if m.link}
            known = links.row_ids_of(session, item.mapping.connection, wanted)
            settle_lost(
                session,
                work,
                item.mapping,
                fields,
                lost,
                lambda stream, external_id, known=known: known.get((stream, external_id)),  # type: ignore[misc]  # the default binds the loop's value
            )


def _resolver_of(session: Session, told: _Told) -> Resolve:
    """Which rows the linked records of these payloads are."""
    wanted: dict[str, set[str]] = {}
    for m in told.mapping.fields:
        if m.link is not None:
            values = [c.cells[m.field_id].current for c in told.changes if m.field_id in c.cells]
            ids = {item for value in values if isinstance(value, list) for item in value}
            wanted.setdefault(m.link, set()).update(ids)
    known = links.row_ids_of(session, told.mapping.connection, wanted)
    return lambda stream, external_id: known.get((stream, external_id))


def _linked(lost: Sequence[object]) -> set[str]:
    values = (getattr(item, "overwritten", None) for item in lost)
    return {item for value in values if isinstance(value, list) for item in value}


def _is_open(session: Session, mapping: StreamMapping, states: Mapping[str, State]) -> bool:
    """Whether the stream takes part; what a stopped one misses is found by a complete read."""
    if not states[mapping.stream].is_stopped:
        return True
    streams.change(session, mapping.connection, mapping.stream, needs_reconcile=True)
    return False


def _joined(fates: Sequence[LinkFate]) -> LinkFate:
    if not fates:
        return NO_FATE
    return LinkFate(
        undecided=frozenset().union(*(fate.undecided for fate in fates)),
        kept=frozenset().union(*(fate.kept for fate in fates)),
        since={row_id: at for fate in fates for row_id, at in fate.since.items()},
    )


def apply_guarded(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    plans: Sequence[RecordPlan],
    *,
    asks_again: bool = True,
) -> list[RecordPlan] | None:
    """Write plans unless they overwrite too much; None when the stream was stopped instead.

    Answers the plans as they were carried out.
    """
    overwritten = [str(plan.link.row_id) for plan in plans if plan.overwrites]
    if overwritten:
        refused = runs.decided_items(
            session, mapping.connection, mapping.stream, guarding.OVERWRITE_IN_HUB, "refused"
        )
        plans = [keep_ours(p) if str(p.link.row_id) in refused else p for p in plans]
        overwritten = [row_id for row_id in overwritten if row_id not in refused]
    key = f"overwritten in {mapping.stream}"
    if overwritten and guarding.stops(
        session,
        mapping,
        guarding.OVERWRITE_IN_HUB,
        overwritten,
        already=work.counts[key],
    ):
        return None
    applied = apply_page(session, work, mapping, plans, asks_again=asks_again)
    work.counts[key] += len(overwritten)
    return applied
