"""Which of these rows are to be made, changed or deleted at the other side?

The push asks, and so does its preview: what is shown is what would be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, Link
from hub.core.mapping import StreamMapping
from hub.core.merge import FreezeReason
from hub.core.outgoing import outgoing_cells
from hub.core.policies import DeletePolicy
from hub.core.records import FieldSchema
from hub.store import links, rows
from hub.store.rows import Row

_DISPUTED = frozenset({FreezeReason.CONFLICT.value, FreezeReason.REJECTED.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidates:
    """What the rows of a chunk ask for; those of `resting` ask for nothing.

    Among `disputed` ones a cell stands still that a change at the hub may settle.
    """

    updates: Mapping[UUID, Link]
    creates: tuple[UUID, ...]
    deletes: Mapping[UUID, Link]
    resting: tuple[UUID, ...]
    disputed: tuple[UUID, ...] = ()


def find_candidates(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
    *,
    forced: set[UUID],
) -> Candidates:
    """Sort these rows by what is to be done; a linked row of `forced` counts as changed."""
    found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
    known = rows.load_rows(session, mapping.hub_table, row_ids)
    updates: dict[UUID, Link] = {}
    deletes: dict[UUID, Link] = {}
    creates: list[UUID] = []
    resting: list[UUID] = []
    disputed: list[UUID] = []
    for row_id in row_ids:
        link, row = found.get(row_id), known.get(row_id)
        is_there = row is not None and row.deleted_at is None
        if link is not None and is_there and _is_disputed(link):
            disputed.append(row_id)
        if link is not None and link.is_paused:
            resting.append(row_id)
        elif link is None:
            # Gone here and there: what was sent of it before has nothing left to wait for.
            (creates if is_there else resting).append(row_id)
        elif link.state == LIVE and not is_there and mapping.on_delete is not DeletePolicy.IGNORE:
            deletes[row_id] = link
        elif (
            link.state == LIVE
            and is_there
            and (row_id in forced or _differs(mapping, fields, link, row))
        ):
            updates[row_id] = link
        else:
            resting.append(row_id)
    return Candidates(
        updates=updates,
        creates=tuple(creates),
        deletes=deletes,
        resting=tuple(resting),
        disputed=tuple(disputed),
    )


def _is_disputed(link: Link) -> bool:
    is_open = link.state == LIVE and not link.is_paused
    return is_open and any(c.reason in _DISPUTED for c in link.frozen.values())


def _differs(
    mapping: StreamMapping, fields: Mapping[str, FieldSchema], link: Link, row: Row | None
) -> bool:
    return row is not None and any(True for _ in outgoing_cells(mapping, fields, link, row.values))
