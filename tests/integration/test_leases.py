"""Does a worker that woke too late notice it, and does no ping fall between two workers?"""

from __future__ import annotations

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, World

from hub.errors import LeaseLost
from hub.store import leases
from hub.store.database import Database, Provenance
from hub.store.leases import LeaseGrant
from hub.sync import attend as attending
from hub.sync.pull import pull_changes

WHO = Provenance(actor="test", origin="test")


def _take(database: Database, holder: str, seconds: float = 60.0) -> LeaseGrant | None:
    with database.unit_of_work(WHO) as session:
        return leases.take(session, "world", holder, seconds)


def test_one_worker_holds_a_lease_at_a_time(database: Database) -> None:
    first, second = _take(database, "one"), _take(database, "two")

    assert first is not None
    assert second is None


def test_an_expired_lease_is_taken_and_its_late_holder_is_refused(database: Database) -> None:
    late = _take(database, "one", seconds=0.0)
    taken = _take(database, "two")

    assert late is not None
    assert taken is not None
    assert late.fence < taken.fence
    with pytest.raises(LeaseLost), database.unit_of_work(WHO) as session:
        leases.check(session, late)
    with pytest.raises(LeaseLost), database.unit_of_work(WHO) as session:
        leases.extend(session, late, 60)
    with database.unit_of_work(WHO) as session:
        assert not leases.give_back(session, late, unless_rung=False)
        leases.check(session, taken)


def test_a_lease_is_kept_while_a_ping_waits(database: Database) -> None:
    grant = _take(database, "one")
    assert grant is not None
    with database.unit_of_work(WHO) as session:
        leases.ring(session, "world", "hook")
        waiting = leases.waiting_pings(session, "world")

    with database.unit_of_work(WHO) as session:
        kept = leases.give_back(session, grant, unless_rung=True)
        leases.answer_pings(session, waiting)
    with database.unit_of_work(WHO) as session:
        given_back = leases.give_back(session, grant, unless_rung=True)

    assert not kept
    assert given_back


def test_a_worker_that_lost_its_lease_in_the_middle_of_a_page_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})

    def while_another_takes_over(*args: object) -> bool:
        world.sql("update hub.lease set fence = fence + 1, holder = 'another'")
        return pull_changes(*args)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(attending, "pull_changes", while_another_takes_over)
    world.ring()
    attendance = world.attend()
    monkeypatch.undo()

    assert attendance.is_unfinished
    assert world.client("Acme")["country"] is None  # type: ignore[index]
    assert 1 == world.scalar("select count(*) from hub.run where error_code = 'LEASE_LOST'")
    world.sql("update hub.lease set holder = null")
    world.settle()
    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]
