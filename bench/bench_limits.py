"""Does a day of pushing at nine tenths of the ceiling ever ask once too often, and do people wait?

    python bench/bench_limits.py [--hours 24] [--seed 1] [--json]

The hub's own limiter script runs in a real Redis-protocol server, told the time; the stand-in's
own rate limiter judges what arrives. Both go by one clock that is moved, so a day takes minutes.
Two workers push without a pause, each request takes up to 100 ms more or less on its way, and a
person edits something twice a minute. Ends with 1 when a single request was one too many.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import redis
from rich.console import Console
from rich.table import Table

from hub.contract import Priority
from hub.embedded.valkey import EmbeddedValkey
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.limits import Limits, RateLimiter
from workers import limits
from workers.limits import RedisLimiter, Window

CEILING = 5
JITTER_SECONDS = 0.1
PUSHERS = 2
PERSON_EVERY_SECONDS = 30.0
CALLS_AN_EDIT = 2
TARGET = 0.9
LONGEST_PERSON_WAIT = 1.0


@dataclass(kw_only=True, slots=True)
class Day:
    """What was counted."""

    hours: float
    sent: int = 0
    refused: int = 0
    person_calls: int = 0
    person_waits: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the ceiling."""
        return self.sent / (self.hours * 3600 * CEILING)

    def summary(self) -> dict[str, float]:
        """The figures."""
        waits = sorted(self.person_waits) or [0.0]
        return {
            "hours": self.hours,
            "requests": self.sent,
            "share_of_ceiling": round(self.share, 4),
            "answers_429": self.refused,
            "person_requests": self.person_calls,
            "person_wait_median": round(waits[len(waits) // 2], 3),
            "person_wait_p99": round(waits[int(len(waits) * 0.99)], 3),
            "person_wait_longest": round(waits[-1], 3),
        }


@dataclass(order=True, slots=True)
class Event:
    """Something at a moment: a worker asks for a place, or a request arrives."""

    at: float
    number: int
    kind: str = field(compare=False)
    who: str = field(compare=False)
    left: int = field(compare=False, default=0)
    since: float = field(compare=False, default=0.0)


class Simulation:
    """Workers, persons and the server on one clock."""

    def __init__(self, client: redis.Redis, seed: int, hours: float) -> None:
        self.now = 1_000_000.0
        self._drawn = random.Random(seed)  # noqa: S311  # repeatable, no secret
        self._ends = self.now + hours * 3600
        self._events: list[Event] = []
        self._count = 0
        self.day = Day(hours=hours)
        self._limiter = RedisLimiter(
            client,
            "bench",
            (Window(key="bench:base", limit=CEILING), Window(key="bench:token", limit=50)),
            now_milliseconds=lambda: int(self.now * 1000),
        )
        self._server = RateLimiter(Limits(), now=lambda: self.now)

    def run(self) -> Day:
        """Let the hours pass."""
        for pusher in range(PUSHERS):
            self._plan(self.now, "ask", f"pusher {pusher}")
        self._plan(self.now + 7, "edit", "person")
        while self._events:
            event = heapq.heappop(self._events)
            if event.at >= self._ends:
                break
            self.now = event.at
            if event.kind == "edit":
                self._plan(self.now, "ask", "person", CALLS_AN_EDIT, self.now)
                self._plan(
                    self.now + self._drawn.expovariate(1 / PERSON_EVERY_SECONDS), "edit", "person"
                )
            elif event.kind == "ask":
                self._ask(event)
            else:
                self._arrive(event)
        return self.day

    def _ask(self, event: Event) -> None:
        is_person = event.who == "person"
        pause = self._limiter.ask(Priority.PERSON if is_person else Priority.ROUTINE)
        if pause > 0:
            # A sleeper wakes a little late.
            late = self._drawn.uniform(0, 0.002)
            self._plan(self.now + pause + late, "ask", event.who, event.left, event.since)
            return
        if is_person:
            self.day.person_calls += 1
            self.day.person_waits.append(self.now - event.since)
        on_its_way = self._drawn.uniform(0, JITTER_SECONDS)
        self._plan(self.now + on_its_way, "arrive", event.who, event.left)

    def _arrive(self, event: Event) -> None:
        self.day.sent += 1
        try:
            self._server.admit("appBench", "usrBench", counts_for_quota=False)
        except AirtableError:
            self.day.refused += 1
            self._limiter.penalise(30)
        answered = self.now + self._drawn.uniform(0.02, 0.08)
        if event.who != "person":
            self._plan(answered, "ask", event.who)
        elif event.left > 1:
            self._plan(answered, "ask", "person", event.left - 1, answered)

    def _plan(self, at: float, kind: str, who: str, left: int = 0, since: float = 0.0) -> None:
        self._count += 1
        event = Event(at=at, number=self._count, kind=kind, who=who, left=left, since=since)
        heapq.heappush(self._events, event)


def simulate(url: str, seed: int, hours: float, window_milliseconds: int) -> Day:
    """A day with windows of this length."""
    client = redis.Redis.from_url(url)
    client.flushall()
    kept, limits.WINDOW_MILLISECONDS = limits.WINDOW_MILLISECONDS, window_milliseconds
    try:
        return Simulation(client, seed, hours).run()
    finally:
        limits.WINDOW_MILLISECONDS = kept
        client.close()


def main() -> int:
    """Simulate, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0, help="how long a day is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedValkey(Path(folder) / "valkey", durable=False)
        try:
            url = server.start()
            ours = simulate(url, options.seed, options.hours, limits.WINDOW_MILLISECONDS)
            # The test of the test: without the room for jitter the same day is refused.
            bare = simulate(url, options.seed, min(options.hours, 1.0), 1000)
        finally:
            server.erase()
    figures = {"hub": ours.summary(), "without_room_for_jitter": bare.summary()}
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        table = Table("", "the hub's limiter", "windows of exactly 1 s (one hour)")
        for name, value in figures["hub"].items():
            other = figures["without_room_for_jitter"][name]
            table.add_row(name.replace("_", " "), f"{value:,.4g}", f"{other:,.4g}")
        Console(width=110).print(table)
    is_missed = (
        ours.refused > 0
        or ours.share < TARGET
        or max(ours.person_waits, default=0.0) > LONGEST_PERSON_WAIT
    )
    return 1 if is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
