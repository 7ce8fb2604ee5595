"""Who may speak with a connection, and which pings wait, in both stores?"""

from __future__ import annotations

import math

import pytest
from store_sides import HANNA, StoreSide

from hub.errors import LeaseLost
from hub.store import leases
from hub.store.generic import UnitsOfWork
from hub.store.leases import LeaseGrant


def take(
    store: StoreSide, holder: str, *, seconds: float = 60, after: str | None = None
) -> LeaseGrant | None:
    with store.writing() as session:
        return leases.take(session, "world", holder, seconds, after=after)


def taken(store: StoreSide, holder: str, *, seconds: float = 60) -> LeaseGrant:
    grant = take(store, holder, seconds=seconds)
    assert grant is not None
    return grant


def test_one_worker_holds_the_lease(store: StoreSide) -> None:
    grant = taken(store, "first")

    assert None is take(store, "second")
    with store.reading() as session:
        assert "first" == leases.holder_of(session, "world")
        assert {"world": "first"} == leases.holders(session)
        assert leases.is_held(session, "world")
    assert ("world", "first", 1) == (grant.connection, grant.holder, grant.fence)


def test_the_lease_of_another_connection_is_free(store: StoreSide) -> None:
    taken(store, "first")

    with store.writing() as session:
        assert None is not leases.take(session, "other", "second", 60)
    with store.reading() as session:
        assert None is leases.holder_of(session, "nobody's")
        assert not leases.is_held(session, "nobody's")


def test_a_lease_that_ran_out_is_taken_and_the_fence_grows(store: StoreSide) -> None:
    late = taken(store, "late", seconds=-1)
    with store.reading() as session:
        assert not leases.is_held(session, "world")
        assert "late" == leases.holder_of(session, "world")

    fresh = taken(store, "fresh")

    assert late.fence + 1 == fresh.fence
    with pytest.raises(LeaseLost), store.writing() as session:
        leases.check(session, late)
    with store.writing() as session:
        leases.check(session, fresh)


def test_a_dead_holders_lease_is_taken_before_it_ran_out(store: StoreSide) -> None:
    taken(store, "dead")

    assert None is take(store, "second", after="somebody else")
    assert None is not take(store, "second", after="dead")


def test_a_late_holder_can_neither_hold_on_nor_give_back(store: StoreSide) -> None:
    late = taken(store, "late", seconds=-1)
    taken(store, "fresh")

    with pytest.raises(LeaseLost), store.writing() as session:
        leases.extend(session, late, 60)
    with store.writing() as session:
        assert not leases.give_back(session, late, unless_rung=False)
    with store.reading() as session:
        assert "fresh" == leases.holder_of(session, "world")


def test_a_holder_that_ran_out_unnoticed_may_hold_on(store: StoreSide) -> None:
    grant = taken(store, "slow", seconds=-1)

    with store.writing() as session:
        leases.extend(session, grant, 60)

    with store.reading() as session:
        assert leases.is_held(session, "world")
    assert None is take(store, "second")


def test_what_a_refused_holder_wrote_is_not_kept(store: StoreSide) -> None:
    late = taken(store, "late", seconds=-1)
    taken(store, "fresh")

    with pytest.raises(LeaseLost), store.writing() as session:  # noqa: PT012  the second one raises
        leases.ring(session, "world", "hub")
        leases.check(session, late)

    with store.reading() as session:
        assert {} == leases.waiting_pings(session, "world")


def test_a_given_back_lease_is_no_ones(store: StoreSide) -> None:
    grant = taken(store, "first")

    with store.writing() as session:
        assert leases.give_back(session, grant, unless_rung=True)

    with store.reading() as session:
        assert None is leases.holder_of(session, "world")
        assert {} == leases.holders(session)
    with pytest.raises(LeaseLost), store.writing() as session:
        leases.check(session, grant)
    assert 2 == taken(store, "second").fence


