"""What is written down when a piece of the work fails, and who hears of it?"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from hub import clock
from hub.core.forecast import end_of_month
from hub.errors import HubError, QuotaExceeded, RateLimited, RemoteMissing
from hub.store import paces, runs, streams
from hub.store.database import Provenance
from hub.sync.attendance import Attendance, Report
from hub.sync.connection import SyncConnection, Work

BUG_PAUSE_SECONDS = 60.0
RETRY_SECONDS = 2.0
TRY_AGAIN = timedelta(days=1)
_NEXT_STEPS = {
    "PERMISSION": "Set a valid token with access to the base, then restart the worker.",
    "QUOTA_EXCEEDED": (
        "Nothing is lost. Wait for the new month, or raise the plan and let it go on at once: "
        "hub quota resume CONNECTION"
    ),
    "REMOTE_MISSING": "Restore it at the other side, or correct hub.toml. No row was touched.",
    "CONFIG": "Correct hub.toml, then restart the worker.",
}


class Failures:
    """The failures of one visit: each is noted, each that needs a person is told once."""

    def __init__(self, connection: SyncConnection, attendance: Attendance, report: Report) -> None:
        self._connection = connection
        self._attendance = attendance
        self._report = report
        self._provenance = Provenance(actor="sync", origin="sync")
        self.failed: set[str] = set()
        """Streams that are left alone for the rest of the visit."""
        self.is_over = False
        """Whether no further call makes sense in this visit."""

    def note(self, work: Work, stream: str | None, exc: HubError) -> None:
        """What the other side, the database or the configuration did wrong."""
        work.failure = exc
        connection = self._connection.name
        if stream is not None:
            self.failed.add(stream)
        with self._connection.database.unit_of_work(self._provenance) as session:
            streams.note_failure(
                session,
                connection,
                stream,
                part=work.kind,
                code=exc.code,
                message=exc.message,
            )
            if exc.retryable:
                wait = exc.retry_after_seconds if isinstance(exc, RateLimited) else RETRY_SECONDS
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
            if isinstance(exc, QuotaExceeded):
                self._hold(session, exc)
            if isinstance(exc, RemoteMissing) and stream is not None:
                streams.change(session, connection, stream, needs_reconcile=True)
        if is_new:
            self._report(exc, connection, stream, work.run_id)

    def _hold(self, session: Session, exc: QuotaExceeded) -> None:
        """Spend nothing more; a call a day, and one at the month's turn, tries whether it is over.

        The pings stay, so that everything goes on where it stopped.
        """
        now = clock.now()
        until = min(end_of_month(now), now + TRY_AGAIN)
        paces.refuse(session, self._connection.name, exc.message, until)
        self._attendance.retry_after_seconds = (until - now).total_seconds()
        self.is_over = True

    def note_bug(self, work: Work, stream: str | None, exc: Exception) -> bool:
        """Write a bug down; True the first time, when Sentry must hear of it."""
        bug = HubError(
            f"[{self._connection.name}] {work.kind} {stream or 'all streams'}: an error of the hub "
            f"({type(exc).__name__}). Sentry and the log have it; the work is tried again."
        )
        work.failure = bug
        self._attendance.retry_after_seconds = BUG_PAUSE_SECONDS
        if stream is not None:
            self.failed.add(stream)
        with self._connection.database.unit_of_work(self._provenance) as session:
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
