"""How is a batch written so that a crash at any point loses and doubles nothing?

1. In one transaction: what is to be sent, from rows and shadows as they stand, and an intent for
   each cell. 2. The request. 3. In one transaction: the outcome. A create whose outcome is unknown
   is looked up by Hub ID before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, TOMBSTONE, Frozen, Link
from hub.core.mapping import Parked, StreamMapping, to_remote
from hub.core.meeting import empty_of
from hub.core.merge import FreezeReason, Pair
from hub.core.outgoing import Outgoing, outgoing_cells
from hub.core.records import FieldSchema, RemoteRecord, WriteItem, WriteResult
from hub.core.values import Unfit, Value
from hub.errors import OutcomeUnknown, RecordRejected
from hub.store import intents, leases, links, rows
from hub.store.entities.base import new_id
from hub.store.intents import Intent
from hub.sync.adopt import outgoing_resolver
from hub.sync.apply import apply_page
from hub.sync.connection import Work
from hub.sync.meet import plan_page


@dataclass(frozen=True, kw_only=True, slots=True)
class _Letter:
    """One record's write: what is sent, from which hub values, and its intents."""

    row_id: UUID
    link: Link | None
    item: WriteItem
    sent: Mapping[str, Pair]
    intents: tuple[UUID, ...]


def send_rows(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
) -> None:
    """Write what differs in these rows, batch by batch."""
    size = work.connection.connector.write_batch_size
    for start in range(0, len(row_ids), size):
        letters = _prepare(work, mapping, fields, row_ids[start : start + size])
        if letters:
            _post(work, mapping, fields, letters)


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


def _prepare(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
) -> list[_Letter]:
    """What to send, committed as intents."""
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids, lock=True)
        known = rows.load_rows(session, mapping.hub_table, row_ids, lock=True)
        going = {
            row_id: list(outgoing_cells(mapping, fields, found.get(row_id), row.values))
            for row_id, row in known.items()
        }
        resolve = outgoing_resolver(
            session,
            mapping,
            [{cell.mapping.column.name: cell.ours for cell in cells} for cells in going.values()],
        )
        frozen: list[tuple[UUID, Frozen]] = []
        letters: list[_Letter] = []
        to_open: list[list[Intent]] = []
        for row_id in row_ids:
            row, link = known.get(row_id), found.get(row_id)
            if row is None or row.deleted_at is not None:
                continue
            if link is not None and link.state != LIVE:
                continue
            cells: dict[str, Value] = {}
            sent: dict[str, Pair] = {}
            planned: list[Intent] = []
            for cell in going[row_id]:
                value = to_remote(
                    cell.mapping,
                    cell.schema,
                    cell.ours,
                    resolve,
                    allow_new_options=mapping.allow_new_options,
                )
                name = cell.mapping.column.name
                if isinstance(value, (Unfit, Parked)):
                    if link is not None:
                        frozen.append((link.id, _stands_still(cell, value)))
                    continue
                cells[cell.schema.id] = value
                sent[name] = Pair(hub=cell.ours, remote=value)
                planned.append(
                    Intent(
                        row_id=row_id,
                        external_id=link.external_id if link else None,
                        operation="update" if link else "create",
                        field=name,
                        believed=cell.believed,
                        sent=value,
                    )
                )
            if link is not None and not cells and link.has_hub_id:
                continue
            if link is None and not planned:
                planned.append(Intent(row_id=row_id, external_id=None, operation="create"))
            to_open.append(planned)
            letters.append(
                _Letter(
                    row_id=row_id,
                    link=link,
                    item=WriteItem(
                        hub_id=str(row_id),
                        external_id=link.external_id if link else None,
                        fields=cells,
                    ),
                    sent=sent,
                    intents=(),
                )
            )
        opened = iter(
            intents.open_intents(
                session,
                mapping.connection,
                mapping.stream,
                [intent for planned in to_open for intent in planned],
                fence=work.grant.fence,
                run_id=work.run_id,
            )
        )
        letters = [
            replace(letter, intents=tuple(islice(opened, len(planned))))
            for letter, planned in zip(letters, to_open, strict=True)
        ]
        links.freeze(session, frozen)
        work.counts["cells_frozen"] += len(frozen)
    return letters


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


def _post(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[_Letter],
) -> None:
    connector = work.connection.connector
    try:
        results = connector.write(
            work.address_of(mapping), [letter.item for letter in letters], work.priority
        )
    except OutcomeUnknown:
        # The intents stay open: the next look at these rows finds out what happened.
        raise
    except RecordRejected as exc:
        if len(letters) > 1:
            # The batch was refused as a whole: alone, only the culprit is.
            for letter in letters:
                _post(work, mapping, fields, [letter])
            return
        _note_rejected(work, mapping, letters[0], exc.message)
        return
    _note_answers(work, mapping, fields, letters, results)


