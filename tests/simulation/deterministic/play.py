"""How is one seed played: a whole company, its workers and its bad days, in one process?"""

from __future__ import annotations

import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import structlog
from simulation.deterministic.fake_time import FakeTime, TheirClock
from simulation.deterministic.hook_watch import HookWatch
from simulation.deterministic.observe_memory import observe
from simulation.deterministic.people import TABLES, People
from simulation.deterministic.sides import OurSide, TheirSide
from simulation.deterministic.steps import watched
from simulation.deterministic.troubles import Troubles
from simulation.deterministic.turns import Task, Trace, Turns
from simulation.deterministic.weather import Weather
from simulation.deterministic.wire import ENDPOINT, Wire
from simulation.memory_store.business import delete_rows
from simulation.memory_store.database import MemoryDatabase, MemoryStore
from simulation.observations import Judgement
from simulation.oracle import judge
from simulation.values import COLUMNS, LINKS, STREAM_OF, TABLE_OF
from sqlalchemy.exc import OperationalError
from sync_world import BASE, NOTE, STAFF, NoLimit, base_file, mappings

import connectors
from connectors.airtable import Settings
from hub.core.policies import ConflictPolicy
from hub.errors import HubError
from hub.sandbox.airtable import ids
from hub.sandbox.airtable.limits import UNLIMITED_RATE
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.state import State
from hub.store import leases, links, streams
from hub.store.database import Provenance
from hub.store.entities import base as entity_ids
from hub.sync.attend import attend
from hub.sync.connection import LeasedLimiter, SyncConnection
from workers.schedules import SWEEP, UNDER_WAY, Backoff

