"""How do our changes reach the other side?

The change log past the stream's tick says which rows to look at; what differs from the shadow is
sent. Records are read again and merged just before they are written, what is about to be written
over what is committed first, and the answer moves the shadow of the written cells only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlmodel import Session

from hub.contract import Priority
from hub.core.mapping import StreamMapping
from hub.store import change_log, intents, leases, links, runs, streams
from hub.store.ticks import TickId
from hub.sync import guarding
from hub.sync.coalesce import put_off
from hub.sync.connection import Work
from hub.sync.push_page import push_rows
from hub.sync.push_plan import CHUNK, LeftPush, PushPlan, Want, plan_push
from hub.sync.seen import Seen

LeftPushes = dict[str, LeftPush]
"""By stream."""


def push_changes(
    work: Work,
    mapping: StreamMapping,
    *,
    is_rung: Callable[[], bool] = lambda: False,
    left: LeftPushes | None = None,
) -> bool:
    """Send what changed in the stream's table since its last tick; False when it was left early.

    A long push makes way as soon as `is_rung` says that somebody's edit waits. What is left of it
    goes into `left`, and goes on after what changed since. Without `left`, or after a crash, it
    begins again with the same tick: what was sent by then differs from its shadow no more.

    Raises:
        HubError: what the other side or the database answered; the tick stays where it was.
    """
    left = {} if left is None else left
    begun = left.pop(mapping.stream, None)
    database = work.connection.database
    with database.reading() as session:
        state = streams.load(session, mapping.connection, mapping.stream)
    if state.is_stopped or state.backfilled_at is None or not mapping.writes:
        return True
    tick = change_log.take_tick(database)
    fresh = plan_push(
        work,
        mapping,
        after=begun.until if begun else state.push_tick,
        until=tick,
        is_known=_knows(begun) if begun else lambda row_id: False,
    )
    if fresh is None:
        return True
    fresh = put_off(work, mapping, fresh)
    plans = [fresh, *(begun.plans if begun else ())]
    for plan in plans:
        if not _carry_out(work, mapping, plan, is_rung):
            if _is_stopped(work, mapping):
                return True
            unfinished = [each for each in plans if not each.is_done]
            left[mapping.stream] = LeftPush(until=tick, plans=unfinished)
            return False
    with database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        for plan in plans:
            intents.note_superseded(session, mapping.connection, mapping.stream, plan.rested)
            _note_approved(session, mapping, plan)
        _move_tick(session, work, mapping, tick)
    # What was asked for again while a long push made way is seen by a plan of its own.
    return begun is None


def _knows(begun: LeftPush) -> Callable[[str], bool]:
    """Whether a row is still to be looked at by what is left."""
    waiting = Seen()
    for plan in begun.plans:
        waiting.add(plan.remaining_ids())
    return lambda row_id: not any(True for _ in waiting.unseen([row_id]))


def _is_stopped(work: Work, mapping: StreamMapping) -> bool:
    with work.connection.database.reading() as session:
        return streams.load(session, mapping.connection, mapping.stream).is_stopped


def _move_tick(session: Session, work: Work, mapping: StreamMapping, tick: TickId) -> None:
    streams.change(session, mapping.connection, mapping.stream, push_tick=tick)
    streams.note_success(session, mapping.connection, mapping.stream, work.kind)


def _note_approved(session: Session, mapping: StreamMapping, plan: PushPlan) -> None:
    """What a person let pass has been sent, or deleted."""
    for action, want in (
        (guarding.OVERWRITE_AT_SOURCE, Want.CHANGE),
        (guarding.DELETE_AT_SOURCE, Want.DELETE),
    ):
        if not len(plan.ids(want)):
            continue
        approved = runs.decided_items(
            session, mapping.connection, mapping.stream, action, "approved"
        )
        if approved and any(row_id in approved for row_id in plan.ids(want)):
            runs.mark_applied(session, mapping.connection, mapping.stream, action)


def _carry_out(
    work: Work, mapping: StreamMapping, plan: PushPlan, is_rung: Callable[[], bool]
) -> bool:
    """Push a plan page by page; False when it was left before its end."""
    if plan.remaining > CHUNK:
        work.priority = Priority.ROUTINE
        work.counts["rows_waiting"] = plan.remaining
    is_first = True
    while page := plan.next_page():
        if not is_first and is_rung():
            plan.put_back(page)
            return False
        is_first = False
        work.hold_lease()
        asked = _asked(work, mapping, page)
        if not push_rows(
            work, mapping, page, asked=set(asked), unanswered=plan.unanswered & page.keys()
        ):
            plan.put_back(page)
            return False
        _note_page(work, mapping, asked, plan)
    return True


def _asked(work: Work, mapping: StreamMapping, page: Mapping[UUID, Want]) -> Mapping[UUID, object]:
    """Which of these rows somebody asked for by now, and when: before they are looked at."""
    with work.connection.database.reading() as session:
        return links.rechecks(session, mapping.connection, mapping.stream, list(page))


def _note_page(
    work: Work, mapping: StreamMapping, asked: Mapping[UUID, object], plan: PushPlan
) -> None:
    is_long = "rows_waiting" in work.counts
    if is_long:
        work.counts["rows_waiting"] = plan.remaining
    if not asked and not is_long:
        return
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        links.clear_rechecks(session, mapping.connection, mapping.stream, asked)
        if is_long:
            runs.note_progress(session, work.run_id, work.counts)
