"""What happens by itself, and how often?

One scheduler acts however many hosts run one: it holds an advisory lock of Postgres. It listens
for changes of business rows, sweeps up what lost jobs left undone, and enqueues what is due. A
ping is a row before it is a job, so that nothing depends on Redis.
"""

from __future__ import annotations

import math
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import psycopg2
import structlog
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy.exc import OperationalError

from hub import clock
from hub.config import Connection
from hub.errors import StoreUnavailable
from hub.queue import JobKind, JobQueue
from hub.store import leases, previews, runs, streams, upkeep
from hub.store.database import Database, Provenance
from hub.sync.holder import is_gone
from hub.sync.previews import PATIENCE_SECONDS
from workers import memory, queues
from workers.pacing import Pacing
from workers.source_schedules import SourceSchedules

log = structlog.get_logger(__name__)

CHANNEL = "hub_change"
LOCK = 0x68756273  # "hubs"
GATHER = timedelta(milliseconds=20)
SWEEP = timedelta(seconds=2)
SOURCES_DUE = timedelta(milliseconds=500)
UNDER_WAY = timedelta(seconds=3)
"""A younger ping still has its own job under way."""
NEVER = timedelta(days=36_500)
LONGEST_LOOK = timedelta(hours=1)
LONGEST_UNTENDED = timedelta(hours=12)
TEND = timedelta(minutes=1)
TIDY = timedelta(minutes=1)
LONGEST_BACKOFF = timedelta(minutes=1)
RECONNECT = timedelta(seconds=1)


@dataclass(kw_only=True, slots=True)
class Routine:
    """Something done every so often."""

    every: timedelta
    act: Callable[[], None]
    due_at: float = 0.0


@dataclass(kw_only=True, slots=True)
class Backoff:
    """A connection that fails is taken up again less and less often."""

    attempts: int = 0
    not_before: float = 0.0

    def lets(self, now: float) -> bool:
        """Whether another attempt is due; counts it."""
        if now < self.not_before:
            return False
        pause = min(SWEEP.total_seconds() * 2**self.attempts, LONGEST_BACKOFF.total_seconds())
        self.attempts += 1
        self.not_before = now + pause
        return True


