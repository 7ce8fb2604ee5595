"""What is sent of each row, and what is written down before it is?

A letter is one record's write. Its intents (believed, sent) are committed before the request
starts. What a letter says of links is addressed to records that exist: a row whose link points to
a row that is about to be made waits until it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, Frozen, Link
from hub.core.mapping import Parked, Resolve, StreamMapping, to_remote
from hub.core.merge import FreezeReason, Pair
from hub.core.outgoing import Outgoing, outgoing_cells
from hub.core.records import FieldSchema, WriteItem
from hub.core.values import Unfit, Value
from hub.store import intents, links
from hub.store.intents import Intent
from hub.store.rows import Row
from hub.sync.adopt import outgoing_resolver
from hub.sync.connection import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A row and its record's link as they stand in this transaction, both locked."""

    link: Link | None
    row: Row | None

    @property
    def is_sendable(self) -> bool:
        """Whether the row is there, and its record, if it has one, is there and not paused."""
        is_there = self.row is not None and self.row.deleted_at is None
        return is_there and (
            self.link is None or (self.link.state == LIVE and not self.link.is_paused)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One record's write: what is sent, from which hub values, and its intents."""

    row_id: UUID
    link: Link | None
    item: WriteItem
    sent: Mapping[str, Pair]
    intents: tuple[UUID, ...] = ()


@dataclass(kw_only=True, slots=True)
class _Draft:
    """A letter while it is written."""

    row_id: UUID
    link: Link | None
    cells: dict[str, Value] = field(default_factory=dict)
    sent: dict[str, Pair] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)
    freezes: list[Frozen] = field(default_factory=list)
    waits_for: set[str] = field(default_factory=set)

    def add(self, cell: Outgoing, value: Value | Unfit | Parked) -> None:
        """Send a cell, or say why it stands still."""
        name = cell.mapping.column.name
        if isinstance(value, (Unfit, Parked)):
            self.freezes.append(_stands_still(cell, value))
            if isinstance(value, Parked):
                self.waits_for.add(value.waits_for)
            return
        self.cells[cell.schema.id] = value
        self.sent[name] = Pair(hub=cell.ours, remote=value)
        self.intents.append(
            Intent(
                row_id=self.row_id,
                external_id=self.link.external_id if self.link else None,
                operation="update" if self.link else "create",
                field=name,
                believed=cell.believed,
                sent=value,
            )
        )

    def closed(self) -> Letter:
        """The letter; a create that says nothing yet leaves an intent, too."""
        if self.link is None and not self.intents:
            self.intents.append(Intent(row_id=self.row_id, external_id=None, operation="create"))
        return Letter(
            row_id=self.row_id,
            link=self.link,
            item=WriteItem(
                hub_id=str(self.row_id),
                external_id=self.link.external_id if self.link else None,
                fields=self.cells,
            ),
            sent=self.sent,
        )


def write_letters(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    standing: Mapping[UUID, Standing],
    *,
    nameless: Set[UUID] = frozenset(),
    is_patient: bool = True,
) -> tuple[list[Letter], list[UUID]]:
    """Letters for the rows that differ, their intents written down; and the rows that wait.

    A record of `nameless` gets its Hub ID although no cell differs. Whoever is not patient sends
    without the links whose records are not there yet.
    """
    going = {
        row_id: list(outgoing_cells(mapping, fields, each.link, each.row.values))
        for row_id, each in standing.items()
        if each.is_sendable and each.row is not None
    }
    drafts = _drafts(session, mapping, standing, going, nameless)
    made = {str(draft.row_id) for draft in drafts if draft.link is None} if is_patient else set()
    waiting = [draft for draft in drafts if made & (draft.waits_for - {str(draft.row_id)})]
    waiting_ids = {draft.row_id for draft in waiting}
    ready = [draft for draft in drafts if draft.row_id not in waiting_ids]
    frozen = [
        (draft.link.id, cell) for draft in ready if draft.link is not None for cell in draft.freezes
    ]
    links.freeze(session, frozen)
    work.counts["cells_frozen"] += len(frozen)
    sending = [
        draft for draft in ready if draft.link is None or draft.cells or not draft.link.has_hub_id
    ]
    return _open(session, work, mapping, sending), [draft.row_id for draft in waiting]


def _drafts(
    session: Session,
    mapping: StreamMapping,
    standing: Mapping[UUID, Standing],
    going: Mapping[UUID, Sequence[Outgoing]],
    nameless: Set[UUID],
) -> list[_Draft]:
    resolve = outgoing_resolver(
        session,
        mapping,
        [{cell.mapping.column.name: cell.ours for cell in cells} for cells in going.values()],
    )
    return [
        _draft(mapping, row_id, standing[row_id].link, cells, resolve)
        for row_id, cells in going.items()
        if cells or standing[row_id].link is None or row_id in nameless
    ]


def _draft(
    mapping: StreamMapping,
    row_id: UUID,
    link: Link | None,
    cells: Sequence[Outgoing],
    resolve: Resolve,
) -> _Draft:
    draft = _Draft(row_id=row_id, link=link)
    for cell in cells:
        value = to_remote(
            cell.mapping,
            cell.schema,
            cell.ours,
            resolve,
            allow_new_options=mapping.allow_new_options,
        )
        draft.add(cell, value)
    return draft


def _open(
    session: Session, work: Work, mapping: StreamMapping, drafts: Sequence[_Draft]
) -> list[Letter]:
    letters = [draft.closed() for draft in drafts]
    opened = iter(
        intents.open_intents(
            session,
            mapping.connection,
            mapping.stream,
            [intent for draft in drafts for intent in draft.intents],
            fence=work.grant.fence,
            run_id=work.run_id,
        )
    )
    return [
        replace(letter, intents=tuple(islice(opened, len(draft.intents))))
        for letter, draft in zip(letters, drafts, strict=True)
    ]


def _stands_still(cell: Outgoing, why: Unfit | Parked) -> Frozen:
    name = cell.mapping.column.name
    if isinstance(why, Parked):
        return Frozen(
            field=name,
            reason=FreezeReason.PARKED.value,
            incoming=cell.believed,
            parked_stream=why.stream,
            parked_on=why.waits_for,
        )
    return Frozen(
        field=name,
        reason=FreezeReason.REJECTED.value,
        incoming=cell.believed,
        detail=f"not sent: {why.reason}",
    )
