"""Do many edits cost few writes?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from sync_world import BASE, CLIENTS, COUNTRY, NAME, STAFF, World

import connectors
from connectors.airtable import Settings
from hub.core.pace import QUIET
from hub.store import leases
from hub.store.database import Provenance
from hub.sync.connection import LeasedLimiter
from workers.limits import RedisLimiter, Window

EDITS = 1000
EVERY_SECONDS = 0.01


@pytest.fixture
def at_rest(world: World) -> World:
    """Thirty clients that carry their Hub IDs, both sides equal."""
    world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(30)))
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    return world


def ring(world: World) -> None:
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        leases.ring(session, "world", "hub")


def writes(world: World) -> int:
    """Requests so far that wrote records."""
    return sum(call["method"] == "PATCH" for call in world.sandbox.requests())


def arrived(world: World) -> object:
    """What the other side shows in the cell."""
    rows = world.records(CLIENTS).values()
    return next(row.get(STAFF) for row in rows if row[NAME] == "Client 7")


def working(world: World, limiter: LeasedLimiter, stop: threading.Event) -> Callable[[], None]:
    """A worker that comes by as long as somebody rings."""

    settings = Settings(endpoint=world.sandbox.url, token=world.sandbox.token, base=BASE)

    def work() -> None:
        while not stop.is_set():
            connector = connectors.load("airtable").build("world", settings, limiter)
            world.attend(quiet=QUIET, limiter=limiter, connector=connector)
            stop.wait(0.02)

    return work


def test_a_thousand_edits_of_one_cell_in_ten_seconds_are_at_most_three_writes(
    at_rest: World, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    limiter = LeasedLimiter(RedisLimiter(client, "world", (Window(key="t", limit=5),)))
    stop = threading.Event()
    worker = threading.Thread(target=working(at_rest, limiter, stop))
    before = writes(at_rest)
    worker.start()
    try:
        begun = time.monotonic()
        for number in range(1, EDITS + 1):
            at_rest.sql("update client set employee_count = :n where name = 'Client 7'", n=number)
            ring(at_rest)
            stop.wait(max(0.0, begun + number * EVERY_SECONDS - time.monotonic()))
        took = time.monotonic() - begun
        deadline = time.monotonic() + 30
        while arrived(at_rest) != EDITS:
            assert time.monotonic() < deadline, "the last edit did not arrive"
            time.sleep(0.05)
    finally:
        stop.set()
        worker.join(30)
    client.close()
    made = writes(at_rest) - before
    print(f"{EDITS} edits in {took:.1f} s: {made} writes")

    # One at once, one for every ten seconds that it went on, and one for the last.
    assert made <= 2 + max(1, int(took // 10))


def test_an_edit_of_another_row_does_not_wait_for_one_that_keeps_changing(at_rest: World) -> None:
    at_rest.sql("update hub.write_intent set created_at = created_at - interval '1 minute'")
    at_rest.sql("update client set country = 'Chad' where name = 'Client 1'")
    ring(at_rest)
    at_rest.attend(quiet=QUIET)
    at_rest.sql("update client set country = 'Peru' where name in ('Client 1', 'Client 2')")
    ring(at_rest)
    with pytest.MonkeyPatch.context() as patched:
        # It would go on looking for as long as the row changes.
        patched.setattr("hub.sync.attend.LONGEST_SECONDS", -1.0)
        at_rest.attend(quiet=timedelta(hours=1))
    by_name = {row[NAME]: row.get(COUNTRY) for row in at_rest.records(CLIENTS).values()}
    at_rest.settle()
    after = {row[NAME]: row.get(COUNTRY) for row in at_rest.records(CLIENTS).values()}

    assert ("Chad", "Peru") == (by_name["Client 1"], by_name["Client 2"])
    assert "Peru" == after["Client 1"]


def test_pending_edits_of_one_record_are_one_and_ten_records_are_a_request(at_rest: World) -> None:
    before = writes(at_rest)
    for number in range(5):
        at_rest.sql("update client set country = :c", c=f"Country {number}")
        at_rest.sql("update client set employee_count = :n", n=number)
    ring(at_rest)
    at_rest.attend()

    assert 3 == writes(at_rest) - before


def test_a_persons_edit_overtakes_a_complete_read_at_the_next_page(
    world: World, redis_url: str
) -> None:
    world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(1500)))
    world.settle()
    client = redis.Redis.from_url(redis_url)
    limiter = LeasedLimiter(RedisLimiter(client, "world", (Window(key="t", limit=5),)))
    settings = Settings(endpoint=world.sandbox.url, token=world.sandbox.token, base=BASE)
    connector = connectors.load("airtable").build("world", settings, limiter)
    world.sql("update hub.stream_state set needs_reconcile = true where stream = 'clients'")
    before = len(world.sandbox.requests())
    reader = threading.Thread(
        target=lambda: world.attend(limiter=limiter, connector=connector), daemon=True
    )
    reader.start()
    deadline = time.monotonic() + 30
    while len(world.sandbox.requests()) < before + 3:
        assert time.monotonic() < deadline, "the complete read did not begin"
        time.sleep(0.02)
    world.sql("update client set country = 'Peru' where name = 'Client 7'")
    edited_at, seen = time.monotonic(), len(world.sandbox.requests())
    ring(world)
    while "PATCH" not in [call["method"] for call in world.sandbox.requests()[seen:]]:
        assert time.monotonic() < deadline, "the edit was not sent"
        time.sleep(0.02)
    print(f"sent {time.monotonic() - edited_at:.2f} s after the edit")
    methods = [call["method"] for call in world.sandbox.requests()[seen:]]
    reader.join(60)
    client.close()

    # At most the page in hand, the one that was just asked for, the look again; then the write.
    assert methods.index("PATCH") <= 3
    assert 15 <= len(world.sandbox.requests()) - before
