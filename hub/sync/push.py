"""How do our changes reach the other side?

The change log past the stream's tick says which rows to look at; what differs from the shadow is
sent. Records are read again and merged just before they are written, what is about to be written
over what is committed first, and the answer moves the shadow of the written cells only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from hub.contract import Priority
from hub.core.links import Link
from hub.core.mapping import StreamMapping
from hub.core.records import FieldSchema
from hub.store import change_log, intents, leases, links, runs, streams
from hub.sync import guarding
from hub.sync.candidates import find_candidates
from hub.sync.connection import Work
from hub.sync.deletes import read_with_witness, settle_missing
from hub.sync.meet import plan_page
from hub.sync.pull import apply_guarded
from hub.sync.remove import remove_records
from hub.sync.send import look_up_lost_creates, send_rows

CHUNK = 100
"""Rows looked at together: as many records as one read answers."""


def push_changes(
    work: Work, mapping: StreamMapping, *, is_rung: Callable[[], bool] = lambda: False
) -> bool:
    """Send what changed in the stream's table since its last tick; False when it was left early.

    A long batch makes way as soon as `is_rung` says that somebody's edit waits. It begins again
    with the same tick: what was sent by then does not differ from its shadow any more.

    Raises:
        HubError: what the other side or the database answered; the tick stays where it was.
    """
    database = work.connection.database
    with database.reading() as session:
        state = streams.load(session, mapping.connection, mapping.stream)
    if state.is_stopped or state.backfilled_at is None or not mapping.writes:
        return True
    tick = change_log.take_tick(database)
    with database.reading() as session:
        asked = links.rechecks(session, mapping.connection, mapping.stream)
        changed = change_log.changed_rows(
            session, mapping.hub_table, after=state.push_tick, until=tick
        )
    row_ids = list(dict.fromkeys([*changed, *asked]))
    resting = _pass_guard(work, mapping, row_ids)
    if resting is None:
        return True
    unsettled = [row_id for row_id in row_ids if row_id in asked or row_id not in resting]
    if len(unsettled) > CHUNK:
        work.priority = Priority.ROUTINE
    for number, chunk in enumerate(_chunks(unsettled)):
        if number and is_rung():
            return False
        work.hold_lease()
        done = {row_id: asked[row_id] for row_id in chunk if row_id in asked}
        push_rows(work, mapping, chunk, forced=set(done))
        with database.unit_of_work(work.provenance()) as session:
            leases.check(session, work.grant)
            links.clear_rechecks(session, mapping.connection, mapping.stream, done)
            intents.note_superseded(session, mapping.connection, mapping.stream, chunk)
    with database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        streams.change(session, mapping.connection, mapping.stream, push_tick=tick)
        intents.note_superseded(session, mapping.connection, mapping.stream, list(resting))
        if row_ids:
            _note_approved(session, mapping, row_ids)
        streams.note_success(session, mapping.connection, mapping.stream, work.kind)
    return True


def _note_approved(session: Session, mapping: StreamMapping, row_ids: Sequence[UUID]) -> None:
    """What a person let pass has been sent."""
    approved = runs.decided_items(
        session,
        mapping.connection,
        mapping.stream,
        guarding.OVERWRITE_AT_SOURCE,
        "approved",
    )
    if approved & {str(row_id) for row_id in row_ids}:
        runs.mark_applied(session, mapping.connection, mapping.stream, guarding.OVERWRITE_AT_SOURCE)


def _chunks(row_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(row_ids), CHUNK):
        yield row_ids[start : start + CHUNK]


def _pass_guard(
    work: Work, mapping: StreamMapping, row_ids: Sequence[UUID]
) -> frozenset[UUID] | None:
    """Count what the whole batch would delete and overwrite, before anything is sent.

    Answers the rows that ask for nothing, echoes above all; None when the guard stopped the batch.
    A row that changes from now on is in the next batch.
    """
    deletes: list[str] = []
    overwrites: list[str] = []
    resting: set[UUID] = set()
    fields = work.fields_of(mapping) if row_ids else {}
    with work.connection.database.reading() as session:
        for chunk in _chunks(row_ids):
            wanted = find_candidates(session, mapping, fields, chunk, forced=set())
            deletes += [str(row_id) for row_id in wanted.deletes]
            overwrites += [str(row_id) for row_id in wanted.updates]
            resting.update(wanted.resting)
    if not deletes and not overwrites:
        return frozenset(resting)
    with work.connection.database.unit_of_work(work.provenance()) as session:
        stopped = guarding.stops(session, mapping, guarding.DELETE_AT_SOURCE, deletes)
        stopped = (
            guarding.stops(session, mapping, guarding.OVERWRITE_AT_SOURCE, overwrites) or stopped
        )
    return None if stopped else frozenset(resting)


def push_rows(
    work: Work, mapping: StreamMapping, row_ids: Sequence[UUID], *, forced: set[UUID]
) -> None:
    """Send what differs in these rows; `forced` ones are read again even if nothing seems to."""
    database = work.connection.database
    fields = work.fields_of(mapping)
    look_up_lost_creates(work, mapping, fields, row_ids)
    with database.reading() as session:
        wanted = find_candidates(session, mapping, fields, row_ids, forced=forced)
    if wanted.updates or wanted.deletes:
        _merge_again(work, mapping, fields, {**wanted.updates, **wanted.deletes})
        with database.reading() as session:
            found = links.links_of_rows(session, mapping.connection, mapping.stream, forced)
            # Its Hub ID was edited or pasted over: it is written again.
            nameless = {row_id for row_id, link in found.items() if not link.has_hub_id}
            wanted = find_candidates(session, mapping, fields, row_ids, forced=nameless)
    touched = [*wanted.updates, *wanted.creates]
    if touched:
        send_rows(work, mapping, fields, touched)
    if wanted.deletes:
        remove_records(work, mapping, wanted.deletes)


def _merge_again(
    work: Work,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    touched: Mapping[UUID, Link],
) -> None:
    """Read the records once more, so that an edit made there meanwhile is merged, not overwritten.

    The window that remains is one request long, and the intents watch over it.
    """
    external_ids = [link.external_id for link in touched.values()]
    records = read_with_witness(work, mapping, external_ids)
    missing = [external_id for external_id in external_ids if external_id not in records]
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        if missing:
            settle_missing(session, work, mapping, missing, {})
        plans = plan_page(session, mapping, fields, list(records.values()), edits={}, created={})
        # What is left to push is pushed right now: no need to ask for it again.
        apply_guarded(session, work, mapping, plans, asks_again=False)
