"""Which rows change so fast that sending each change would be a waste?

The first change of a row is sent at once. While it goes on changing it waits until it rests, or
until it has waited for long: a thousand edits of one cell in ten seconds are three writes.
"""

from __future__ import annotations

from hub.core.mapping import StreamMapping
from hub.core.pace import LONGEST_PUT_OFF
from hub.store import leases, paces, rechecks
from hub.sync.connection import Work
from hub.sync.push_plan import CHUNK, PushPlan, Want


def put_off(work: Work, mapping: StreamMapping, plan: PushPlan) -> PushPlan:
    """The plan without the rows that wait: they are compared again a moment later."""
    quiet = work.connection.quiet
    if not quiet or not 0 < len(plan) <= CHUNK:
        return plan
    page = plan.next_page()
    plan.put_back(page)
    edited = [
        row_id
        for row_id, want in page.items()
        if want is Want.CHANGE and row_id not in plan.unanswered
    ]
    if not edited:
        return plan
    with work.connection.database.reading() as session:
        waiting = paces.changing_rows(
            session,
            mapping.connection,
            mapping.stream,
            mapping.hub_table,
            edited,
            quiet=quiet,
            longest=LONGEST_PUT_OFF,
        )
    if not waiting:
        return plan
    with work.connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        rechecks.recheck(
            session, mapping.connection, mapping.stream, waiting, "it changes again and again"
        )
        # Should this worker end, the next one hears of them.
        leases.ring(session, mapping.connection, "hub")
    work.has_put_off = True
    rest = PushPlan()
    rest.unanswered, rest.rested = plan.unanswered, plan.rested
    for row_id, want in page.items():
        if row_id not in waiting:
            rest.add(row_id, want)
    return rest
