"""Who does what when something rings: one worker, one lease, one step after another?

Pull, push and complete reads of a connection run under its lease, so that no page that was read
before a write is applied after it. Whoever finds the lease taken leaves: the holder answers every
ping that came before it gives the lease back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.exc import OperationalError

from hub.contract import Priority
from hub.core.mapping import StreamMapping
from hub.core.records import StreamSchema
from hub.errors import (
    CursorExpired,
    HubError,
    LeaseLost,
    RateLimited,
    RemoteMissing,
    StoreUnavailable,
)
from hub.store import leases, runs, schemas, streams
from hub.store.database import Provenance
from hub.store.leases import LeaseGrant
from hub.sync import clock
from hub.sync.backfill import Scan, begin_scan, scan_page
from hub.sync.connection import LEASE_MARGIN_SECONDS, SyncConnection, Work
from hub.sync.drift import tell_drift
from hub.sync.holder import is_gone, worker_name
from hub.sync.hooks import ensure_hook, give_up_hook, tend_hook
from hub.sync.pull import pull_changes
from hub.sync.push import push_changes

LONGEST_SECONDS = 240.0
"""After so long the worker hands over, so that no job runs for ever."""

Report = Callable[[HubError, str, str | None, UUID], None]
"""(error, connection, stream, run id): tell whoever must act, once."""


@dataclass(kw_only=True, slots=True)
class Attendance:
    """What came of one call: whether the lease was got, what was done, and what is left."""

    attended: bool = False
    is_unfinished: bool = False
    retry_after_seconds: float | None = None
    counts: Counter[str] = field(default_factory=Counter)


def attend(
    connection: SyncConnection, *, trigger: str, report: Report, tend: bool = False
) -> Attendance:
    """Do what is due for a connection until nothing is.

    Raises:
        Exception: a bug of ours; what the other side did wrong is written down, not raised.
    """
    seconds = connection.connector.request_timeout_seconds + LEASE_MARGIN_SECONDS
    provenance = Provenance(actor="sync", origin="sync")
    with connection.database.unit_of_work(provenance) as session:
        holder = leases.holder_of(session, connection.name)
        dead = holder if holder is not None and is_gone(holder) else None
        grant = leases.take(session, connection.name, worker_name(), seconds, after=dead)
        if grant is None:
            return Attendance()
        runs.abandon_runs(session, connection.name)
        streams.ensure_all(session, connection.name, list(connection.mappings))
    attendance = Attendance(attended=True)
    holds = True
    try:
        holds = _Attendant(connection, grant, trigger, report, attendance).work(tend=tend)
    except LeaseLost:
        # Another worker took over; whatever was in hand was rolled back.
        attendance.is_unfinished = True
    finally:
        if holds:
            with connection.database.unit_of_work(provenance) as session:
                leases.give_back(session, grant, unless_rung=False)
    return attendance


class _Attendant:
    def __init__(
        self,
        connection: SyncConnection,
        grant: LeaseGrant,
        trigger: str,
        report: Report,
        attendance: Attendance,
    ) -> None:
        self._connection = connection
        self._database = connection.database
        self._grant = grant
        self._trigger = trigger
        self._report = report
        self._attendance = attendance
        self._provenance = Provenance(actor="sync", origin="sync")
        self._until = clock.monotonic() + LONGEST_SECONDS
        self._scans: dict[str, Scan] = {}
        self._failed: set[str] = set()
        self._left: set[str] = set()
        self._schema: dict[str, StreamSchema] = {}
        connection.limiter.hold = self._hold_lease

    def _hold_lease(self) -> None:
        seconds = self._connection.connector.request_timeout_seconds + LEASE_MARGIN_SECONDS
        with self._database.unit_of_work(self._provenance) as session:
            leases.extend(session, self._grant, seconds)

    def work(self, *, tend: bool) -> bool:
        """Go round until nothing is due; whether the lease is still held."""
        if not self._learn_schema():
            return True
        if tend:
            self._step("hook", None, tend_hook)
        while True:
            with self._database.reading() as session:
                pings = leases.waiting_pings(session, self._connection.name)
            if set(pings.values()) - {"hub"}:
                self._pull()
            if (pings or self._left) and self._attendance.retry_after_seconds is None:
                self._push()
            if self._attendance.retry_after_seconds is not None:
                # The pings stay: the work is taken up again a little later.
                self._attendance.is_unfinished = True
                return True
            with self._database.unit_of_work(self._provenance) as session:
                leases.answer_pings(session, pings)
            is_scanning = self._scan()
            if clock.monotonic() > self._until:
                self._attendance.is_unfinished = True
                return True
            if not is_scanning and not self._left and self._is_quiet():
                return False

    def _is_quiet(self) -> bool:
        """Give the lease back unless somebody rang meanwhile."""
        with self._database.unit_of_work(self._provenance) as session:
            return leases.give_back(session, self._grant, unless_rung=True)

    def _learn_schema(self) -> bool:
        with self._database.reading() as session:
            self._schema = schemas.load_schema(session, self._connection.name)
        wanted = {mapping.remote_table for mapping in self._connection.mappings.values()}
        if wanted <= set(self._schema):
            self._connection.connector.use_schema(self._schema)
            return True
        return self._step("schema", None, lambda work: None, discovers=True)

    def _keep_schema(self) -> None:
        fresh = self._connection.connector.schema
        if fresh is self._schema or not fresh:
            return
        self._schema = schemas.keep_firsts(fresh, self._schema)
        self._connection.connector.use_schema(self._schema)
        with self._database.unit_of_work(self._provenance) as session:
            for mapping in self._connection.ordered:
                table = self._schema.get(mapping.remote_table)
                if table is None:
                    schemas.forget_schema(session, self._connection.name, mapping.stream)
                    continue
                schemas.save_schema(session, self._connection.name, mapping.stream, table)
                tell_drift(session, mapping, table)

    def _pull(self) -> None:
        more = True
        while more and clock.monotonic() < self._until:
            more = False

            def take_in(work: Work) -> None:
                nonlocal more
                hook = ensure_hook(work)
                if hook is None:
                    return
                try:
                    more = pull_changes(work, hook)
                except CursorExpired as exc:
                    give_up_hook(work, hook, exc)

            if not self._step("pull", None, take_in):
                return

    def _push(self) -> None:
        self._left.clear()
        for mapping in self._connection.ordered:
            if mapping.stream in self._failed:
                continue

            def send(work: Work, mapping: StreamMapping = mapping) -> None:
                if not push_changes(work, mapping, is_rung=self._is_rung):
                    self._left.add(mapping.stream)

            self._step("push", mapping, send)

    def _scan(self) -> bool:
        """Read one page of the first stream that is due; True when there is more to read."""
        for mapping in self._connection.ordered:
            name = mapping.stream
            if name in self._failed:
                continue
            with self._database.reading() as session:
                state = streams.load(session, self._connection.name, name)
            if state.is_stopped or not (name in self._scans or state.needs_reconcile):
                continue
            kind = "reconcile" if state.backfilled_at else "backfill"

            def read(work: Work, mapping: StreamMapping = mapping) -> None:
                scan = self._scans.get(mapping.stream)
                if scan is None:
                    self._scans[mapping.stream] = scan = begin_scan(work, mapping)
                # A few pages a run, so that people's edits come in between.
                for _ in range(PAGES_A_STEP):
                    scan_page(work, scan)
                    if scan.is_done or self._is_rung():
                        break
                if scan.is_done:
                    del self._scans[mapping.stream]

            if not self._step(kind, mapping, read, priority=Priority.BACKFILL):
                self._scans.pop(name, None)
                continue
            if name not in self._scans:
                # What the read left to do here is done before the next table is read.
                self._push()
            return True
        return False

    def _is_rung(self) -> bool:
        with self._database.reading() as session:
            return bool(leases.waiting_pings(session, self._connection.name))

    def _step(
        self,
        kind: str,
        mapping: StreamMapping | None,
        act: Callable[[Work], None],
        *,
        priority: Priority = Priority.PERSON,
        discovers: bool = False,
    ) -> bool:
        """One run; False when it failed and was written down."""
        stream = mapping.stream if mapping else None
        with self._run(kind, stream, priority) as work:
            try:
                if discovers:
                    work.schema = self._connection.connector.discover(priority)
                act(work)
                self._keep_schema()
            except LeaseLost:
                raise
            except HubError as exc:
                self._note_failure(work, stream, exc)
                return False
            except OperationalError as exc:
                # A deadlock, a lost connection: the transaction was rolled back, nothing is lost.
                error = StoreUnavailable("The central Postgres broke off; it is tried again.")
                error.__cause__ = exc
                self._note_failure(work, stream, error)
                return False
            except Exception as exc:
                if self._is_news(work, stream, exc):
                    raise
                return False
        return True

    @contextmanager
    def _run(self, kind: str, stream: str | None, priority: Priority) -> Iterator[Work]:
        connection = self._connection
        requests_before = connection.connector.requests_made
        with self._database.unit_of_work(self._provenance) as session:
            run_id = runs.start_run(session, connection.name, stream, kind, self._trigger)
        work = Work(
            connection=connection,
            grant=self._grant,
            run_id=run_id,
            kind=kind,
            schema=self._schema,
            priority=priority,
        )
        status: str = "failed"
        code: str | None = "INTERNAL"
        message: str | None = "An error of the hub; Sentry and the log have it."
        try:
            yield work
            status, code, message = _result(work)
        except LeaseLost as exc:
            status, code, message = "stopped", exc.code, exc.message
            raise
        finally:
            counts = {name: count for name, count in work.counts.items() if count}
            self._attendance.counts.update(counts)
            with self._database.unit_of_work(self._provenance) as session:
                if status == "succeeded" and not counts:
                    runs.drop_run(session, run_id)
                else:
                    runs.finish_run(
                        session,
                        run_id,
                        status=status,
                        counts=counts,
                        requests=connection.connector.requests_made - requests_before,
                        error_code=code,
                        error_message=message,
                    )

    def _is_news(self, work: Work, stream: str | None, exc: Exception) -> bool:
        """Write a bug down; True the first time, when Sentry must hear of it."""
        bug = HubError(
            f"[{self._connection.name}] {work.kind} {stream or 'all streams'}: an error of the hub "
            f"({type(exc).__name__}). Sentry and the log have it; the work is tried again."
        )
        work.failure = bug
        self._attendance.retry_after_seconds = BUG_PAUSE_SECONDS
        if stream is not None:
            self._failed.add(stream)
        with self._database.unit_of_work(self._provenance) as session:
            streams.note_failure(
                session,
                self._connection.name,
                stream,
                part=work.kind,
                code=bug.code,
                message=bug.message,
            )
            return runs.raise_alert(
                session,
                f"bug:{self._connection.name}:{stream or '*'}:{type(exc).__name__}",
                severity="error",
                title=bug.message,
                next_step="Report it with the run's id; the other streams go on.",
                connection=self._connection.name,
                stream=stream,
            )

    def _note_failure(self, work: Work, stream: str | None, exc: HubError) -> None:
        work.failure = exc
        connection = self._connection.name
        if stream is not None:
            self._failed.add(stream)
        with self._database.unit_of_work(self._provenance) as session:
            streams.note_failure(
                session,
                connection,
                stream,
                part=work.kind,
                code=exc.code,
                message=exc.message,
            )
            if exc.retryable:
                wait = exc.retry_after_seconds if isinstance(exc, RateLimited) else 2.0
                self._attendance.retry_after_seconds = wait
                return
            is_new = runs.raise_alert(
                session,
                f"{exc.code}:{connection}:{stream or '*'}",
                severity="error",
                title=exc.message,
                next_step=_NEXT_STEPS.get(exc.code, "See the message; the hub tries again."),
                connection=connection,
                stream=stream,
            )
            if isinstance(exc, RemoteMissing) and stream is not None:
                streams.change(session, connection, stream, needs_reconcile=True)
        if is_new:
            self._report(exc, connection, stream, work.run_id)


PAGES_A_STEP = 10
BUG_PAUSE_SECONDS = 60.0
_NEXT_STEPS = {
    "PERMISSION": "Set a valid token with access to the base, then restart the worker.",
    "QUOTA_EXCEEDED": "Raise the plan or wait for the new month, then resume the stream.",
    "REMOTE_MISSING": "Restore it at the other side, or correct hub.toml. No row was touched.",
    "CONFIG": "Correct hub.toml, then restart the worker.",
}


def _result(work: Work) -> tuple[str, str | None, str | None]:
    if work.failure is not None:
        return "failed", work.failure.code, work.failure.message
    return "succeeded", None, None
