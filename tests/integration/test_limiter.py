"""Do all workers together stay below what a base allows, and are people let through first?"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import redis
from airtable_side import CLIENTS_ADDRESS
from redis.backoff import NoBackoff
from redis.retry import Retry
from sandbox_base import BASE, sample
from sandbox_server import SandboxServer

from connectors.airtable import Settings
from connectors.airtable.connector import AirtableConnector
from hub.contract import Priority
from hub.errors import RateLimited, StoreUnavailable
from hub.sandbox.airtable.limits import Limits
from workers.limits import LONGEST_WAIT_SECONDS, RedisLimiter, Window

BASE_WINDOW = Window(key="hub:limit:test:base", limit=5)
MakeLimiter = Callable[..., RedisLimiter]


@pytest.fixture
def limiter(redis_url: str) -> Iterator[MakeLimiter]:
    """Limiters as different workers have them: each with its own connection."""
    clients: list[redis.Redis] = []

    def make(*windows: Window, name: str = "test") -> RedisLimiter:
        clients.append(redis.Redis.from_url(redis_url))
        return RedisLimiter(clients[-1], name, windows or (BASE_WINDOW,))

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def strict_sandbox() -> Iterator[SandboxServer]:
    """A stand-in that allows five requests in any second, and punishes the sixth."""
    server = SandboxServer(limits=Limits()).start()
    server.load({"bases": sample()["bases"]})
    yield server
    server.stop()


def patiently(limiter: RedisLimiter, priority: Priority) -> None:
    """Wait as a worker does: give up when told, and come back."""
    while True:
        try:
            limiter.wait(priority)
        except RateLimited as refusal:
            time.sleep(refusal.retry_after_seconds)
        else:
            return


class Patient:
    """A limiter for a connector that never gives up."""

    def __init__(self, limiter: RedisLimiter) -> None:
        self._limiter = limiter

    def wait(self, priority: Priority) -> None:
        """Wait as long as it takes."""
        patiently(self._limiter, priority)

    def penalise(self, seconds: float) -> None:
        """Pass it on."""
        self._limiter.penalise(seconds)


def most_in_a_second(moments: list[float]) -> int:
    ordered = sorted(moments)
    return max(sum(start <= other < start + 1 for other in ordered) for start in ordered)


def note_passages(redis_url: str, count: int, into: multiprocessing.Queue[float]) -> None:
    client = redis.Redis.from_url(redis_url)
    limiter = RedisLimiter(client, "test", (BASE_WINDOW,))
    for _ in range(count):
        patiently(limiter, Priority.PERSON)
        into.put(time.time())
    client.close()


def test_threads_of_connectors_meet_no_429(
    strict_sandbox: SandboxServer, limiter: MakeLimiter
) -> None:
    settings = Settings.model_validate(
        {"endpoint": strict_sandbox.url, "token": strict_sandbox.token, "base": BASE}
    )
    connectors = [AirtableConnector("c", settings, Patient(limiter())) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        for connector in connectors:
            pool.submit(connector.discover)
        asked = [
            pool.submit(connector.read_page, CLIENTS_ADDRESS, None, Priority.ROUTINE)
            for connector in connectors * 4
        ]
        pages = [answer.result() for answer in asked]

    assert 16 == len(pages)
    assert {200} == {entry["status"] for entry in strict_sandbox.requests()}


def test_processes_share_one_window(redis_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    into = context.Queue()
    workers = [context.Process(target=note_passages, args=(redis_url, 6, into)) for _ in range(3)]
    for worker in workers:
        worker.start()
    moments = [into.get(timeout=30) for _ in range(18)]
    for worker in workers:
        worker.join(30)

    assert most_in_a_second(moments) <= 5


def test_the_window_is_used_to_the_full(limiter: MakeLimiter) -> None:
    begun = time.monotonic()
    for _ in range(10):
        limiter().wait(Priority.PERSON)

    assert 1.0 < time.monotonic() - begun < 3.0


def crowd(redis_url: str, priority: Priority, into: multiprocessing.Queue[float]) -> None:
    client = redis.Redis.from_url(redis_url)
    limiter = RedisLimiter(client, "test", (BASE_WINDOW,))
    while True:
        patiently(limiter, priority)
        into.put(time.time())


def test_a_person_overtakes_backfills_and_routine_work_of_other_processes(
    limiter: MakeLimiter, redis_url: str
) -> None:
    context = multiprocessing.get_context("spawn")
    passed: multiprocessing.Queue[float] = context.Queue()
    crowds = [
        context.Process(target=crowd, args=(redis_url, priority, passed), daemon=True)
        for priority in (Priority.BACKFILL, Priority.BACKFILL, Priority.ROUTINE)
    ]
    for process in crowds:
        process.start()
    moments = [passed.get(timeout=30) for _ in range(6)]
    person, waits = limiter(), []
    try:
        for _ in range(4):
            # An edit is two requests; the window is full all the time.
            for _ in range(2):
                begun = time.time()
                person.wait(Priority.PERSON)
                waits.append((begun, time.time()))
            moments += [passed.get(timeout=30) for _ in range(5)]
    finally:
        for process in crowds:
            process.kill()
            process.join(10)
    overtaken = [sum(begun < at < ended for at in moments) for begun, ended in waits]
    print("a person waited", [round(ended - begun, 3) for begun, ended in waits])

    # Who had asked just before may still pass; nobody else does.
    assert max(overtaken) <= 1


def test_others_come_evenly_so_that_the_next_place_is_never_far(redis_url: str) -> None:
    client, now = redis.Redis.from_url(redis_url), [1_000_000]
    told = RedisLimiter(client, "test", (BASE_WINDOW,), now_milliseconds=lambda: now[0])
    waits: list[int] = []
    next_person = now[0] + 1_500
    while len(waits) < 40:
        pause = told.ask(Priority.BACKFILL)
        now[0] += max(1, round(pause * 1000))
        if now[0] >= next_person:
            waited = 0
            while (pause := told.ask(Priority.PERSON)) > 0:
                now[0] += round(pause * 1000)
                waited += round(pause * 1000)
            waits.append(waited)
            next_person = now[0] + 1_500
    client.close()

    assert max(waits) <= 500


def test_a_day_at_nine_tenths_of_the_ceiling_has_no_request_too_many() -> None:
    """Six minutes of it here; `make bench` plays the whole day."""
    bench = Path(__file__).parents[2] / "bench" / "bench_limits.py"
    command = [sys.executable, str(bench), "--hours", "0.1", "--json"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=100)
    figures = json.loads(played.stdout)

    assert 0 == figures["hub"]["answers_429"]
    assert 0 < figures["without_room_for_jitter"]["answers_429"]
    assert 0.9 <= figures["hub"]["share_of_ceiling"]
    assert 0 == played.returncode, played.stderr


def test_a_penalty_holds_for_every_worker(limiter: MakeLimiter) -> None:
    limiter().penalise(30)

    with pytest.raises(RateLimited) as refused:
        limiter().wait(Priority.PERSON)

    assert 29 < refused.value.retry_after_seconds <= 30


def test_a_penalty_of_one_connection_is_none_of_another(limiter: MakeLimiter) -> None:
    limiter(name="one").penalise(30)

    limiter(Window(key="hub:limit:test:other", limit=5), name="other").wait(Priority.PERSON)


def test_a_short_penalty_is_sat_out(limiter: MakeLimiter) -> None:
    limiter().penalise(0.3)
    begun = time.monotonic()

    limiter().wait(Priority.PERSON)

    assert 0.25 < time.monotonic() - begun < LONGEST_WAIT_SECONDS


def test_every_window_has_to_have_room(limiter: MakeLimiter) -> None:
    token = Window(key="hub:limit:test:token", limit=2)
    one = limiter(BASE_WINDOW, token)
    other = limiter(Window(key="hub:limit:test:other", limit=5), token)
    begun = time.monotonic()

    for each in (one, other, one):
        each.wait(Priority.PERSON)

    assert time.monotonic() - begun > 1.0


def test_a_window_of_one_still_lets_a_backfill_through(limiter: MakeLimiter) -> None:
    narrow = limiter(Window(key="hub:limit:test:narrow", limit=1))
    moments = []
    for _ in range(2):
        narrow.wait(Priority.BACKFILL)
        moments.append(time.monotonic())

    assert all(later - earlier > 1.0 for earlier, later in pairwise(moments))


@pytest.mark.parametrize("act", ["wait", "penalise"])
def test_without_redis_no_request_starts(free_port: int, act: str) -> None:
    with redis.Redis(port=free_port, retry=Retry(NoBackoff(), 0)) as client:
        lonely = RedisLimiter(client, "test", (BASE_WINDOW,))
        with pytest.raises(StoreUnavailable, match="Redis"):
            lonely.wait(Priority.PERSON) if act == "wait" else lonely.penalise(1)
