"""How is a whole table read: once to begin with, and again to find what was missed?

A page is merged like any other read, so live changes may go on beside it. Only a read from the
first page to the last, in one go, can prove that a record is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.contract import Priority
from hub.core.mapping import StreamMapping
from hub.errors import CursorExpired
from hub.store import change_log, leases, links, rows, runs, streams
from hub.sync import guarding
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness, settle_missing
from hub.sync.hooks import ensure_hook
from hub.sync.meet import plan_page
from hub.sync.pull import apply_guarded
from hub.sync.seen import Seen

TOGETHER = 1000
"""Rows that the other side does not know are asked for so many at a time."""


@dataclass(kw_only=True, slots=True)
class Scan:
    """A complete read under way. `seen` is None when it was taken up in the middle."""

    mapping: StreamMapping
    cursor: str | None = None
    seen: Seen | None = field(default_factory=Seen)
    is_done: bool = False


def begin_scan(work: Work, mapping: StreamMapping) -> Scan:
    """Start a complete read, or go on where the first one stopped."""
    database = work.connection.database
    # What changes there from now on must be told: a page may be old by the time the last is read.
    ensure_hook(work)
    with database.reading() as session:
        state = streams.load(session, mapping.connection, mapping.stream)
    if state.push_tick is None:
        # What changes here from now on is sent once the first read is complete.
        tick = change_log.take_tick(database)
        with database.unit_of_work(work.provenance()) as session:
            streams.change(session, mapping.connection, mapping.stream, push_tick=tick)
    if state.cursor is not None and state.backfilled_at is None:
        return Scan(mapping=mapping, cursor=state.cursor, seen=None)
    return Scan(mapping=mapping)


def scan_page(work: Work, scan: Scan) -> None:
    """Read and merge one page; after the last one settle what was not in any.

    Raises:
        HubError: what the other side or the database answered; the page is read again next time.
    """
    mapping = scan.mapping
    try:
        page = work.connection.connector.read_page(
            work.address_of(mapping), scan.cursor, Priority.BACKFILL
        )
    except CursorExpired:
        scan.cursor = None
        scan.seen = Seen()
        return
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        plans = plan_page(
            session, mapping, work.fields_of(mapping), list(page.records), edits={}, created={}
        )
        if apply_guarded(session, work, mapping, plans) is None:
            scan.is_done = True
            return
        scan.cursor = page.next_cursor
        if scan.seen is not None:
            scan.seen.add(record.external_id for record in page.records)
        streams.change(session, mapping.connection, mapping.stream, cursor=scan.cursor)
    if scan.cursor is None:
        _finish(work, scan)
        scan.is_done = True


def _finish(work: Work, scan: Scan) -> None:
    mapping = scan.mapping
    database = work.connection.database
    missing = _absent(work, scan)
    with database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        state = streams.load(session, mapping.connection, mapping.stream)
        settle_missing(session, work, mapping, missing, {})
        now = clock.now()
        if state.backfilled_at is None:
            # Rows that the other side does not know yet are made there.
            _ask_for_unknown(session, mapping)
        for action in (guarding.DELETE_IN_HUB, guarding.OVERWRITE_IN_HUB):
            runs.mark_applied(session, mapping.connection, mapping.stream, action)
        is_complete = scan.seen is not None
        streams.change(
            session,
            mapping.connection,
            mapping.stream,
            cursor=None,
            backfilled_at=state.backfilled_at or now,
            reconciled_at=now if is_complete else state.reconciled_at,
            needs_reconcile=not is_complete,
        )
        streams.note_success(session, mapping.connection, mapping.stream, work.kind)


def _ask_for_unknown(session: Session, mapping: StreamMapping) -> None:
    after: UUID | None = None
    while unknown := rows.live_unlinked_rows(
        session,
        mapping.hub_table,
        mapping.connection,
        mapping.stream,
        after=after,
        limit=TOGETHER,
    ):
        links.recheck(session, mapping.connection, mapping.stream, unknown, "first read")
        after = unknown[-1]


def _absent(work: Work, scan: Scan) -> list[str]:
    """Linked records that no page showed and that are not there when asked for by id."""
    if scan.seen is None:
        return []
    mapping = scan.mapping
    with work.connection.database.reading() as session:
        linked = links.each_live_external_id(session, mapping.connection, mapping.stream)
        unseen = sorted(scan.seen.unseen(linked))
    if not unseen:
        return []
    # A record that moved between pages may have been skipped: it is asked for by its id.
    there = read_with_witness(work, mapping, unseen)
    return [external_id for external_id in unseen if external_id not in there]
