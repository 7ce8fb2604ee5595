"""What does a month cost in profile `thrifty`, and how old does what people see become?

The stand-in's API over HTTP, the hub's own engine, scheduler and ledger on an embedded Postgres,
all on one movable clock. The scheduler looks around once a minute here instead of every other
second, so everything is up to a minute later than it would be.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import psycopg2
from engine import BENCH, fail
from movable_clock import MovableClock
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy import text
from stand_in import BASE, COUNTRY, STAFF, TABLE, TOKEN, StandIn

import connectors
from hub.config import Connection, load_config
from hub.core.calls import Purpose
from hub.queue import JobKind
from hub.store import doorbell, ledger
from hub.sync.attend import attend
from workers import queues
from workers.schedules import CHANNEL, Scheduler

STEP = timedelta(minutes=1)
NIGHT_STEP = timedelta(minutes=5)
WORKDAY = timedelta(hours=9)
WORKDAYS = 5


@dataclass(kw_only=True, slots=True)
class Month:
    """What was counted."""

    days: int
    workdays: int = 0
    calls: int = 0
    ledger: int = 0
    by_purpose: Counter[str] = field(default_factory=Counter)
    by_day: list[int] = field(default_factory=list)
    scans_by_day: list[int] = field(default_factory=list)
    visits: int = 0
    edits: int = 0
    staleness: list[float] = field(default_factory=list)
    lost: int = 0

    def staleness_at(self, share: float) -> float:
        """Seconds after which so many edits were across."""
        ordered = sorted(self.staleness)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    def summary(self) -> dict[str, Any]:
        """The figures."""
        outside = [
            calls - scans for calls, scans in zip(self.by_day, self.scans_by_day, strict=True)
        ]
        return {
            "days": self.days,
            "working_days": self.workdays,
            "calls": self.calls,
            "calls_in_the_ledger": self.ledger,
            "calls_by_purpose": dict(self.by_purpose.most_common()),
            "visits": self.visits,
            "edits": self.edits,
            "edits_not_across": self.lost,
            "most_calls_a_day_outside_the_nightly_read": max(outside, default=0),
            "mean_calls_a_day_outside_the_nightly_read": round(
                sum(outside) / max(len(outside), 1), 1
            ),
            "staleness_minutes_median": round(self.staleness_at(0.5) / 60, 1),
            "staleness_minutes_p99": round(self.staleness_at(0.99) / 60, 1),
            "staleness_minutes_longest": round(self.staleness_at(1.0) / 60, 1),
        }


class DirectQueue:
    """Keeps jobs until the driver does them."""

    def __init__(self) -> None:
        self.jobs: deque[JobKind] = deque()

    def enqueue(self, kind: JobKind, *arguments: Any, description: str) -> str:
        """Take a job on, each kind once."""
        if kind is not queues.TIDY and kind not in self.jobs:
            self.jobs.append(kind)
        return description


@contextmanager
def listening() -> Iterator[str]:
    """A door that takes every notification; what rings is decided by the driver."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