def _note_rejected(work: Work, mapping: StreamMapping, letter: _Letter, reason: str) -> None:
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        intents.note_outcome(session, letter.intents, "failed", is_closed=True)
        if letter.link is not None:
            cells = [
                Frozen(
                    field=name,
                    reason=FreezeReason.REJECTED.value,
                    incoming=letter.link.shadow[name].remote
                    if name in letter.link.shadow
                    else None,
                    detail=reason,
                )
                for name in letter.sent
            ]
            links.freeze(session, [(letter.link.id, cell) for cell in cells])
        work.counts["records_rejected"] += 1


def _note_answers(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[_Letter],
    results: Sequence[WriteResult],
) -> None:
    """For the cells we wrote the answer is the shadow; every other cell of it is a read."""
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        saved: list[Link] = []
        records: list[RemoteRecord] = []
        made: list[Link] = []
        strangers: list[UUID] = []
        row_ids = [letter.row_id for letter in letters]
        current = links.links_of_rows(
            session, mapping.connection, mapping.stream, row_ids, lock=True
        )
        known = links.links_of_records(
            session,
            mapping.connection,
            mapping.stream,
            [result.record.external_id for result in results if result.record is not None],
            lock=True,
        )
        for letter, result in zip(letters, results, strict=True):
            if result.record is None:
                continue
            standing = known.get(result.record.external_id)
            if letter.link is None and standing is not None and standing.state != TOMBSTONE:
                # Somebody gave this row's Hub ID to another row's record meanwhile.
                strangers.append(letter.row_id)
                records.append(result.record)
                continue
            link = current.get(letter.row_id) or Link(
                id=standing.id if standing is not None else new_id(),
                external_id=result.record.external_id,
                row_id=letter.row_id,
                state=LIVE,
                has_hub_id=True,
            )
            if letter.row_id not in current:
                made.append(link)
            saved.append(
                replace(
                    link,
                    has_hub_id=True,
                    shadow={**link.shadow, **_answered(mapping, fields, letter, result.record)},
                )
            )
            records.append(result.record)
        links.save_links(session, mapping.connection, mapping.stream, mapping.hub_table, saved)
        _note_intents(session, letters)
        links.unpark(session, mapping.connection, mapping.stream, made)
        plans = plan_page(session, mapping, fields, records, edits={}, created={})
        apply_page(session, work, mapping, plans)
        _leave_parked(session, mapping, made)
        links.recheck(
            session, mapping.connection, mapping.stream, strangers, "its Hub ID was taken"
        )
        work.counts["records_created"] += len(made)
        work.counts["records_written"] += len(saved) - len(made)
        work.counts["cells_written"] += sum(len(letter.sent) for letter in letters)


def _note_intents(session: Session, letters: Sequence[_Letter]) -> None:
    updates = [i for letter in letters if letter.link is not None for i in letter.intents]
    creates = [i for letter in letters if letter.link is None for i in letter.intents]
    intents.note_outcome(session, updates, "answered", is_closed=False)
    intents.note_outcome(session, creates, "answered", is_closed=True)


def _leave_parked(session: Session, mapping: StreamMapping, made: Sequence[Link]) -> None:
    """A new record whose links could not be sent yet is looked at again."""
    linking = [m for m in mapping.fields if m.link is not None]
    if not made or not linking:
        return
    known = rows.load_rows(session, mapping.hub_table, [link.row_id for link in made])
    saved = links.links_of_rows(
        session, mapping.connection, mapping.stream, [link.row_id for link in made]
    )
    waiting = [
        row_id
        for row_id, link in saved.items()
        if any(
            m.column.name not in link.shadow or link.shadow[m.column.name].hub is None
            for m in linking
            if row_id in known and known[row_id].values.get(m.column.name) is not None
        )
    ]
    links.recheck(session, mapping.connection, mapping.stream, waiting, "link not sent yet")


def _answered(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letter: _Letter,
    record: RemoteRecord,
) -> dict[str, Pair]:
    answered: dict[str, Pair] = {}
    for m in mapping.fields:
        name = m.column.name
        if name in letter.sent:
            remote = record.fields.get(m.field_id, empty_of(fields[m.field_id]))
            answered[name] = Pair(hub=letter.sent[name].hub, remote=remote)
    return answered
