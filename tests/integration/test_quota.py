"""Is every call in the ledger, and does a spent quota stop everything without losing anything?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, STAFF, World

from hub.core.budget import Level
from hub.core.calls import Purpose
from hub.core.pace import Profile
from hub.store import ledger, paces
from hub.store.database import Provenance

QUOTA = {"status": 429, "type": "PUBLIC_API_BILLING_LIMIT_EXCEEDED"}
LONG_AGO = date(2000, 1, 1)


def spent(world: World) -> Counter[tuple[str | None, Purpose]]:
    """The ledger, all days together."""
    counted: Counter[tuple[str | None, Purpose]] = Counter()
    with world.database.reading() as session:
        for entry in ledger.calls_since(session, LONG_AGO, "world"):
            counted[entry.stream, entry.purpose] += entry.calls
    return counted


def calls_made(world: World) -> int:
    return len(world.sandbox.requests())


def test_the_ledger_holds_exactly_the_calls_that_the_other_side_saw(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(30)))
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    record = next(iter(world.records(CLIENTS)))
    world.edit(CLIENTS, record, {COUNTRY: "Peru"})
    world.settle()
    world.tend()

    assert calls_made(world) == spent(world).total()


def test_each_call_is_noted_with_its_stream_and_purpose(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    before = spent(world)
    world.sql("update client set country = 'Kenya'")
    world.ring()
    world.attend()
    out = spent(world) - before
    record = next(iter(world.records(CLIENTS)))
    world.edit(CLIENTS, record, {COUNTRY: "Peru"})
    before = spent(world)
    world.ring()
    world.attend()

    assert out["clients", Purpose.REREAD] == 1
    assert out["clients", Purpose.PUSH] == 1
    came_in = spent(world) - before
    assert came_in == {(None, Purpose.PAYLOADS): 1, ("clients", Purpose.PULL): 1}


def test_calls_of_a_run_that_found_nothing_are_noted_too(world: World) -> None:
    world.settle()
    before = spent(world)

    for _ in range(3):
        world.ring()
        world.attend()

    assert {(None, Purpose.PAYLOADS): 3} == spent(world) - before


@pytest.mark.parametrize("path", ["/payloads", "/v0/appWorld000000000/tbl"])
def test_a_spent_quota_stops_every_call_and_loses_no_edit(world: World, path: str) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.fault("status", path=path, times=1_000_000, **QUOTA)
    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.sql("update client set employee_count = 7")
    for _ in range(4):
        world.ring()
        world.attend()
    refused = calls_made(world)
    for _ in range(20):
        world.ring()
        world.attend()

    assert refused == calls_made(world)
    alerts = world.query("select title, next_step from hub.alert where key like 'QUOTA%'")
    assert 1 == len(alerts)
    assert "hub quota resume" in alerts[0]["next_step"]
    assert ["QUOTA_EXCEEDED"] == [error.code for error in world.reports]

    world.sandbox.clear_faults()
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        assert paces.release(session, "world")
    world.settle()
    client = world.client("Acme")

    assert client is not None
    assert "Kenya" == client["country"]
    assert 7 == world.records(CLIENTS)[acme][STAFF]


def test_it_is_tried_again_by_itself_the_next_day(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.fault("status", path="/payloads", times=1, **QUOTA)
    world.ring()
    world.attend()
    with world.database.reading() as session:
        pace = paces.pace_of(session, "world")
    assert pace is not None
    assert pace.held_until is not None
    assert pace.held_until <= datetime.now(UTC) + timedelta(days=1)

    world.sql("update hub.pace set held_until = clock_timestamp() - interval '1 second'")
    before = calls_made(world)
    world.ring()

    assert world.attend().attended
    assert calls_made(world) == before + 1


def test_a_budget_that_runs_short_puts_complete_reads_off_but_not_the_first(world: World) -> None:
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        paces.save_pace(
            session,
            "world",
            profile=Profile.LIVE,
            level=Level.COLLECTED,
            window_seconds=900,
            reason="short",
        )
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    assert world.client("Acme") is not None

    world.sql("update hub.stream_state set needs_reconcile = true")
    before = spent(world)
    world.settle()

    assert 0 == (spent(world) - before)["clients", Purpose.SCAN]