class MonthBench:
    """One base, one hub, and the days that pass."""

    def __init__(self, side: StandIn, door: str | None, seed: int) -> None:
        self.side = side
        self._drawn = random.Random(seed)  # noqa: S311  # repeatable, no secret
        self.clock = MovableClock(side.database, lambda s: side.control("clock", {"seconds": s}))
        self._queue = DirectQueue()
        self._connection = replace(
            side.connection, notification_url=f"{door}/hooks/bench" if door else None
        )
        self._scheduler = Scheduler(
            database=side.database,
            queue=self._queue,  # type: ignore[arg-type]  # does what is asked of a queue here
            connections=_settings(side.url),
            has_public_url=door is not None,
        )
        self._notes = psycopg2.connect(
            side.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self._notes.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with self._notes.cursor() as cursor:
            cursor.execute(f"listen {CHANNEL}")
        self._pending: dict[tuple[str, str], list[tuple[int, float]]] = {}
        self._number = 0
        self._written = 0

    def close(self) -> None:
        """Let go of the database."""
        self._notes.close()

    def prepare(self, records: int) -> None:
        """Let everything come to rest before the month begins."""
        self.side.connection = self._connection
        self.side.fill(records)
        with self.side.database.reading() as session:
            found = session.execute(text("select external_id, row_id from hub.record_link"))
            self._rows: dict[str, UUID] = {row.external_id: row.row_id for row in found}
        self._records = list(self._rows)
        self._patches = self._writes_made()

    def run(self, days: int, edits: int) -> Month:
        """Let days pass, five of seven with so many edits on each side."""
        month = Month(days=days)
        with self.clock.in_force():
            self._scheduler._pacing.settle()
            begun, known = self.side.connector.requests_made, self._ledger()
            for day in range(days):
                is_workday = day % 7 < WORKDAYS
                month.workdays += is_workday
                calls, scans = self.side.connector.requests_made, self._ledger()[Purpose.SCAN]
                self._pass_day(month, edits if is_workday else 0)
                month.by_day.append(self.side.connector.requests_made - calls)
                month.scans_by_day.append(self._ledger()[Purpose.SCAN] - scans)
            month.calls = self.side.connector.requests_made - begun
            spent = self._ledger() - known
            month.ledger = spent.total()
            month.by_purpose = Counter({purpose.value: n for purpose, n in spent.items()})
            month.lost = sum(len(waiting) for waiting in self._pending.values())
        return month

    def _pass_day(self, month: Month, edits: int) -> None:
        """Twenty-four hours, the working ones from the ninth on."""
        opens = timedelta(hours=9)
        moments = sorted(
            (opens + WORKDAY * self._drawn.random(), is_theirs)
            for is_theirs in (True, False)
            for _ in range(edits)
        )
        waiting = deque(moments)
        at = timedelta()
        began = self.clock.now()
        while at < timedelta(days=1):
            is_open = edits and opens <= at < opens + WORKDAY + timedelta(hours=1)
            at += STEP if is_open else NIGHT_STEP
            while waiting and waiting[0][0] <= at:
                moment, is_theirs = waiting.popleft()
                self.clock.advance(began + moment - self.clock.now())
                self._edit(is_theirs)
                month.edits += 1
            self.clock.advance(began + at - self.clock.now())
            self._look_around(month)

    def _edit(self, is_theirs: bool) -> None:
        self._number += 1
        record = self._drawn.choice(self._records)
        if is_theirs:
            self.side.edit(update=[{"id": record, "fields": {COUNTRY: f"Country {self._number}"}}])
            self._ring()
        else:
            with self.side.database.unit_of_work(BENCH) as session:
                session.execute(
                    text("update client set employee_count = :n where id = :row"),
                    {"n": self._number, "row": self._rows[record]},
                )
        side = "theirs" if is_theirs else "ours"
        moment = self.clock.monotonic()
        self._pending.setdefault((side, record), []).append((self._number, moment))

    def _ring(self) -> None:
        """The other side notifies of every change, ours included."""
        if self._connection.notification_url:
            doorbell.keep_ping(self.side.database, connection="bench", hook_external_id="bench")

    def _look_around(self, month: Month) -> None:
        """What the scheduler does by itself, and the jobs that come of it."""
        scheduler = self._scheduler
        self._notes.poll()
        changed = {note.payload for note in self._notes.notifies}
        self._notes.notifies.clear()
        scheduler._ring(changed, "hub")
        scheduler._pacing.settle()
        scheduler._sweep()
        scheduler._look()
        scheduler._read_all()
        scheduler._tend()
        while self._queue.jobs:
            kind = self._queue.jobs.popleft()
            attend(self._connection, trigger="bench", report=fail, tend=kind is queues.TEND_HOOK)
            month.visits += 1
            if self._writes_made() > self._patches:
                self._patches = self._writes_made()
                self._ring()
            self._see_what_arrived(month)

    def _see_what_arrived(self, month: Month) -> None:
        theirs = [record for side, record in self._pending if side == "theirs"]
        shown: dict[str, str | None] = {}
        if theirs:
            with self.side.database.reading() as session:
                found = session.execute(
                    text("select id, country from client where id = any(:ids)"),
                    {"ids": [self._rows[record] for record in theirs]},
                )
                countries = {row.id: row.country for row in found}
            shown = {record: countries[self._rows[record]] for record in theirs}
        now = self.clock.monotonic()
        for side, record in list(self._pending):
            value = (
                int((shown[record] or "Country 0").split()[-1] if side == "theirs" else 0)
                if side == "theirs"
                else int(self.side.values_of(record).get(STAFF) or 0)
            )
            waiting = self._pending[side, record]
            across = [moment for number, moment in waiting if number <= value]
            month.staleness += [now - moment for moment in across]
            left = waiting[len(across) :]
            if left:
                self._pending[side, record] = left
            else:
                del self._pending[side, record]

    def _ledger(self) -> Counter[Purpose]:
        counted: Counter[Purpose] = Counter()
        with self.side.database.reading() as session:
            for spent in ledger.calls_since(session, date(2000, 1, 1), "bench"):
                counted[spent.purpose] += spent.calls
        return counted

    def _writes_made(self) -> int:
        calls = self.side.connector.calls_made
        return sum(count for call, count in calls.items() if call.kind.value == "write")


def _settings(url: str) -> dict[str, Connection]:
    """The connection as a hub.toml would say it."""
    import tempfile
    from pathlib import Path

    lines = f"""
[connection.bench]
kind = "airtable"
endpoint = "{url}"
token = "{TOKEN}"
base = "{BASE}"
profile = "thrifty"

[connection.bench.stream.clients]
table = "{TABLE}"
entity = "client"
hub_id_field = "fldHubId000000000"

[connection.bench.stream.clients.fields]
country = "{COUNTRY}"
employee_count = "{STAFF}"
"""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(lines)
        file.flush()
        config = load_config(Path(file.name), {}, connection_models=connectors.settings_models())
    return dict(config.connections)