@dataclass(kw_only=True, slots=True)
class Scheduler:
    """The scheduler process."""

    database: Database
    queue: JobQueue
    connections: Mapping[str, Connection]
    has_public_url: bool
    stopped: threading.Event = field(default_factory=threading.Event)
    _backoffs: dict[str, Backoff] = field(default_factory=dict)
    _previews: dict[UUID, Backoff] = field(default_factory=dict)
    _reads: dict[str, Backoff] = field(default_factory=dict)
    _looked_at: dict[str, float] = field(default_factory=dict)
    _tended_at: dict[str, float] = field(default_factory=dict)
    _pacing: Pacing = field(init=False)
    _sources: SourceSchedules = field(init=False)

    def __post_init__(self) -> None:
        self._sources = SourceSchedules.of(self.database, self.queue, self.connections)
        # What is only read page by page has neither hooks nor anything to send.
        self.connections = {n: c for n, c in self.connections.items() if c.streams}
        self._pacing = Pacing(self.database, self.connections)

    def run(self) -> None:
        """Work until told to stop; a lost database is waited for."""
        while not self.stopped.is_set():
            try:
                self._lead()
            except (psycopg2.OperationalError, OperationalError, psycopg2.InterfaceError):
                log.warning("the central Postgres does not answer; trying again")
                self.stopped.wait(RECONNECT.total_seconds())
            except StoreUnavailable as exc:
                log.warning("trying again", reason=exc.message)
                self.stopped.wait(RECONNECT.total_seconds())

    def _lead(self) -> None:
        connection = psycopg2.connect(
            self.database.url.set(drivername="postgresql").render_as_string(hide_password=False),
            application_name="hub scheduler",
            connect_timeout=5,
        )
        try:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            if not self._become_leader(connection):
                return
            memory.settle_era(self.database, self.queue)
            with connection.cursor() as cursor:
                cursor.execute(f"listen {CHANNEL}")
            log.info("scheduling", connections=list(self.connections))
            self._work(connection)
        finally:
            connection.close()

    def _become_leader(self, connection: psycopg2.extensions.connection) -> bool:
        while not self.stopped.is_set():
            with connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_lock(%s)", (LOCK,))
                row = cursor.fetchone()
            if row and row[0]:
                return True
            self.stopped.wait(SWEEP.total_seconds())
        return False

    def _work(self, connection: psycopg2.extensions.connection) -> None:
        self._pacing.settle()
        self._sources.settle()
        routines = self._routines()
        # What changed while nobody listened is looked for at once.
        self._ring(set(self._tables()), "hub")
        while not self.stopped.is_set():
            now = clock.monotonic()
            for routine in routines:
                if routine.due_at <= now:
                    routine.due_at = now + routine.every.total_seconds()
                    routine.act()
            pause = min(routine.due_at for routine in routines) - clock.monotonic()
            readable, _, _ = select.select([connection], [], [], min(max(pause, 0.0), 0.5))
            if readable:
                self.stopped.wait(GATHER.total_seconds())
                connection.poll()
                changed = {note.payload for note in connection.notifies}
                connection.notifies.clear()
                self._ring(changed, "hub")

    def _routines(self) -> list[Routine]:
        return [
            Routine(every=SWEEP, act=self._sweep),
            Routine(every=SWEEP, act=self._look),
            Routine(every=SOURCES_DUE, act=self._sources.enqueue_due),
            Routine(every=SWEEP * 2, act=self._read_all),
            Routine(every=TEND, act=self._tend, due_at=clock.monotonic() + 60),
            Routine(every=TIDY, act=self._tidy),
        ]

    def _tables(self) -> dict[str, set[str]]:
        """Connections by the business table that they feed."""
        fed: dict[str, set[str]] = {}
        for name, connection in self.connections.items():
            for stream in connection.streams.values():
                fed.setdefault(stream.entity, set()).add(name)
        return fed

    def _ring(self, tables: set[str], source: str) -> None:
        fed = self._tables()
        names = {name for table in tables for name in fed.get(table.split(".")[-1], ())}
        for name in sorted(names):
            with self.database.unit_of_work(_SCHEDULER) as session:
                leases.ring(session, name, source)
            # Where changes are collected, the sweep takes them up when the window is over.
            if not self._pacing.window_of(name):
                self._enqueue(queues.PUSH, name, f"{name}: send changes")

    def _sweep(self) -> None:
        """Take up what was collected, and what a lost job or a killed worker left undone."""
        with self.database.reading() as session:
            orphaned = {name for name, who in leases.holders(session).items() if is_gone(who)}
            waits = leases.unattended(session)
            asked = previews.asked_previews(session, patience_seconds=PATIENCE_SECONDS)
        self._look_at(asked)
        neglected = [
            name
            for name in self.connections
            if not self._pacing.is_held(name)
            and (
                name in orphaned
                or waits.get(name, -1.0)
                >= max(self._pacing.window_of(name), UNDER_WAY).total_seconds()
            )
        ]
        for name in [name for name in self._backoffs if name not in neglected]:
            del self._backoffs[name]
        now = clock.monotonic()
        for name in neglected:
            if self._backoffs.setdefault(name, Backoff()).lets(now):
                self._enqueue(queues.RESUME, name, f"{name}: take up what was left")

    def _look_at(self, asked: Sequence[UUID]) -> None:
        """Let a worker make the previews that were asked for, each once."""
        for preview_id in [known for known in self._previews if known not in asked]:
            del self._previews[preview_id]
        for preview_id in asked:
            if self._previews.setdefault(preview_id, Backoff()).lets(clock.monotonic()):
                self._enqueue(queues.PREVIEW, str(preview_id), f"Run preview {preview_id} dry")

    def _look(self) -> None:
        """Ask for changes that nobody told of, the more rarely the longer none came."""
        for name in self.connections:
            now = clock.monotonic()
            with self.database.reading() as session:
                hook = streams.open_hook(session, name)
                quiet = runs.quiet_seconds(session, name)
            is_notified = bool(hook.notification_url) if hook else self.has_public_url
            looks = self._pacing.rhythm_of(name).looks(is_notified=is_notified)
            if looks is None or self._pacing.is_held(name):
                continue
            quiet_for = None if quiet is None else timedelta(seconds=quiet)
            pause = min(looks.after(quiet_for), LONGEST_LOOK).total_seconds()
            if now - self._looked_at.get(name, -math.inf) < pause:
                continue
            self._looked_at[name] = now
            with self.database.unit_of_work(_SCHEDULER) as session:
                leases.ring(session, name, "sweep")
            self._enqueue(queues.PULL, name, f"{name}: look for changes")

    def _read_all(self) -> None:
        """Start complete reads that are due, unless somebody is at it."""
        for name, connection in self.connections.items():
            with self.database.unit_of_work(_SCHEDULER) as session:
                may_wait = not self._pacing.reads_completely(name)
                due = [
                    stream
                    for stream in connection.streams
                    if upkeep.overdue_reads(
                        session,
                        name,
                        stream,
                        (NEVER if may_wait else connection.read_all_every(stream)).total_seconds(),
                    )
                ]
                busy = leases.is_held(session, name)
            if (
                due
                and not busy
                and not self._pacing.is_held(name)
                and self._reads.setdefault(name, Backoff()).lets(clock.monotonic())
            ):
                self._enqueue(queues.READ_ALL, name, f"{name}: read {', '.join(due)} completely")
            if not due:
                self._reads.pop(name, None)

    def _tend(self) -> None:
        """See that hooks live; one whose changes were read just now does, for some hours."""
        for name in self.connections:
            now = clock.monotonic()
            every = self._pacing.rhythm_of(name).check_hook_every
            untended = now - self._tended_at.setdefault(name, -math.inf)
            if untended < every.total_seconds() or self._pacing.is_held(name):
                continue
            if untended < LONGEST_UNTENDED.total_seconds() and self._was_heard_of(name):
                continue
            self._tended_at[name] = now
            self._enqueue(queues.TEND_HOOK, name, f"{name}: look after the webhook")

    def _was_heard_of(self, name: str) -> bool:
        """Whether changes were read lately that only a hook which lives can have told."""
        rhythm = self._pacing.rhythm_of(name)
        with self.database.reading() as session:
            hook = streams.open_hook(session, name)
            seconds = streams.seconds_since_pull(session, name)
        is_notified = bool(hook and hook.notification_url)
        if hook is None or (is_notified and rhythm.looks(is_notified=True)):
            # It may have been the hub that looked: whether the hook still rings is not known.
            return False
        # A look once an hour is a little late each time.
        return seconds is not None and seconds < 1.5 * rhythm.check_hook_every.total_seconds()

    def _tidy(self) -> None:
        memory.remember_tick(self.database, self.queue)
        memory.watch_writers(self.database)
        self._pacing.settle()
        self._enqueue(queues.TIDY, None, "Tidy up the stores")

    def _enqueue(self, kind: JobKind, connection: str | None, description: str) -> None:
        arguments = [] if connection is None else [connection]
        try:
            self.queue.enqueue(kind, *arguments, description=description)
        except StoreUnavailable as exc:
            # The ping is a row; the sweep finds it when Redis is back.
            log.warning("not enqueued", reason=exc.message)


_SCHEDULER = Provenance(actor="scheduler", origin="scheduler")