def test_a_waiting_ping_keeps_the_lease(store: StoreSide) -> None:
    grant = taken(store, "first")
    with store.writing() as session:
        leases.ring(session, "world", "hook", "ach1")
        leases.ring(session, "other", "sweep")

    with store.writing() as session:
        assert not leases.give_back(session, grant, unless_rung=True)
        pings = leases.waiting_pings(session, "world")
        leases.answer_pings(session, pings)
        assert leases.give_back(session, grant, unless_rung=True)

    assert ["hook"] == list(pings.values())
    with store.reading() as session:
        assert ["sweep"] == list(leases.waiting_pings(session, "other").values())


def test_a_lease_is_given_back_for_good_whoever_rings(store: StoreSide) -> None:
    grant = taken(store, "first")
    with store.writing() as session:
        leases.ring(session, "world", "hook")

    with store.writing() as session:
        assert leases.give_back(session, grant, unless_rung=False)


def test_a_ping_that_comes_later_is_not_answered_with_the_earlier_ones(store: StoreSide) -> None:
    early = store.open()
    leases.ring(early.session, "world", "early")
    with store.writing() as session:
        leases.ring(session, "world", "late")
    with store.reading() as session:
        seen = leases.waiting_pings(session, "world")
    early.commit()

    with store.writing() as session:
        leases.answer_pings(session, seen)

    with store.reading() as session:
        assert ["early"] == list(leases.waiting_pings(session, "world").values())
    assert ["late"] == list(seen.values())


def test_a_page_being_written_does_not_keep_the_bell_from_ringing(store: StoreSide) -> None:
    grant = taken(store, "first")
    page = store.open()
    leases.check(page.session, grant)

    with store.impatient().unit_of_work(HANNA) as session:
        leases.ring(session, "world", "hook")

    page.commit()
    with store.reading() as session:
        assert 1 == len(leases.waiting_pings(session, "world"))


def test_nobody_takes_the_lease_while_a_page_is_written(store: StoreSide) -> None:
    grant = taken(store, "slow", seconds=-1)
    page = store.open()
    leases.check(page.session, grant)
    taken_by: list[LeaseGrant | None] = []

    def takes(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as session:
            taken_by.append(leases.take(session, "world", "eager", 60))

    with (
        pytest.raises(store.is_held),
        store.impatient().unit_of_work(HANNA) as session,
    ):
        leases.take(session, "world", "hasty", 60)
    store.lets_wait(takes, page.commit)

    assert taken_by[0] is not None
    assert grant.fence + 1 == taken_by[0].fence


def test_a_page_that_waited_for_the_next_holder_is_refused(store: StoreSide) -> None:
    late = taken(store, "late", seconds=-1)
    taking = store.open()
    assert leases.take(taking.session, "world", "fresh", 60)

    def checks(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as session:
            leases.check(session, late)

    with pytest.raises(LeaseLost):
        store.lets_wait(checks, taking.commit)


def test_two_that_take_a_new_connections_lease_at_once_do_not_both_get_it(
    store: StoreSide,
) -> None:
    first = store.open()
    assert leases.take(first.session, "world", "first", 60)
    second: list[LeaseGrant | None] = []

    def takes(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as session:
            second.append(leases.take(session, "world", "second", 60))

    store.lets_wait(takes, first.commit)

    assert [None] == second


def test_a_dead_workers_connection_waits_for_ever_and_a_pinged_one_since_its_first_ping(
    store: StoreSide,
) -> None:
    taken(store, "dead", seconds=-1)
    with store.writing() as session:
        assert leases.take(session, "busy", "worker", 60)
        leases.ring(session, "busy", "hook")
        leases.ring(session, "rung", "hook")
        leases.ring(session, "rung", "hub")

    with store.reading() as session:
        waiting = leases.unattended(session)

    assert {"world", "rung"} == set(waiting)
    assert math.inf == waiting["world"]
    assert 0 <= waiting["rung"] < 60
