"""What does the hub know of the records that were just read?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, TOMBSTONE, Link
from hub.core.mapping import FieldMapping, Resolve, StreamMapping
from hub.core.meeting import NO_FATE, Edit, LinkFate, Meeting, RecordPlan
from hub.core.plan import choose_row_id, plan_record
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.values import Value
from hub.store import change_log, links, rows
from hub.store.entities.base import new_id
from hub.store.rows import Row
from hub.sync.adopt import adopt_lost_creates, adopt_lost_updates

Edits = Mapping[str, Mapping[str, Edit]]
"""external id -> field id -> the last edit that we were told of."""


def plan_page(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    records: Sequence[RemoteRecord],
    *,
    edits: Edits,
    created: Mapping[str, Edit],
    fate: LinkFate = NO_FATE,
    is_matched: bool = False,
) -> list[RecordPlan]:
    """The plans for records of one stream. Their links and rows stay locked until commit."""
    found = links.links_of_records(
        session,
        mapping.connection,
        mapping.stream,
        [record.external_id for record in records],
        lock=True,
    )
    chosen = _choose_links(session, mapping, records, found)
    known = rows.load_rows(
        session, mapping.hub_table, [link.row_id for link in chosen.values()], lock=True
    )
    resolve = _resolver(session, mapping, records, chosen, known)
    chosen = adopt_lost_creates(session, mapping, fields, chosen, set(found), known)
    if not is_matched:
        chosen = adopt_lost_updates(session, mapping, fields, records, chosen)
    meetings = [
        _meeting(record, chosen[record.external_id], found, known, edits, created, fate)
        for record in records
    ]
    plans = [plan_record(mapping, fields, meeting, resolve) for meeting in meetings]
    unsure = [
        plan.link.row_id
        for plan in plans
        if plan.needs_our_times or any(d.our_edit is None for d in plan.disagreements)
    ]
    if not unsure:
        return plans
    ours = change_log.last_edits(session, mapping.hub_table, unsure)
    return [
        plan_record(mapping, fields, _with_our_edits(plan.meeting, ours), resolve)
        if plan.link.row_id in ours
        else plan
        for plan in plans
    ]


def _with_our_edits(
    meeting: Meeting, ours: Mapping[UUID, Mapping[str, change_log.LastEdit]]
) -> Meeting:
    told = ours[meeting.link.row_id]
    return replace(
        meeting,
        our_edits={name: Edit(actor=edit.actor, at=edit.edited_at) for name, edit in told.items()},
    )


def _meeting(
    record: RemoteRecord,
    link: Link,
    found: Mapping[str, Link],
    known: Mapping[UUID, Row],
    edits: Edits,
    created: Mapping[str, Edit],
    fate: LinkFate,
) -> Meeting:
    row = known.get(link.row_id)
    return Meeting(
        record=record,
        link=link,
        is_new_link=record.external_id not in found,
        row=row.values if row else None,
        is_row_deleted=bool(row and row.deleted_at is not None),
        edits=edits.get(record.external_id, {}),
        created_by=created.get(record.external_id),
        fate=fate,
    )


def _choose_links(
    session: Session,
    mapping: StreamMapping,
    records: Sequence[RemoteRecord],
    found: Mapping[str, Link],
) -> dict[str, Link]:
    """A link for each record: the one it has, or a new one by its Hub ID, or a new row's.

    Of two records with one Hub ID the linked one keeps it, else the older; the other is a new row.
    """
    chosen = _with_own_rows(session, mapping, found)
    strangers = [record for record in records if record.external_id not in found]
    strangers.sort(key=lambda r: r.created_at or datetime.max.replace(tzinfo=UTC))
    claims = {
        record.external_id: choose_row_id(record.fields.get(mapping.hub_id_field or ""))
        for record in strangers
    }
    claimed = [row_id for row_id in claims.values() if row_id is not None]
    taken = set(links.links_of_rows(session, mapping.connection, mapping.stream, claimed))
    # A record that came back from the trash in this very page keeps its row.
    taken |= {link.row_id for link in chosen.values()}
    for record in strangers:
        row_id = claims[record.external_id]
        if row_id is None or row_id in taken:
            row_id = new_id()
        taken.add(row_id)
        chosen[record.external_id] = Link(
            id=new_id(),
            external_id=record.external_id,
            row_id=row_id,
            state=LIVE,
            has_hub_id=False,
        )
    return chosen


def _with_own_rows(
    session: Session, mapping: StreamMapping, found: Mapping[str, Link]
) -> dict[str, Link]:
    """A deleted record that is back while another stands for its row is a row of its own."""
    buried = sorted({link.row_id for link in found.values() if link.state == TOMBSTONE})
    taken = set(links.links_of_rows(session, mapping.connection, mapping.stream, buried))
    chosen: dict[str, Link] = {}
    for external_id, link in found.items():
        if link.state == TOMBSTONE and link.row_id in taken:
            link = replace(link, row_id=new_id(), shadow={}, has_hub_id=False)
        elif link.state == TOMBSTONE:
            taken.add(link.row_id)
        chosen[external_id] = link
    return chosen


def _resolver(
    session: Session,
    mapping: StreamMapping,
    records: Sequence[RemoteRecord],
    chosen: Mapping[str, Link],
    known: Mapping[UUID, Row],
) -> Resolve:
    wanted: dict[str, set[str]] = {}
    for field_mapping in mapping.fields:
        if field_mapping.link is None:
            continue
        for record in records:
            theirs = record.fields.get(field_mapping.field_id)
            if not _is_settled(chosen[record.external_id], known, field_mapping, theirs):
                wanted.setdefault(field_mapping.link, set()).update(_ids(theirs))
    resolved = links.row_ids_of(session, mapping.connection, wanted)
    for record in records:
        link = chosen[record.external_id]
        # A record of this very page counts as linked: its row is made in the same statement.
        if link.state != TOMBSTONE and not _is_pending_delete(link, known):
            resolved.setdefault((mapping.stream, record.external_id), str(link.row_id))

    def resolve(stream: str, external_id: str) -> str | None:
        return resolved.get((stream, external_id))

    return resolve


def _is_settled(
    link: Link, known: Mapping[UUID, Row], field_mapping: FieldMapping, theirs: Value
) -> bool:
    """Whether the plan will not ask where this link cell points: nothing came in."""
    row = known.get(link.row_id)
    name = field_mapping.column.name
    base = link.shadow.get(name)
    return (
        row is not None
        and row.deleted_at is None
        and name not in link.frozen
        and base is not None
        and base.remote == theirs
    )


def _is_pending_delete(link: Link, known: Mapping[UUID, Row]) -> bool:
    row = known.get(link.row_id)
    return row is None and bool(link.shadow)


def _ids(value: Value) -> list[str]:
    return value if isinstance(value, list) else []
