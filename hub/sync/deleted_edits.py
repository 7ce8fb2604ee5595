"""What did people write into a record between our last look at it and our deleting it?

The edit wins: the row comes back with it, and makes a new record. What cannot be put back is kept
as a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from hub.core.links import TOMBSTONE, Link
from hub.core.mapping import FieldMapping, Parked, Resolve, StreamMapping, readable, to_hub
from hub.core.merge import Winner
from hub.core.policies import ConflictPolicy, Direction
from hub.core.records import ChangeKind, FieldSchema, RecordChange
from hub.core.values import Unfit, Value
from hub.store import conflicts, intents, links, rows
from hub.store.conflicts import ConflictRecord
from hub.store.database import Authorship, set_provenance
from hub.store.rows import Row
from hub.sync.connection import Work

CAUSE = "edit_against_delete"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unseen:
    """A cell's last value that no shadow knows of, and who wrote it."""

    link: Link
    mapping: FieldMapping
    schema: FieldSchema
    change: RecordChange
    remote: Value
    theirs: Value | Unfit | Parked


def keep_edits_of_deleted(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    changes: Sequence[RecordChange],
    resolve: Resolve,
) -> frozenset[str]:
    """Bring back the rows whose record was edited while we deleted it; answers their ids."""
    touched = sorted({c.external_id for c in changes if c.kind is ChangeKind.CHANGED})
    deleted = intents.deleted_by_us(session, mapping.connection, mapping.stream, touched)
    if not deleted:
        return frozenset()
    found = links.links_of_records(session, mapping.connection, mapping.stream, deleted, lock=True)
    buried = {link.row_id: link for link in found.values() if link.state == TOMBSTONE}
    unseen: dict[UUID, list[_Unseen]] = {}
    for cell in _unseen(mapping, fields, changes, found, resolve):
        unseen.setdefault(cell.link.row_id, []).append(cell)
    replaced = links.links_of_rows(session, mapping.connection, mapping.stream, unseen)
    known = rows.load_rows(session, mapping.hub_table, list(unseen), lock=True)
    revived: set[UUID] = set()
    for row_id, cells in unseen.items():
        row = known.get(row_id)
        is_gone = row_id not in replaced and (row is None or row.deleted_at is not None)
        if is_gone and _revive(session, work, mapping, buried[row_id], row, cells):
            revived.add(row_id)
    told = [
        record
        for row_id, cells in unseen.items()
        for record in _told(cells, is_revived=row_id in revived)
    ]
    conflicts.record_conflicts(session, mapping.connection, mapping.stream, mapping.hub_table, told)
    links.recheck(
        session, mapping.connection, mapping.stream, sorted(revived), "edited while we deleted it"
    )
    work.counts["lost_updates"] += sum(len(cells) for cells in unseen.values())
    work.counts["deletes_outlived"] += len(revived)
    return frozenset(str(row_id) for row_id in revived)


def _unseen(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    changes: Sequence[RecordChange],
    found: Mapping[str, Link],
    resolve: Resolve,
) -> Iterator[_Unseen]:
    newest = {
        (change.external_id, field_id): (change, cell.current)
        for change in changes
        if change.kind is ChangeKind.CHANGED
        for field_id, cell in change.cells.items()
    }
    mapped = {m.field_id: m for m in mapping.fields}
    for (external_id, field_id), (change, current) in newest.items():
        link, m, schema = found.get(external_id), mapped.get(field_id), fields.get(field_id)
        if link is None or m is None or schema is None or link.state != TOMBSTONE:
            continue
        pair = link.shadow.get(m.column.name)
        if pair is None or pair.remote == current or m.direction is Direction.TO_SOURCE:
            continue
        if m.link is not None and current is None:
            # Cleared because its target went.
            continue
        yield _Unseen(
            link=link,
            mapping=m,
            schema=schema,
            change=change,
            remote=current,
            theirs=to_hub(m, schema, current, resolve),
        )


def _revive(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    link: Link,
    row: Row | None,
    cells: Sequence[_Unseen],
) -> bool:
    """Write the row as it would be had nobody deleted it; False when Postgres refuses."""
    edited: dict[str, Value] = {
        cell.mapping.column.name: cell.theirs
        for cell in cells
        if not isinstance(cell.theirs, (Unfit, Parked))
    }
    last = max((cell.change for cell in cells), key=_edited_at)
    author = Authorship(actor=last.actor, edited_at=last.edited_at)
    provenance = work.provenance()
    set_provenance(session, replace(provenance, authors={link.row_id: author}))
    try:
        with session.begin_nested():
            if row is not None:
                values = {link.row_id: {"deleted_at": None, **edited}}
                rows.update_rows(session, mapping.hub_table, values)
            else:
                agreed = {name: pair.hub for name, pair in link.shadow.items()}
                rows.insert_rows(session, mapping.hub_table, {link.row_id: {**agreed, **edited}})
    except (IntegrityError, DataError):
        # Its name was taken meanwhile, or what it refers to is gone: the edit is kept and told.
        return False
    finally:
        set_provenance(session, provenance)
    return True


def _edited_at(change: RecordChange) -> datetime:
    return change.edited_at


def _told(cells: Sequence[_Unseen], *, is_revived: bool) -> Iterator[ConflictRecord]:
    """The outlived deletion, and each edit that could not be put back."""
    last = max(cells, key=lambda cell: cell.change.edited_at)
    if is_revived:
        yield replace(
            _record(last, theirs=None, winner=Winner.THEIRS),
            field="deleted_at",
            base=None,
            ours="deleted",
            policy=ConflictPolicy.SOURCE.value,
        )
    for cell in cells:
        if isinstance(cell.theirs, (Unfit, Parked)):
            yield _record(cell, theirs=readable(cell.schema, cell.remote), winner=Winner.OURS)
        elif not is_revived:
            yield _record(cell, theirs=cell.theirs, winner=Winner.OURS)


def _record(cell: _Unseen, *, theirs: Value, winner: Winner) -> ConflictRecord:
    name = cell.mapping.column.name
    agreed = cell.link.shadow[name].hub
    return ConflictRecord(
        link_id=cell.link.id,
        row_id=cell.link.row_id,
        external_id=cell.link.external_id,
        field=name,
        base=agreed,
        theirs=theirs,
        ours=agreed,
        their_actor=cell.change.actor,
        their_edited_at=cell.change.edited_at,
        our_actor=None,
        our_edited_at=None,
        cause=CAUSE,
        policy=cell.mapping.conflict.value,
        winner=winner.value,
        status=conflicts.SETTLED,
    )