CONNECTION = "world"
EDITS, MEETINGS, FAULTS = 200, 60, 20
"""A seed goes on until it has seen so many."""
MOST_STEPS = 12_000
MINUTE = 60.0
_NO_LEASE: dict[str, Any] = {"holder": None}
SCHEDULER = Provenance(actor="scheduler", origin="scheduler")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a seed came to."""

    seed: int
    tally: Counter[str]
    violations: tuple[str, ...]
    blind_losses: int
    digest: str
    trace: tuple[str, ...] = ()


def play_seed(seed: int, *, edits: int = EDITS, keeps_trace: bool = False) -> Outcome:
    """One world from its beginning to its judgement."""
    return Play(seed, edits=edits, keeps_trace=keeps_trace).run()


class Play:
    """A world: both sides, the wire, the workers, and one seeded draw for everything."""

    def __init__(self, seed: int, *, edits: int, keeps_trace: bool) -> None:
        self.seed = seed
        self.edits = edits
        self.drawn = random.Random(f"world {seed}")  # noqa: S311  repeatable, no secret
        self.trace = Trace(keeps=keeps_trace)
        self.tally: Counter[str] = Counter()
        self.time = FakeTime(timedelta(seconds=self.drawn.choice((0, 0, 0, 1, -1, 3, -3))))
        self.turns = Turns(self.drawn, self.trace)
        self.time.sleep = self._sleep
        state = State(clock=TheirClock(self.time))
        self.sandbox = Sandbox(state, UNLIMITED_RATE)
        self.wire = Wire(self.sandbox, self.time, self.turns, self.drawn, self.trace)
        self.memory = MemoryStore(_Clock(self.time))
        self.store = MemoryDatabase(self.memory)
        self.theirs = TheirSide(self.sandbox)
        self.ours = OurSide(self.store)
        self.row_of: dict[str, str] = {}
        self.stood_for: dict[str, set[str]] = {}
        self.reports: list[HubError] = []
        self.streams = self._policies()
        self.has_url = self.drawn.random() < 0.5
        self.same_machine = self.drawn.random() < 0.5
        self.slots = self.drawn.choice((2, 3, 3))
        self.queue: deque[str] = deque()
        self.tasks: list[Task] = []
        self.gone: set[str] = set()
        self._jobs = 0
        self._due = {"sweep": 0.0, "poll": 0.0, "read": 0.0}
        self._backoff: Backoff | None = None
        self.watch = HookWatch(self.sandbox, self._cursors)
        self.people = People(
            self.theirs,
            self.ours,
            self.time,
            self.row_of,
            self.drawn,
            self.tally,
            self.trace,
            self._delete_row,
        )
        self.troubles = Troubles(
            self.drawn, self.people, self.turns, self.tally, self.trace, self._died
        )
        self.wire.draw = self.troubles.fault_for
        self.weather = Weather(self)

    def _policies(self) -> dict[str, Any]:
        """Each field its own conflict policy; no guard stops so small a company."""
        made = mappings()
        for name, mapping in made.items():
            fields = tuple(
                replace(
                    item,
                    conflict=self.drawn.choices(list(ConflictPolicy), (6, 1, 1, 1))[0],
                )
                for item in mapping.fields
            )
            made[name] = replace(
                mapping, fields=fields, delete_limit=1000, overwrite_limit=1000, share_limit=1.0
            )
        return made

    # From the beginning to the end

    def run(self) -> Outcome:
        """Play, come to rest, and be judged."""
        violations: list[str] = []
        blind_losses = 0
        with self._stage():
            self.sandbox.load(base_file())
            try:
                self._begin()
                self._play()
                violations += self._edit_after_the_last_fault()
                violations += self._come_to_rest()
                judged = self._judge()
                violations += judged.violations
                blind_losses = len(judged.blind_losses)
                violations += self._stir()
                violations += self._read_everything()
            except Exception as error:
                violations.append(f"raised: {_told(error)}")
            finally:
                for task in self.tasks:
                    self.turns.end(task)
                self.sandbox.state.close()
        for kind, count in self.wire.struck.items():
            self.tally[f"fault {kind}"] += count
        for conflict in self.store.rows("conflict"):
            self.tally[f"conflict {conflict['cause']}"] += 1
        self.tally["requests"] = self.wire.requests
        return Outcome(
            seed=self.seed,
            tally=self.tally,
            violations=tuple(violations),
            blind_losses=blind_losses,
            digest=self.trace.digest,
            trace=tuple(self.trace.lines),
        )

    @contextmanager
    def _stage(self) -> Iterator[None]:
        """Time, ids, the wire and the steps are this world's."""
        with ExitStack() as stack:
            stack.enter_context(self.time.holds())
            stack.enter_context(self.wire.is_laid())
            ids_drawn = random.Random(f"ids {self.seed}")  # noqa: S311  repeatable
            stack.enter_context(patch.object(ids, "_random", ids_drawn))
            stack.enter_context(patch.object(entity_ids, "uuid7", self._uuid7))
            stack.enter_context(patch("hub.sync.attend.worker_name", self._worker_name))
            stack.enter_context(patch("hub.sync.attend.is_gone", self._is_gone))
            stack.enter_context(watched(self._told))
            stack.enter_context(silence())
            yield

    def _uuid7(self) -> UUID:
        moment = int(self.time.ours().timestamp() * 1000)
        drawn = self.drawn.getrandbits(74)
        high = (moment << 16) | 0x7000 | (drawn >> 62)
        return UUID(int=(high << 64) | (0b10 << 62) | (drawn & ((1 << 62) - 1)))

    def _begin(self) -> None:
        for _ in range(7):
            self.people.do("their create")
        for _ in range(3):
            self.people.do("our insert")
        self._ring("sweep")
        self._enqueue("attend")
        for _ in range(40):
            self._one_step(edits=False)

    def _play(self) -> None:
        self.troubles.is_on = True
        for _ in range(MOST_STEPS):
            if self._has_enough():
                break
            self._one_step(edits=True)
        self.troubles.is_on = False
        self.tally["fake seconds"] = round(self.time.seconds())

    def _has_enough(self) -> bool:
        return (
            self.tally["edits"] >= self.edits
            and self.tally["meetings"] >= self.edits * MEETINGS // EDITS
            and self.faults >= self.edits * FAULTS // EDITS
        )

    @property
    def faults(self) -> int:
        """Everything that went wrong on purpose so far."""
        weather = sum(count for name, count in self.tally.items() if name.startswith("weather "))
        kills = sum(count for name, count in self.tally.items() if name.startswith("kill "))
        return self.wire.struck.total() + weather + kills

    # One step of the world

    def _one_step(self, *, edits: bool) -> None:
        self._routines()
        self.wire.deliver_late()
        self.weather.deliver_pings()
        self._hire()
        ready = [task for task in self.tasks if task.sleeps_until <= self.time.seconds()]
        turn = self.drawn.random()
        if edits and turn < 0.07:
            self.people.act()
            self.time.pass_by(self.drawn.choice((0.05, 0.2, 0.7)))
        elif edits and turn < 0.08:
            self.weather.turn()
        elif ready:
            self._let(self.drawn.choice(ready))
        else:
            self.time.pass_by(self.drawn.uniform(0.2, 1.5))

    def _let(self, task: Task) -> None:
        self.turns.let(task)
        if task.is_over:
            self.tasks.remove(task)

    def _hire(self) -> None:
        """A free worker takes the next job."""
        while self.queue and len(self.tasks) < self.slots:
            job = self.queue.popleft()
            self._jobs += 1
            name = f"worker {self._jobs}"
            task = Task(name, lambda job=job, name=name: self._work(job, name))  # type: ignore[misc]  # bound now
            self.tasks.append(task)

    def _work(self, job: str, name: str) -> None:
        """One job, as a process of its own would do it."""
        database = MemoryDatabase(
            self.memory,
            step=self.turns.pause,
            wait=self._wait_for_row,
        )
        task = self.turns.current
        assert task is not None
        self.tally["visits"] += 1
        try:
            attendance = attend(
                self.connection(database),
                trigger="simulation",
                report=self._report,
                tend=job == "tend",
            )
        except OperationalError:
            # A deadlock: the work stands in the store and is swept up, as `workers.jobs` has it.
            return
        finally:
            if task.is_dead:
                database.abandon()
        self.tally["lost updates found"] += attendance.counts["lost_updates"]
        if attendance.is_unfinished and attendance.retry_after_seconds is None:
            self._enqueue("attend")

    def _wait_for_row(self) -> None:
        """Another worker holds it: look again a little later."""
        self._sleep(0.1)

    def _sleep(self, seconds: float) -> None:
        """A worker waits, and others go on."""
        task = self.turns.current
        if task is None:
            self.time.pass_by(seconds)
            return
        task.sleeps_until = self.time.seconds() + seconds
        self.turns.pause("for a while", always=True)

    def connection(self, database: MemoryDatabase) -> SyncConnection:
        """The connection as a worker builds it for a job."""
        limiter = LeasedLimiter(NoLimit())
        settings = Settings(endpoint=ENDPOINT, token="patSimulated", base=BASE)
        return SyncConnection(
            name=CONNECTION,
            database=database,
            connector=connectors.load("airtable").build(CONNECTION, settings, limiter),
            limiter=limiter,
            mappings=self.streams,
            notification_url="http://hub.invalid/hooks/world" if self.has_url else None,
        )

    def _report(self, error: HubError, connection: str, stream: str | None, run_id: UUID) -> None:
        self.reports.append(error)

    def _worker_name(self) -> str:
        task = self.turns.current
        return task.name if task is not None else "nobody"

    def _is_gone(self, holder: str) -> bool:
        return self.same_machine and holder in self.gone

    def _died(self, task: Task) -> None:
        self.gone.add(task.name)

    def _told(self, step: str, moment: str, args: tuple[Any, ...]) -> None:
        if step == "links saved" and moment == "after":
            self._note_links(args[3], args[4])
        if self.turns.current is not None:
            self.troubles.strike(step, moment)

    def _note_links(self, table_name: str, saved: Any) -> None:
        for link in saved:
            row = str(link.row_id)
            self.row_of[link.external_id] = row
            self.stood_for.setdefault(link.external_id, set()).add(row)
            self.ours.rows_of[table_name].setdefault(link.row_id)

    # The scheduler, whose jobs may get lost

    def _enqueue(self, job: str) -> None:
        self.queue.append(job)

    def _ring(self, source: str, hook: str | None = None) -> None:
        with self.store.unit_of_work(SCHEDULER) as session:
            leases.ring(session, CONNECTION, source, hook)

    def _routines(self) -> None:
        now = self.time.seconds()
        if self._has_news():
            self._ring("hub")
            self._enqueue("attend")
        if self._due["sweep"] <= now:
            self._due["sweep"] = now + SWEEP.total_seconds()
            self._sweep(now)
        if self._due["poll"] <= now:
            self._due["poll"] = now + (60.0 if self.has_url else 5.0)
            self._ring("sweep")
            self._enqueue("attend")
        if self._due["read"] <= now:
            self._due["read"] = now + 2 * SWEEP.total_seconds()
            self._read_all()

    def _has_news(self) -> bool:
        """Postgres notifies the scheduler of changes of business rows."""
        newest = self.memory.changes.next_id
        is_news = newest != self._heard
        self._heard = newest
        return is_news

    _heard = 0

    def _sweep(self, now: float) -> None:
        (lease,) = self.store.rows("lease") or [_NO_LEASE]
        if lease["holder"] is None:
            waiting = [ping["received_at"] for ping in self.store.rows("ping")]
            neglected = any(self.time.ours() - at > UNDER_WAY for at in waiting)
        else:
            is_over = lease["expires_at"] < self.time.ours()
            neglected = is_over or self._is_gone(lease["holder"])
        if not neglected:
            self._backoff = None
            return
        self._backoff = self._backoff or Backoff()
        if self._backoff.lets(now):
            self._enqueue("attend")

    def _read_all(self) -> None:
        due = any(state["needs_reconcile"] for state in self.store.rows("stream_state"))
        (lease,) = self.store.rows("lease") or [_NO_LEASE]
        if due and lease["holder"] is None:
            self._enqueue("attend")

    def _cursors(self) -> dict[str, int]:
        return {hook["external_id"]: hook["cursor"] for hook in self.store.rows("hook")}

    def _delete_row(self, table_name: str, row_id: UUID) -> None:
        with self.store.unit_of_work(Provenance(actor="postgres", origin="unknown")) as session:
            delete_rows(session, table_name, [row_id])  # type: ignore[arg-type]  # it is in memory

    # The end

    def _edit_after_the_last_fault(self) -> Iterator[str]:
        """Whoever edits now must not wait for longer than a minute."""
        while self.wire.late:
            self.time.pass_by(5)
            self.wire.deliver_late()
        their, our = self._settled_cell(NOTE), self._settled_cell(STAFF)
        began = self.time.seconds()
        self.tally["lines at the end"] += 1
        waits: list[tuple[str, Callable[[], bool]]] = []
        table = TABLES[0]
        if their is not None:
            record, row_id = their
            self.theirs.edit(table, "Zoe", update=[{"id": record, "fields": {NOTE: "the last"}}])
            waits.append(("theirs", lambda: self._hub_cell(row_id, NOTE) == "the last"))
        if our is not None:
            record_of_ours, row = our
            with self.people._at_the_hub("the last of ours") as session:
                from hub.store import rows

                rows.update_rows(session, TABLE_OF[table], {row: {"employee_count": 999_999}})
            waits.append(
                ("ours", lambda: self.theirs.cell(table, record_of_ours, STAFF) == 999_999)
            )
        for whose, is_across in waits:
            while not is_across() and self.time.seconds() - began <= MINUTE:
                self._one_step(edits=False)
            took = self.time.seconds() - began
            self.tally[f"last edit of {whose}"] += 1
            self.tally["slowest last edit, ms"] = max(
                self.tally["slowest last edit, ms"], round(took * 1000)
            )
            if not is_across():
                yield f"late: the last edit of {whose} is not across after {took:.0f} s"

    def _settled_cell(self, field: str) -> tuple[str, UUID] | None:
        """A record and its row whose cell is the same on both sides and does not stand still."""
        table = TABLES[0]
        column = COLUMNS[table][field]
        with self.store.reading() as session:
            known = links.links_of_records(
                session, CONNECTION, STREAM_OF[table], self.theirs.records(table)
            )
        settled = []
        for record, link in sorted(known.items()):
            row = self.ours.row(table, link.row_id)
            if link.state != "live" or column in link.frozen or row is None or row.deleted_at:
                continue
            if field not in self.theirs.table(table).fields or column not in link.shadow:
                continue
            pair = link.shadow[column]
            theirs = self.theirs.cell(table, record, field)
            if row.values[column] == pair.hub and str(theirs or "") == str(pair.remote or ""):
                settled.append((record, link.row_id))
        return self.drawn.choice(settled) if settled else None

    def _hub_cell(self, row_id: UUID, field: str) -> Any:
        row = self.ours.row(TABLES[0], row_id)
        return row.values[COLUMNS[TABLES[0]][field]] if row is not None else None

    def _come_to_rest(self) -> list[str]:
        """Workers come by until nothing changes."""
        for _ in range(30):
            before = self._activity()
            self._visit()
            if self._activity() == before and not self.queue and not self.tasks:
                return []
        return ["liveness: the two sides do not come to rest"]

    def _visit(self, job: str = "attend") -> None:
        self._ring("sweep")
        self._enqueue(job)
        for _ in range(4000):
            if not self.queue and not self.tasks:
                break
            self._hire()
            ready = [task for task in self.tasks if task.sleeps_until <= self.time.seconds()]
            if ready:
                self._let(self.drawn.choice(ready))
            else:
                self.time.pass_by(1)
        self.time.pass_by(3)
        self._sweep(self.time.seconds())

    def _activity(self) -> tuple[int, ...]:
        return (
            len(self.theirs.log()),
            self.memory.changes.next_id,
            len(self.store.rows("conflict")),
            len(self.store.rows("recheck")),
            sum(lease["holder"] is not None for lease in self.store.rows("lease")),
        )

    def _judge(self) -> Judgement:
        return judge(observe(self))

    def _stir(self) -> list[str]:
        """Once at rest, further visits write nothing."""
        before = (self.wire.writes, *self._activity())
        self._visit()
        self._visit("tend")
        after = (self.wire.writes, *self._activity())
        names = ("write requests", "edits there", "changes here", "conflicts", "rechecks", "leases")
        return [
            f"restless: {name} went from {was} to {now}"
            for name, was, now in zip(names, before, after, strict=True)
            if was != now
        ]

    def _read_everything(self) -> list[str]:
        """A complete read finds nothing that had been missed."""
        before = self._activity()[:2]
        with self.store.unit_of_work(SCHEDULER) as session:
            for name in self.streams:
                streams.change(session, CONNECTION, name, needs_reconcile=True)
        found = self._come_to_rest()
        after = self._activity()[:2]
        self.tally["changes that only a complete read found"] += sum(after) - sum(before)
        return [f"after a complete read: {word}" for word in (*found, *self._judge().violations)]


@contextmanager
def silence() -> Iterator[None]:
    """Thousands of worlds log nothing."""
    known = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(wrapper_class=known)
        logging.disable(logging.NOTSET)


class _Clock:
    """The hub's clock for the store."""

    def __init__(self, time: FakeTime) -> None:
        self.now = time.ours


def _told(error: BaseException) -> str:
    """An error with the way to it through our own code."""
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if ".venv" not in f.filename][-8:]
    way = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours)
    return f"{type(error).__name__} {str(error)[:300]!r} at {way}"


__all__ = ["LINKS", "Outcome", "Play", "play_seed"]
