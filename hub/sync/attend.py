"""Who does what when something rings: one worker, one lease, one step after another?

Pull, push and complete reads of a connection run under its lease, so that no page that was read
before a write is applied after it. Whoever finds the lease taken leaves: the holder answers every
ping that came before it gives the lease back.
"""

from __future__ import annotations

from sqlmodel import Session

from hub import clock
from hub.contract import Priority
from hub.core.budget import Level
from hub.core.mapping import StreamMapping
from hub.errors import CursorExpired, LeaseLost
from hub.store import leases, paces, runs, streams
from hub.store.database import Provenance
from hub.store.leases import LeaseGrant
from hub.sync.attendance import Attendance, Report
from hub.sync.backfill import Scan, begin_scan, scan_page
from hub.sync.connection import LEASE_MARGIN_SECONDS, SyncConnection, Work
from hub.sync.failures import Failures
from hub.sync.holder import is_gone, worker_name
from hub.sync.hooks import ensure_hook, give_up_hook, tend_hook
from hub.sync.people import serve_people
from hub.sync.pull import pull_changes
from hub.sync.push import LeftPushes, push_changes
from hub.sync.steps import Steps

__all__ = ["Attendance", "Report", "attend"]

LONGEST_SECONDS = 240.0
"""After so long the worker hands over, so that no job runs for ever."""
PAGES_A_STEP = 10
PUT_OFF_SECONDS = 0.1
"""Between two looks at rows that change again and again."""


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
        pace = paces.pace_of(session, connection.name)
        if pace is not None and pace.is_held:
            # No call is made and no ping is answered: all of it is taken up later.
            return Attendance(held_because=pace.reason)
        grant = leases.take(session, connection.name, worker_name(), seconds, after=dead)
        if grant is None:
            return Attendance()
        runs.abandon_runs(session, connection.name)
        if streams.ensure_all(
            session, connection.name, list(connection.mappings), connection.place
        ):
            _tell_moved(session, connection)
    attendance = Attendance(attended=True)
    holds = True
    try:
        holds = _Attendant(
            connection, grant, trigger, report, attendance, may_scan=may_scan_again(pace)
        ).work(tend=tend)
    except LeaseLost:
        # Another worker took over; whatever was in hand was rolled back.
        attendance.is_unfinished = True
    finally:
        if holds:
            with connection.database.unit_of_work(provenance) as session:
                leases.give_back(session, grant, unless_rung=False)
    return attendance


def _tell_moved(session: Session, connection: SyncConnection) -> None:
    runs.raise_alert(
        session,
        f"moved:{connection.name}",
        severity="error",
        title=f"{connection.name} points at {connection.place} now: its streams wait.",
        next_step=(
            "If it is a copy of the base, point hub.toml back. If it shall be so, look at"
            " `hub sync preview` and let each stream go on with `hub sync resume`."
        ),
        connection=connection.name,
    )


def may_scan_again(pace: paces.Pace | None) -> bool:
    """Whether the budget lets tables be read that were read completely before."""
    return pace is None or pace.level not in {Level.COLLECTED, Level.SCARCE}


class _Attendant:
    def __init__(
        self,
        connection: SyncConnection,
        grant: LeaseGrant,
        trigger: str,
        report: Report,
        attendance: Attendance,
        *,
        may_scan: bool,
    ) -> None:
        self._may_scan_again = may_scan
        self._connection = connection
        self._database = connection.database
        self._grant = grant
        self._attendance = attendance
        failures = Failures(connection, attendance, report)
        self._steps = Steps(connection, grant, trigger, attendance, failures)
        self._failures = failures
        self._provenance = Provenance(actor="sync", origin="sync")
        self._until = clock.monotonic() + LONGEST_SECONDS
        self._scans: dict[str, Scan] = {}
        self._left: set[str] = set()
        self._has_put_off = False
        self._left_pushes: LeftPushes = {}
        connection.limiter.hold = self._hold_lease

    def _hold_lease(self) -> None:
        seconds = self._connection.connector.request_timeout_seconds + LEASE_MARGIN_SECONDS
        with self._database.unit_of_work(self._provenance) as session:
            leases.extend(session, self._grant, seconds)
            self._steps.note_calls(session)

    def work(self, *, tend: bool) -> bool:
        """Go round until nothing is due; whether the lease is still held."""
        if not self._steps.learn_schema():
            return True
        if tend:
            self._steps.run("hook", None, tend_hook)
        while True:
            with self._database.reading() as session:
                pings = leases.waiting_pings(session, self._connection.name)
            if "person" in pings.values():
                self._steps.learn_pauses()
            if set(pings.values()) - {"hub"}:
                self._pull()
            if (pings or self._left) and self._attendance.retry_after_seconds is None:
                self._push()
            if self._attendance.retry_after_seconds is None:
                serve_people(self._connection, self._steps, pings)
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
            if self._has_put_off:
                # A ping waits for the rows that were put off; nobody else has to wait for long.
                clock.sleep(PUT_OFF_SECONDS)

    def _is_quiet(self) -> bool:
        """Give the lease back unless somebody rang meanwhile.

        Raises:
            LeaseLost: another worker took over.
        """
        with self._database.unit_of_work(self._provenance) as session:
            if leases.give_back(session, self._grant, unless_rung=True):
                return True
            # Either somebody rang, or another worker has the lease by now: then this is the end.
            leases.check(session, self._grant)
            return False

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

            if not self._steps.run("pull", None, take_in):
                return

    def _push(self) -> None:
        self._left.clear()
        self._has_put_off = False
        for mapping in self._connection.ordered:
            if mapping.stream in self._failures.failed:
                continue

            def send(work: Work, mapping: StreamMapping = mapping) -> None:
                if not push_changes(
                    work, mapping, is_rung=self._must_make_way, left=self._left_pushes
                ):
                    self._left.add(mapping.stream)
                self._has_put_off = self._has_put_off or work.has_put_off

            self._steps.run("push", mapping, send)
            if self._failures.is_over:
                return

    def _scan(self) -> bool:
        """Read one page of the first stream that is due; True when there is more to read."""
        for mapping in self._connection.ordered:
            name = mapping.stream
            if name in self._failures.failed:
                continue
            with self._database.reading() as session:
                state = streams.load(session, self._connection.name, name)
            if state.is_stopped or not (name in self._scans or state.needs_reconcile):
                continue
            if state.backfilled_at is not None and not self._may_scan_again:
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

            if not self._steps.run(kind, mapping, read, priority=Priority.BACKFILL):
                self._scans.pop(name, None)
                if self._failures.is_over:
                    return False
                continue
            if name not in self._scans:
                # What the read left to do here is done before the next table is read.
                self._push()
            return True
        return False

    def _must_make_way(self) -> bool:
        """Whether a long push stops between two pages: somebody waits, or it has been long."""
        return clock.monotonic() > self._until or self._is_rung()

    def _is_rung(self) -> bool:
        with self._database.reading() as session:
            return bool(leases.waiting_pings(session, self._connection.name))
