"""What does the answer of a write change here?

For the cells that were written the answer is what both sides agree on. Every other cell of it is
a read like any other: somebody may have edited it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, TOMBSTONE, Link
from hub.core.mapping import StreamMapping
from hub.core.meeting import empty_of
from hub.core.merge import Pair
from hub.core.records import FieldSchema, RemoteRecord, WriteResult
from hub.core.values import Value
from hub.store import intents, leases, links, rows
from hub.store.entities.base import new_id
from hub.sync.apply import apply_page
from hub.sync.connection import Work
from hub.sync.letters import Letter
from hub.sync.meet import plan_page


def note_answers(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[Letter],
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
            [
                result.record.external_id
                for letter, result in zip(letters, results, strict=True)
                if result.record is not None and letter.link is None
            ],
            lock=True,
        )
        for letter, result in zip(letters, results, strict=True):
            if result.record is None:
                continue
            standing = known.get(result.record.external_id)
            if letter.link is None and standing is not None and standing.state != TOMBSTONE:
                # Somebody gave this row's Hub ID to another row's record meanwhile: that record
                # holds our values where its own row's belong, which are sent once more.
                strangers.append(letter.row_id)
                overwritten = answered_cells(mapping, fields, letter, result.record)
                saved.append(replace(standing, shadow={**standing.shadow, **overwritten}))
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
                    shadow={
                        **link.shadow,
                        **answered_cells(mapping, fields, letter, result.record),
                    },
                )
            )
            records.append(result.record)
        links.save_links(session, mapping.connection, mapping.stream, mapping.hub_table, saved)
        _note_intents(session, mapping, fields, letters, results)
        links.unpark(session, mapping.connection, mapping.stream, made)
        plans = plan_page(session, mapping, fields, records, edits={}, created={})
        apply_page(session, work, mapping, plans)
        _leave_parked(session, mapping, made)
        links.recheck(
            session, mapping.connection, mapping.stream, strangers, "its Hub ID was taken"
        )
        work.counts["records_created"] += len(made)
        work.counts["records_written"] += len(saved) - len(made) - len(strangers)
        work.counts["cells_written"] += sum(len(letter.sent) for letter in letters)


def _note_intents(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letters: Sequence[Letter],
    results: Sequence[WriteResult],
) -> None:
    normalised: dict[UUID, Value] = {}
    for letter, result in zip(letters, results, strict=True):
        if letter.link is None or result.record is None:
            continue
        made = answered_cells(mapping, fields, letter, result.record)
        for intent_id, (name, pair) in zip(letter.intents, letter.sent.items(), strict=False):
            if name in made and made[name].remote != pair.remote:
                normalised[intent_id] = made[name].remote
    intents.note_made(session, normalised)
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


def answered_cells(
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    letter: Letter,
    record: RemoteRecord,
) -> dict[str, Pair]:
    """What both sides agree on now: of the cells that we wrote, and of no other."""
    answered: dict[str, Pair] = {}
    for m in mapping.fields:
        name = m.column.name
        if name in letter.sent:
            remote = record.fields.get(m.field_id, empty_of(fields[m.field_id]))
            answered[name] = Pair(hub=letter.sent[name].hub, remote=remote)
    return answered
