"""Does the record of a row that is to be created stand there already?

A create whose answer was lost, a deleted record that is back, a record that somebody gave the
row's Hub ID: a create would write over each of them, so they are looked up first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.core.mapping import StreamMapping
from hub.core.records import FieldSchema, RemoteRecord
from hub.store import intents, leases, links, rows
from hub.sync.apply import apply_page
from hub.sync.connection import Work
from hub.sync.meet import plan_page


def look_up_lost_creates(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
) -> frozenset[UUID]:
    """Records that carry the Hub IDs of rows without a record become ours first.

    Answers the rows that must not be created yet: another row's record carries their Hub ID. That
    record keeps its row and gets its own id back; then they are looked at again.
    """
    database = work.connection.database
    with database.reading() as session:
        linked = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
        known = rows.load_rows(
            session, mapping.hub_table, [row_id for row_id in row_ids if row_id not in linked]
        )
        alone = [row_id for row_id in row_ids if row_id not in linked]
        lost = intents.unanswered_creates(session, mapping.connection, mapping.stream, alone)
    live = {row_id for row_id, row in known.items() if row.deleted_at is None}
    asked = [row_id for row_id in alone if row_id in lost or row_id in live]
    if not asked or mapping.hub_id_field is None:
        return frozenset()
    found = work.connection.connector.find_by_hub_id(
        work.address_of(mapping), [str(row_id) for row_id in asked], work.priority
    )
    if not found and not lost:
        return frozenset()
    # Of two records with one Hub ID the older is ours; the other will be a row of its own.
    records = [record for row_id in asked for record in found.get(str(row_id), ())]
    with database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        plans = plan_page(session, mapping, fields, records, edits={}, created={})
        applied = apply_page(session, work, mapping, plans)
        intents.close_unanswered(
            session, mapping.connection, mapping.stream, list(lost), "not_there"
        )
        work.counts["creates_adopted"] += len(
            {plan.link.row_id for plan in applied if plan.meeting.is_new_link} & set(asked)
        )
        borne = _borne_by_others(
            found, {plan.link.external_id: plan.link.row_id for plan in applied}
        )
        links.recheck(
            session, mapping.connection, mapping.stream, sorted(borne), "its Hub ID was taken"
        )
    return borne


def _borne_by_others(
    found: Mapping[str, Sequence[RemoteRecord]], row_of: Mapping[str, UUID]
) -> frozenset[UUID]:
    """The rows whose Hub ID stands in a record, but in none of their own."""
    carried = {UUID(hub_id): records for hub_id, records in found.items()}
    return frozenset(
        row_id
        for row_id, records in carried.items()
        if all(row_of.get(record.external_id) != row_id for record in records)
    )
