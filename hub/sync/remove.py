"""How is a row that we deleted deleted at the other side?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from hub.core.links import TOMBSTONE, Link
from hub.core.mapping import StreamMapping
from hub.store import intents, leases, links
from hub.store.intents import Intent
from hub.sync.connection import Work


def remove_records(work: Work, mapping: StreamMapping, doomed: Mapping[UUID, Link]) -> None:
    """Delete the records of rows that are gone; the guard has let them pass already."""
    size = work.connection.connector.write_batch_size
    items = list(doomed.items())
    for start in range(0, len(items), size):
        batch = dict(items[start : start + size])
        with work.connection.database.unit_of_work(work.provenance()) as session:
            leases.check(session, work.grant)
            ids = intents.open_intents(
                session,
                mapping.connection,
                mapping.stream,
                [
                    Intent(row_id=row_id, external_id=link.external_id, operation="delete")
                    for row_id, link in batch.items()
                ],
                fence=work.grant.fence,
                run_id=work.run_id,
            )
        work.connection.connector.delete(
            work.address_of(mapping), [link.external_id for link in batch.values()], work.priority
        )
        with work.connection.database.unit_of_work(work.provenance()) as session:
            leases.check(session, work.grant)
            intents.note_outcome(session, ids, "answered", is_closed=True)
            links.save_links(
                session,
                mapping.connection,
                mapping.stream,
                mapping.hub_table,
                [replace(link, state=TOMBSTONE) for link in batch.values()],
            )
            work.counts["records_deleted"] += len(batch)
