"""Does a change at the hub settle a cell that stands still?

A frozen cell is not sent, so nobody reads its record because of it. Yet what a person changes at
the hub may end the quarrel, or be a value that can be sent at last; and an open conflict shows
what both sides hold now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlmodel import Session

from hub.core.links import Frozen, Link
from hub.core.mapping import FieldMapping, StreamMapping, set_form
from hub.core.merge import FreezeReason, Pair
from hub.core.records import FieldSchema
from hub.core.values import Value
from hub.store import change_log, conflicts, divergences, leases, links, rows
from hub.store.conflicts import ConflictRecord
from hub.store.rows import Row
from hub.sync.connection import Work


@dataclass(kw_only=True, slots=True)
class Reopened:
    """Rows with a cell that may be sent now, and rows whose record must be read to tell."""

    thawed: set[UUID] = field(default_factory=set)
    doubtful: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    """A frozen cell whose hub value changed since the last push."""

    link: Link
    frozen: Frozen
    mapping: FieldMapping
    schema: FieldSchema
    ours: Value

    def same(self, other: Value) -> bool:
        """Whether our value is this one, of a set whatever its order."""
        form = set_form(self.mapping, self.schema)
        return self.ours == other or (form is not None and form.same(self.ours, other))


def reopen_cells(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
    *,
    sent_until: int | None,
) -> Reopened:
    """Look at the frozen cells of these rows that changed since the tick `sent_until`."""
    reopened = Reopened()
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids, lock=True)
        known = rows.load_rows(session, mapping.hub_table, list(found), lock=True)
        changes = divergences.newest_changes(
            session, mapping.hub_table, list(found), sent_until=sent_until
        )
        changed = [
            cell
            for row_id, link in found.items()
            for cell in _changed(mapping, fields, link, known.get(row_id), changes.get(row_id, {}))
        ]
        _send_again(session, changed, reopened)
        disputed = [c for c in changed if c.frozen.reason == FreezeReason.CONFLICT]
        _follow_conflicts(session, mapping, disputed, reopened)
    return reopened


def _changed(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    link: Link,
    row: Row | None,
    changes: Mapping[str, divergences.CellChange],
) -> Iterator[_Cell]:
    for m in mapping.fields:
        name = m.column.name
        frozen, schema, change = link.frozen.get(name), fields.get(m.field_id), changes.get(name)
        if frozen is None or schema is None or row is None or change is None:
            continue
        if change.is_unsent:
            yield _Cell(
                link=link, frozen=frozen, mapping=m, schema=schema, ours=row.values.get(name)
            )


def _send_again(session: Session, changed: Sequence[_Cell], reopened: Reopened) -> None:
    """Of a record that was refused every cell stands still; a change of one tries them all."""
    refused = [cell for cell in changed if _could_not_be_sent(cell.link, cell.frozen)]
    thawed = {
        (cell.link.id, frozen.field)
        for cell in refused
        for frozen in cell.link.frozen.values()
        if _could_not_be_sent(cell.link, frozen)
    }
    links.thaw(session, sorted(thawed))
    reopened.thawed.update(cell.link.row_id for cell in refused)


def _could_not_be_sent(link: Link, frozen: Frozen) -> bool:
    """Whether nothing came in: it is our value that was refused."""
    base = link.shadow.get(frozen.field)
    believed = base.remote if base is not None else None
    return frozen.reason == FreezeReason.REJECTED and frozen.incoming == believed


def _follow_conflicts(
    session: Session, mapping: StreamMapping, disputed: Sequence[_Cell], reopened: Reopened
) -> None:
    if not disputed:
        return
    standing = conflicts.open_of_links(session, [cell.link.id for cell in disputed])
    authors = change_log.last_edits(
        session, mapping.hub_table, sorted({cell.link.row_id for cell in disputed})
    )
    agreed: list[_Cell] = []
    news: list[ConflictRecord] = []
    for cell in disputed:
        conflict = standing.get((cell.link.id, cell.frozen.field))
        if conflict is None:
            continue
        base = cell.link.shadow.get(cell.frozen.field)
        if cell.same(conflict.theirs):
            agreed.append(cell)
        elif base is not None and cell.same(base.hub):
            # Ours is as it was before: theirs may stand, if it still does.
            reopened.doubtful.add(cell.link.row_id)
        elif cell.ours != conflict.ours:
            author = authors.get(cell.link.row_id, {}).get(cell.frozen.field)
            news.append(
                replace(
                    conflict,
                    ours=cell.ours,
                    our_actor=author.actor if author else None,
                    our_edited_at=author.edited_at if author else None,
                )
            )
    conflicts.record_conflicts(session, mapping.connection, mapping.stream, mapping.hub_table, news)
    _close(session, mapping, agreed)


def _close(session: Session, mapping: StreamMapping, agreed: Sequence[_Cell]) -> None:
    """Both sides hold the same now: the pair is agreed, and nobody has to decide."""
    by_link: dict[UUID, Link] = {}
    for cell in agreed:
        link = by_link.get(cell.link.id, cell.link)
        pair = Pair(hub=cell.ours, remote=cell.frozen.incoming)
        by_link[link.id] = replace(link, shadow={**link.shadow, cell.frozen.field: pair})
    closed = [(cell.link.id, cell.frozen.field) for cell in agreed]
    links.save_links(
        session, mapping.connection, mapping.stream, mapping.hub_table, list(by_link.values())
    )
    links.thaw(session, closed)
    conflicts.close_conflicts(session, [(link_id, name, None) for link_id, name in closed])
