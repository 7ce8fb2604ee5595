"""How is one page of rows pushed: read again, merged, written down, sent?

One read and one transaction for a hundred rows, then the requests that write them. A crash at any
point loses and doubles nothing: whatever was sent had its intents committed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from hub.core.links import LIVE, Link
from hub.core.mapping import StreamMapping
from hub.core.policies import DeletePolicy
from hub.core.records import FieldSchema, RemoteRecord
from hub.store import intents, leases, links, rows
from hub.store.rows import Row
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness, settle_missing
from hub.sync.letters import Letter, Standing, write_letters
from hub.sync.lost_creates import look_up_lost_creates
from hub.sync.meet import plan_page
from hub.sync.pull import apply_guarded
from hub.sync.push_plan import Want
from hub.sync.remove import remove_records
from hub.sync.send import send_letters


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prepared:
    """What is to be sent of a page: letters, rows whose turn comes after them, and deletions."""

    letters: list[Letter]
    waiting: list[UUID]
    deletes: Mapping[UUID, Link]


def push_rows(
    work: Work,
    mapping: StreamMapping,
    page: Mapping[UUID, Want],
    *,
    asked: Set[UUID] = frozenset(),
    unanswered: Set[UUID] = frozenset(),
) -> bool:
    """Send what differs in these rows; False when the guard stopped the stream instead.

    A record of `asked` gets its Hub ID where that is missing; what was sent of `unanswered` rows
    before has no known outcome.
    """
    fields = work.fields_of(mapping)
    there = _linked(work, mapping, page)
    strangers = [row_id for row_id in page if row_id not in there]
    if strangers:
        taken = look_up_lost_creates(work, mapping, fields, strangers)
        page = {row_id: want for row_id, want in page.items() if row_id not in taken}
        there = _linked(work, mapping, page)
    records = read_with_witness(work, mapping, list(there.values())) if there else {}
    prepared = _prepare(work, mapping, fields, page, there, records, asked, unanswered)
    if prepared is None:
        return False
    send_letters(work, mapping, fields, prepared.letters)
    _send_waiting(work, mapping, fields, prepared.waiting)
    if prepared.deletes:
        remove_records(work, mapping, prepared.deletes)
    return True


def _linked(work: Work, mapping: StreamMapping, page: Mapping[UUID, Want]) -> dict[UUID, str]:
    """The live records of these rows."""
    with work.connection.database.reading() as session:
        known = links.external_ids_of(
            session, mapping.connection, {mapping.stream: [str(row_id) for row_id in page]}
        )
    return {
        row_id: known[mapping.stream, str(row_id)]
        for row_id in page
        if (mapping.stream, str(row_id)) in known
    }


def _prepare(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    page: Mapping[UUID, Want],
    there: Mapping[UUID, str],
    records: Mapping[str, RemoteRecord],
    asked: Set[UUID],
    unanswered: Set[UUID],
) -> _Prepared | None:
    """Merge what was read again, and write down what is to be sent, in one transaction."""
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        standing = _merge_again(session, work, mapping, fields, there, records)
        if standing is None:
            return None
        others = [row_id for row_id in page if row_id not in standing]
        standing |= _load(session, mapping, others)
        gone = set(there.values()) - set(records)
        standing = {
            # A record that is missing, but not settled to be deleted, is left alone.
            row_id: each
            for row_id, each in standing.items()
            if each.link is None or each.link.external_id not in gone
        }
        intents.note_superseded(session, mapping.connection, mapping.stream, list(unanswered))
        letters, waiting = write_letters(session, work, mapping, fields, standing, nameless=asked)
        deletes = {
            row_id: each.link
            for row_id, each in standing.items()
            if each.link is not None and page.get(row_id) is Want.DELETE
            if _is_doomed(mapping, each)
        }
    return _Prepared(letters=letters, waiting=waiting, deletes=deletes)


def _is_doomed(mapping: StreamMapping, standing: Standing) -> bool:
    link, row = standing.link, standing.row
    is_there = row is not None and row.deleted_at is None
    return (
        not is_there
        and link is not None
        and link.state == LIVE
        and not link.is_paused
        and mapping.on_delete is not DeletePolicy.IGNORE
    )


def _merge_again(
    session: Session,
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    there: Mapping[UUID, str],
    records: Mapping[str, RemoteRecord],
) -> dict[UUID, Standing] | None:
    """Take in what was edited there meanwhile, so that it is merged, not overwritten.

    The window that remains is the requests of one page long, and the intents watch over it.
    Answers the rows and links as they stand then; None when the guard stopped the stream.
    """
    missing = [external_id for external_id in there.values() if external_id not in records]
    if missing:
        settle_missing(session, work, mapping, missing, {})
    plans = plan_page(session, mapping, fields, list(records.values()), edits={}, created={})
    # What is left to push is pushed right now: no need to ask for it again.
    applied = apply_guarded(session, work, mapping, plans, asks_again=False)
    if applied is None:
        return None
    changed = [p.link.row_id for p in applied if p.inserts or p.takes or p.revives]
    standing = {
        plan.link.row_id: Standing(
            link=plan.link,
            row=None
            if plan.meeting.row is None or plan.meeting.is_row_deleted
            else Row(id=plan.link.row_id, values=plan.meeting.row, deleted_at=None),
        )
        for plan in applied
    }
    return standing | _load(session, mapping, changed)


def _load(
    session: Session, mapping: StreamMapping, row_ids: Sequence[UUID]
) -> dict[UUID, Standing]:
    found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids, lock=True)
    known = rows.load_rows(session, mapping.hub_table, row_ids, lock=True)
    return {row_id: Standing(link=found.get(row_id), row=known.get(row_id)) for row_id in row_ids}


def _send_waiting(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    waiting: Sequence[UUID],
) -> None:
    """Send the rows whose links point to records that have just been made, round by round."""
    while waiting:
        letters, later = _write_in_turn(work, mapping, fields, waiting, is_patient=True)
        if not letters and len(later) == len(waiting):
            # They wait for one another: somebody goes first, and its link is sent later.
            first = waiting[: work.connection.connector.write_batch_size]
            letters, _ = _write_in_turn(work, mapping, fields, first, is_patient=False)
            later = list(waiting[len(first) :])
        send_letters(work, mapping, fields, letters)
        waiting = later


def _write_in_turn(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    row_ids: Sequence[UUID],
    *,
    is_patient: bool,
) -> tuple[list[Letter], list[UUID]]:
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        standing = _load(session, mapping, row_ids)
        return write_letters(session, work, mapping, fields, standing, is_patient=is_patient)
