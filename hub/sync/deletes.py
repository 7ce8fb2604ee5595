"""A record is not there any more: is it deleted, and what becomes of its row?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.core.links import LIVE, TOMBSTONE, Link
from hub.core.mapping import StreamMapping
from hub.core.meeting import Edit, LinkFate
from hub.core.policies import DeletePolicy, Direction
from hub.core.records import RemoteRecord
from hub.errors import RemoteUnavailable
from hub.store import conflicts, links, rows
from hub.store.conflicts import ConflictRecord
from hub.store.database import Authorship, set_provenance
from hub.store.rows import Row
from hub.sync import guarding
from hub.sync.connection import Work

LEFT_SCOPE = "left_scope"


def read_with_witness(
    work: Work,
    mapping: StreamMapping,
    external_ids: Sequence[str],
    *,
    destroyed: Set[str] = frozenset(),
) -> dict[str, RemoteRecord]:
    """The records that are there, read whole.

    A call asks for one record more that is known to live: if that is not in the answer the
    answer is blind, and nobody is declared dead by it. An answer that was cut short may still
    show the witness, so whoever is missing without being told as `destroyed` is asked for again.
    As nobody is declared dead by a first answer, a full call spares the witness.

    Raises:
        RemoteUnavailable: the answer was blind.
    """
    size = work.connection.connector.read_batch_size
    alive = [each for each in external_ids if each not in destroyed]
    full = len(alive) // size * size
    found: dict[str, RemoteRecord] = {}
    for start in range(0, full, size):
        chunk = alive[start : start + size]
        found.update(
            work.connection.connector.read_records(work.address_of(mapping), chunk, work.priority)
        )
    rest = [*alive[full:], *(each for each in external_ids if each in destroyed)]
    found.update(_ask(work, mapping, rest))
    doubtful = [each for each in external_ids if each not in found and each not in destroyed]
    if doubtful:
        found.update(_ask(work, mapping, doubtful))
    return found


def _ask(
    work: Work, mapping: StreamMapping, external_ids: Sequence[str]
) -> dict[str, RemoteRecord]:
    connector = work.connection.connector
    size = connector.read_batch_size - 1
    found: dict[str, RemoteRecord] = {}
    for start in range(0, len(external_ids), size):
        chunk = list(external_ids[start : start + size])
        with work.connection.database.reading() as session:
            witness = links.a_live_witness(session, mapping.connection, mapping.stream, chunk)
        asked = [*chunk, witness] if witness else chunk
        answer = connector.read_records(work.address_of(mapping), asked, work.priority)
        missing = [external_id for external_id in chunk if external_id not in answer]
        if missing and witness is not None and witness not in answer:
            raise RemoteUnavailable(
                f"[{mapping.connection}] read {mapping.stream}: {len(missing)} records are missing "
                f"and so is {witness}, which lived a moment ago. Nothing is taken for deleted; "
                "it is tried again."
            )
        found.update({key: answer[key] for key in chunk if key in answer})
    return found


def settle_missing(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    missing: Sequence[str],
    edits: Mapping[str, Edit],
) -> LinkFate:
    """Carry out confirmed deletions; `edits` says who deleted, by external id.

    Answers which rows stay, so that links to them are not cleared with their records.
    """
    found = links.links_of_records(session, mapping.connection, mapping.stream, missing, lock=True)
    gone = {
        link.row_id: link for link in found.values() if link.state == LIVE and not link.is_paused
    }
    _bury_held(session, mapping, [link for link in found.values() if link.state == "held"])
    if not gone:
        return LinkFate()
    known = rows.load_rows(session, mapping.hub_table, list(gone), lock=True)
    edited = {
        row_id: link
        for row_id, link in gone.items()
        if mapping.on_delete is not DeletePolicy.IGNORE
        and row_id in known
        and known[row_id].deleted_at is None
        and _is_edited(mapping, link, known[row_id])
    }
    plain = {row_id: link for row_id, link in gone.items() if row_id not in edited}
    stopped = bool(plain) and guarding.stops(
        session,
        mapping,
        guarding.DELETE_IN_HUB,
        [str(row_id) for row_id in plain],
        already=guarding.deleted_lately(session, mapping),
    )
    if stopped:
        undecided = frozenset(str(row_id) for row_id in gone)
        return LinkFate(undecided=undecided, since=_told_times(gone, edits))
    if mapping.on_delete is DeletePolicy.RESTORE:
        edited, plain = {**edited, **plain}, {}
    _keep_edited(session, work, mapping, edited, known, edits)
    _bury(session, work, mapping, plain, known, edits)
    return LinkFate(
        kept=frozenset(str(row_id) for row_id in edited), since=_told_times(gone, edits)
    )


def _told_times(gone: Mapping[UUID, Link], edits: Mapping[str, Edit]) -> dict[str, datetime]:
    times = {row_id: edits.get(link.external_id) for row_id, link in gone.items()}
    return {str(row_id): edit.at for row_id, edit in times.items() if edit and edit.at}


def _is_edited(mapping: StreamMapping, link: Link, row: Row) -> bool:
    return any(
        m.direction is not Direction.TO_HUB
        and m.column.name in link.shadow
        and row.values[m.column.name] != link.shadow[m.column.name].hub
        for m in mapping.fields
    )


def _bury_held(session: Session, mapping: StreamMapping, held: Sequence[Link]) -> None:
    links.save_links(
        session,
        mapping.connection,
        mapping.stream,
        mapping.hub_table,
        [replace(link, state=TOMBSTONE) for link in held],
    )


def _keep_edited(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    edited: Mapping[UUID, Link],
    known: Mapping[UUID, Row],
    edits: Mapping[str, Edit],
) -> None:
    """The edit wins: the row stays and makes a new record."""
    _bury_held(session, mapping, list(edited.values()))
    conflicts.record_conflicts(
        session,
        mapping.connection,
        mapping.stream,
        mapping.hub_table,
        [_told(link, edits.get(link.external_id), mapping.on_delete) for link in edited.values()],
    )
    links.recheck(
        session,
        mapping.connection,
        mapping.stream,
        [link.row_id for link in edited.values()],
        "edited here, deleted there",
    )
    work.counts["deletes_outlived"] += len(edited)


def _told(link: Link, edit: Edit | None, policy: DeletePolicy) -> ConflictRecord:
    return ConflictRecord(
        link_id=link.id,
        row_id=link.row_id,
        external_id=link.external_id,
        field="deleted_at",
        base=None,
        theirs="deleted",
        ours=None,
        their_actor=edit.actor if edit else None,
        their_edited_at=edit.at if edit else None,
        our_actor=None,
        our_edited_at=None,
        cause="edit_against_delete",
        policy="hub" if policy is not DeletePolicy.RESTORE else "restore",
        winner="ours",
        status=conflicts.SETTLED,
    )


def _bury(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    plain: Mapping[UUID, Link],
    known: Mapping[UUID, Row],
    edits: Mapping[str, Edit],
) -> None:
    if not plain:
        return
    ignored = mapping.on_delete is DeletePolicy.IGNORE
    links.save_links(
        session,
        mapping.connection,
        mapping.stream,
        mapping.hub_table,
        [replace(link, state=LEFT_SCOPE if ignored else TOMBSTONE) for link in plain.values()],
    )
    if ignored:
        return
    now = clock.now()
    dying = {
        link.row_id: edits.get(link.external_id, Edit(actor="unknown", at=now))
        for row_id, link in plain.items()
        if row_id in known and known[row_id].deleted_at is None
    }
    authors = {
        row_id: Authorship(actor=edit.actor, edited_at=edit.at) for row_id, edit in dying.items()
    }
    set_provenance(session, replace(work.provenance(), authors=authors))
    rows.update_rows(
        session,
        mapping.hub_table,
        {row_id: {"deleted_at": (edit.at or now).isoformat()} for row_id, edit in dying.items()},
    )
    set_provenance(session, work.provenance())
    work.counts["rows_deleted"] += len(dying)
