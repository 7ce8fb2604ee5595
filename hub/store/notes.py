"""Beside which records does the hub have something to say, and what did it say last?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.notes import StillCell
from hub.store.generic import generic

PATIENCE_MINUTES = 10
"""A link that waits for its record is worth a word only when it waits for long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueNote:
    """A record whose note is not what it should be; `basis` tells one state of it from another."""

    link_id: UUID
    stream: str
    external_id: str
    basis: str | None
    cells: tuple[StillCell, ...]


@generic(Session)
def due_notes(
    session: Session, connection: str, streams: Sequence[str], *, limit: int
) -> list[DueNote]:
    """The records of these streams whose note is to be written, changed or cleared."""
    found = session.execute(
        text(
            "with told as ("
            " select l.id, l.stream, l.external_id, l.note,"
            "  md5(string_agg(concat_ws('|', f.field, f.reason, f.detail, f.parked_stream,"
            "   c.theirs, c.ours, c.their_actor, c.our_actor), '#' order by f.field)) as basis,"
            "  jsonb_agg(jsonb_build_object('field', f.field, 'reason', f.reason,"
            "   'detail', f.detail, 'parked_stream', f.parked_stream, 'theirs', c.theirs,"
            "   'ours', c.ours, 'their_actor', c.their_actor, 'our_actor', c.our_actor)"
            "   order by f.field) as cells"
            " from hub.frozen_cell f join hub.record_link l on l.id = f.link_id"
            " left join hub.conflict c on c.link_id = l.id and c.field = f.field"
            "  and c.status = 'open'"
            " where l.connection = :connection and l.stream = any(:streams)"
            " and l.state in ('live', 'held') and (f.reason not in ('parked', 'held')"
            "  or f.since < clock_timestamp() - make_interval(mins => :patience))"
            " group by l.id)"
            " select id, stream, external_id, basis, cells from told"
            "  where note is distinct from basis"
            " union all select l.id, l.stream, l.external_id, null, '[]' from hub.record_link l"
            "  where l.connection = :connection and l.stream = any(:streams)"
            "  and l.note is not null and l.state in ('live', 'held')"
            "  and not exists (select from told where told.id = l.id)"
            " order by id limit :limit"
        ),
        {
            "connection": connection,
            "streams": list(streams),
            "patience": PATIENCE_MINUTES,
            "limit": limit,
        },
    )
    return [
        DueNote(
            link_id=row.id,
            stream=row.stream,
            external_id=row.external_id,
            basis=row.basis,
            cells=tuple(StillCell(**cell) for cell in row.cells),
        )
        for row in found
    ]


@generic(Session)
def note_written(session: Session, written: Mapping[UUID, str | None]) -> None:
    """Remember what the notes of these links say now, by the basis of each."""
    session.execute(
        text(
            "update hub.record_link l set note = i.basis"
            " from unnest(cast(:ids as uuid[]), cast(:bases as text[])) as i(id, basis)"
            " where l.id = i.id"
        ),
        {"ids": [str(link_id) for link_id in written], "bases": list(written.values())},
    )
