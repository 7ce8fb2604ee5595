"""Where does the hub differ from what the other side really holds at this moment?

The whole table is read and compared, and nothing is written: what the hub does not know yet is
told with its reason, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.contract import Priority
from hub.core.links import HELD, LIVE, TOMBSTONE, Link
from hub.core.mapping import FieldMapping, Resolve, StreamMapping, to_hub
from hub.core.meeting import empty_of
from hub.core.policies import Direction
from hub.core.records import RemoteRecord
from hub.core.values import Value
from hub.store import links, rows
from hub.store.generic import UnitsOfWork
from hub.store.rows import Row
from hub.sync.connection import SyncConnection, Work
from hub.sync.deletes import read_with_witness
from hub.sync.divergence import alone_rows, explain, view_stream
from hub.sync.dry_run import looking
from hub.sync.meter import metered
from hub.sync.reasons import Divergence, Reason, View, shown_remote

PAGE = 100


def scan_calls(database: UnitsOfWork, mapping: StreamMapping) -> int:
    """How many calls a scan costs, about: a page is a hundred records."""
    with database.reading() as session:
        known = links.count_live(session, mapping.connection, mapping.stream)
    return max(1, math.ceil(known / PAGE))


def scan_differences(
    connection: SyncConnection, mapping: StreamMapping, *, freshness: timedelta
) -> Iterator[Divergence]:
    """Every difference from the real remote values; writes nothing.

    Raises:
        HubError: what the other side answered.
    """
    with metered(connection, "preview"):
        yield from _differences(connection, mapping, freshness)


def _differences(
    connection: SyncConnection, mapping: StreamMapping, freshness: timedelta
) -> Iterator[Divergence]:
    work = looking(connection)
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = connection.connector.read_page(work.address_of(mapping), cursor, Priority.BACKFILL)
        fresh = [record for record in page.records if record.external_id not in seen]
        seen.update(record.external_id for record in fresh)
        with connection.database.reading() as session:
            view = view_stream(session, mapping, freshness, clock.now())
            if view is None:
                return
            found = _compare(session, work, view, fresh)
        yield from found
        cursor = page.next_cursor
        if cursor is None:
            break
    yield from _gone(work, mapping, seen, freshness)
    yield from alone_rows(connection.database, mapping, freshness=freshness)


def _compare(
    session: Session, work: Work, view: View, records: Sequence[RemoteRecord]
) -> list[Divergence]:
    mapping = view.mapping
    ids = [record.external_id for record in records]
    found = links.links_of_records(session, mapping.connection, mapping.stream, ids)
    living = {key: link for key, link in found.items() if link.state != TOMBSTONE}
    known = rows.load_rows(session, mapping.hub_table, [k.row_id for k in living.values()])
    told = {
        (item.external_id, item.column): item
        for item in explain(session, view, list(living.values()), known)
    }
    resolve = _resolver(session, mapping, records)
    result: list[Divergence] = []
    for record in records:
        link = living.get(record.external_id)
        if link is None:
            result.append(_unknown_record(view, record, known_before=found.get(record.external_id)))
            continue
        whole = told.get((record.external_id, None))
        row = known.get(link.row_id)
        if whole is not None or row is None:
            result += [whole] if whole is not None else []
            continue
        for m in mapping.fields:
            cell = _compare_cell(work, view, m, record, link, row, resolve, told)
            if cell is not None:
                result.append(cell)
    return result


def _resolver(session: Session, mapping: StreamMapping, records: Sequence[RemoteRecord]) -> Resolve:
    wanted: dict[str, set[str]] = {}
    for m in mapping.fields:
        if m.link is not None:
            for record in records:
                value = record.fields.get(m.field_id)
                wanted.setdefault(m.link, set()).update(value if isinstance(value, list) else [])
    known = links.row_ids_of(session, mapping.connection, wanted)
    return lambda stream, external_id: known.get((stream, external_id))


def _compare_cell(
    work: Work,
    view: View,
    m: FieldMapping,
    record: RemoteRecord,
    link: Link,
    row: Row,
    resolve: Resolve,
    told: Mapping[tuple[str | None, str | None], Divergence],
) -> Divergence | None:
    name = m.column.name
    known = told.get((record.external_id, name))
    schema = work.fields_of(view.mapping).get(m.field_id)
    if schema is None:
        return known
    real = record.fields.get(m.field_id, empty_of(schema))
    frozen, pair = link.frozen.get(name), link.shadow.get(name)
    if frozen is not None:
        return replace(known, remote=shown_remote(schema, real)) if known else None
    ours = row.values.get(name)
    if to_hub(m, schema, real, resolve) == ours:
        return None
    if pair is not None and real == pair.remote:
        # The other side is as we know it: the difference is ours, and has its reason.
        return known
    if pair is None and m.direction is Direction.TO_SOURCE:
        return known
    reason, detail = _why_not_taken(view, m, record)
    return Divergence(
        connection=view.mapping.connection,
        stream=view.mapping.stream,
        table=view.mapping.hub_table,
        row_id=link.row_id,
        row_name=None,
        external_id=record.external_id,
        column=name,
        hub=ours,
        remote=shown_remote(schema, real),
        reason=reason,
        detail=detail,
        age_seconds=view.age(record.modified_at) if record.modified_at else None,
    )


def _why_not_taken(view: View, m: FieldMapping | None, record: RemoteRecord) -> tuple[Reason, str]:
    """Why a value there has not been taken in."""
    facts = view.facts
    if m is not None and m.direction is Direction.TO_SOURCE:
        return Reason.ONE_WAY, "the hub owns this field: their edit is put back"
    if facts.is_paused:
        return Reason.PAUSED, "the stream is paused; `hub sync resume` lets it go on"
    if facts.hold_reason is not None:
        is_guard = facts.hold_reason.startswith("guard")
        return (Reason.GUARD if is_guard else Reason.STOPPED), facts.hold_reason
    if not facts.is_backfilled:
        return Reason.NOT_SENT_YET, "the first complete read is not over"
    made = record.modified_at or record.created_at
    if made is not None and view.now - made <= view.freshness:
        return Reason.IN_FLIGHT, f"edited there at {made:%Y-%m-%d %H:%M:%S}, not taken in yet"
    if facts.failing_since is not None:
        return Reason.FAILING, f"it cannot be taken in: {facts.error_message}"
    if record.modified_at is None:
        return Reason.UNEXPLAINED, "edited there at an unknown time, and not taken in"
    return (
        Reason.UNEXPLAINED,
        f"edited there at {record.modified_at:%Y-%m-%d %H:%M:%S}, and not taken in; "
        "a complete read repairs it",
    )


def _unknown_record(view: View, record: RemoteRecord, *, known_before: Link | None) -> Divergence:
    reason, detail = _why_not_taken(view, None, record)
    if reason is Reason.IN_FLIGHT:
        detail = f"made there, not taken in yet: {detail}"
    elif reason is Reason.NOT_SENT_YET:
        reason = Reason.RECORD_WITHOUT_ROW
    return Divergence(
        connection=view.mapping.connection,
        stream=view.mapping.stream,
        table=view.mapping.hub_table,
        row_id=known_before.row_id if known_before else UUID(int=0),
        row_name=None,
        external_id=record.external_id,
        column=None,
        hub=None,
        remote=None,
        reason=reason,
        detail=("deleted once, and there again: " if known_before else "no row: ") + detail,
        age_seconds=view.age(record.created_at) if record.created_at else None,
    )


def _gone(
    work: Work, mapping: StreamMapping, seen: set[str], freshness: timedelta
) -> Iterator[Divergence]:
    """Linked records that no page showed, and that are not there when asked for by id."""
    database = work.connection.database
    with database.reading() as session:
        unseen = sorted(links.live_external_ids(session, mapping.connection, mapping.stream) - seen)
    if not unseen:
        return
    there = read_with_witness(work, mapping, unseen)
    gone = [external_id for external_id in unseen if external_id not in there]
    with database.reading() as session:
        view = view_stream(session, mapping, freshness, clock.now())
        found = links.links_of_records(session, mapping.connection, mapping.stream, gone)
        known = rows.load_rows(session, mapping.hub_table, [k.row_id for k in found.values()])
    for link in found.values():
        row = known.get(link.row_id)
        if view is None or link.state not in {LIVE, HELD} or _is_deleted(row):
            continue
        yield _deleted_there(view, link, _name(row))


def _is_deleted(row: Row | None) -> bool:
    return row is not None and row.deleted_at is not None


def _name(row: Row | None) -> str | None:
    name: Value = row.values.get("name") if row else None
    return str(name) if name else None


def _deleted_there(view: View, link: Link, name: str | None) -> Divergence:
    facts = view.facts
    reason, detail = Reason.TOMBSTONE_PENDING, "deleted there; the next read takes it in"
    if facts.is_paused:
        reason, detail = Reason.PAUSED, "deleted there while the stream is paused"
    elif facts.hold_reason is not None:
        is_guard = facts.hold_reason.startswith("guard")
        reason, detail = (Reason.GUARD if is_guard else Reason.STOPPED), facts.hold_reason
    return Divergence(
        connection=view.mapping.connection,
        stream=view.mapping.stream,
        table=view.mapping.hub_table,
        row_id=link.row_id,
        row_name=name,
        external_id=link.external_id,
        column=None,
        hub=None,
        remote=None,
        reason=reason,
        detail=detail,
    )
