"""Did a create reach the other side although its answer was lost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.core.mapping import StreamMapping
from hub.core.records import FieldSchema
from hub.store import intents, leases, links, rows
from hub.sync.apply import apply_page
from hub.sync.connection import Work
from hub.sync.meet import plan_page


def look_up_lost_creates(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
) -> None:
    """Records that an earlier create made although its answer was lost become ours first.

    So do deleted ones that are back: a create would write over them.
    """
    database = work.connection.database
    with database.reading() as session:
        linked = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
        lost = intents.unanswered_creates(
            session,
            mapping.connection,
            mapping.stream,
            [row_id for row_id in row_ids if row_id not in linked],
        )
        known = rows.load_rows(
            session, mapping.hub_table, [row_id for row_id in row_ids if row_id not in linked]
        )
        former = links.formerly_linked(
            session,
            mapping.connection,
            mapping.stream,
            [row_id for row_id, row in known.items() if row.deleted_at is None],
        )
    asked = [row_id for row_id in row_ids if row_id in lost or row_id in former]
    if not asked or mapping.hub_id_field is None:
        return
    found = work.connection.connector.find_by_hub_id(
        work.address_of(mapping), [str(row_id) for row_id in asked], work.priority
    )
    # Of two records with one Hub ID the older is ours; the other will be a row of its own.
    records = [found[str(row_id)][0] for row_id in asked if found.get(str(row_id))]
    with database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        plans = plan_page(session, mapping, fields, records, edits={}, created={})
        apply_page(session, work, mapping, plans)
        intents.close_unanswered(
            session, mapping.connection, mapping.stream, list(lost), "not_there"
        )
        work.counts["creates_adopted"] += len(records)
