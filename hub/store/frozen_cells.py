"""Which cells stand still, and when do they go on?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.links import Frozen
from hub.store.generic import generic


@generic(Session)
def freeze(session: Session, cells: Sequence[tuple[UUID, Frozen]]) -> None:
    """Freeze cells, given with their link's id; one that is frozen already is updated."""
    if not cells:
        return
    items = [
        {
            "link_id": str(link_id),
            "field": cell.field,
            "reason": cell.reason,
            "incoming": cell.incoming,
            "detail": cell.detail,
            "parked_stream": cell.parked_stream,
            "parked_on": cell.parked_on,
        }
        for link_id, cell in cells
    ]
    session.execute(
        text(
            "insert into hub.frozen_cell"
            " (link_id, field, reason, incoming, detail, parked_stream, parked_on)"
            " select link_id, field, reason, incoming, detail, parked_stream, parked_on"
            " from jsonb_to_recordset(cast(:items as jsonb)) as i(link_id uuid, field text,"
            "  reason text, incoming jsonb, detail text, parked_stream text, parked_on text)"
            " on conflict (link_id, field) do update set reason = excluded.reason,"
            "  incoming = excluded.incoming, detail = excluded.detail,"
            "  parked_stream = excluded.parked_stream, parked_on = excluded.parked_on"
        ),
        {"items": json.dumps(items)},
    )


@generic(Session)
def thaw(session: Session, cells: Sequence[tuple[UUID, str]]) -> None:
    """Unfreeze cells, given as (link id, field)."""
    if not cells:
        return
    session.execute(
        text(
            "delete from hub.frozen_cell where (link_id, field) in"
            " (select * from unnest(cast(:links as uuid[]), cast(:fields as text[])))"
        ),
        {"links": [str(link) for link, _ in cells], "fields": [name for _, name in cells]},
    )


@generic(Session)
def release_held(
    session: Session, connection: str, stream: str, row_ids: Iterable[UUID], *, keeps: bool
) -> None:
    """Let the link cells go on that waited for a deletion of these rows to be decided.

    If the rows are kept, the cells count as cleared by nobody, so that ours are sent again.
    """
    bound = {
        "connection": connection,
        "stream": stream,
        "ids": [str(row_id) for row_id in row_ids],
    }
    if keeps:
        session.execute(
            text(
                "with cleared as (select l.id, jsonb_object_agg(f.field,"
                # A set lost these rows only; one link is as if it had never been there.
                "  case when jsonb_typeof(l.shadow -> f.field -> 'h') = 'array'"
                "  then jsonb_build_object('r', l.shadow -> f.field -> 'r', 'h',"
                "   nullif((l.shadow -> f.field -> 'h') - cast(:ids as text[]), '[]'))"
                '  else cast(\'{"h": null, "r": null}\' as jsonb) end) as pairs'
                " from hub.frozen_cell f join hub.record_link l on l.id = f.link_id"
                " where f.reason = 'held' and f.parked_stream = :stream"
                " and f.parked_on = any(:ids) and l.connection = :connection group by l.id)"
                " update hub.record_link l set shadow = l.shadow || c.pairs from cleared c"
                " where c.id = l.id"
            ),
            bound,
        )
    session.execute(
        text(
            "with freed as (delete from hub.frozen_cell f using hub.record_link l"
            "  where f.link_id = l.id and f.reason = 'held' and f.parked_stream = :stream"
            "  and f.parked_on = any(:ids) and l.connection = :connection"
            "  returning l.connection, l.stream, l.row_id)"
            " insert into hub.recheck (connection, stream, row_id, reason)"
            " select distinct connection, stream, row_id, 'decided' from freed"
            " on conflict (connection, stream, row_id) do update set since = clock_timestamp()"
        ),
        bound,
    )
