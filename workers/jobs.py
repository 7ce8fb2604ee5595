"""What does each RQ job do? Ids in, the use case called, nothing returned.

Every job is safe to run twice and safe to kill anywhere: what must happen is in Postgres, and the
scheduler's sweep finds whatever a lost job left undone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from hub import clock, monitoring
from hub.errors import HubError
from hub.queue import JobQueue
from hub.store.database import Database, Provenance
from hub.sync.connection import SyncConnection

if TYPE_CHECKING:
    from hub.sync.ingest_stream import IngestStream
from workers import queues

log = structlog.get_logger(__name__)

KEPT_CALLS = timedelta(days=400)
"""The ledger shows the same month of the year before."""


class Wired(Protocol):
    """What the jobs need of the process that runs them."""

    @property
    def database(self) -> Database:
        """The central Postgres."""

    @property
    def queue(self) -> JobQueue:
        """The way to the workers."""

    def sync_connection(self, name: str) -> SyncConnection:
        """The engine's view of a connection."""

    def ingest_stream(self, connection: str, stream: str) -> IngestStream:
        """A stream of a source as the engine reads it."""

    def requests_per_second(self, name: str) -> float:
        """How fast the connection may be asked."""


_wired: Wired | None = None


def bind(wired: Wired) -> None:
    """Give the jobs what they work with; called before RQ forks."""
    global _wired
    _wired = wired


def _wiring() -> Wired:
    if _wired is None:
        raise RuntimeError("workers.jobs is not bound; start the worker with `hub worker`")
    return _wired


def pull(connection: str) -> None:
    """Take in changes: the connection's hook rang."""
    _attend(connection, trigger="hook")


def push(connection: str) -> None:
    """Send changes: rows of the hub changed."""
    _attend(connection, trigger="change")


def resume(connection: str) -> None:
    """Go on where a worker stopped or failed."""
    _attend(connection, trigger="resume")


def read_all(connection: str) -> None:
    """Read the streams completely that are due for it."""
    _attend(connection, trigger="schedule")


def tend_hook(connection: str) -> None:
    """See that the connection's hook lives, and refresh it in time."""
    _attend(connection, trigger="schedule", tend=True)


def _attend(connection: str, *, trigger: str, tend: bool = False) -> None:
    from hub.sync.attend import attend

    wiring = _wiring()
    with monitoring.tags(connection=connection):
        try:
            attendance = attend(
                wiring.sync_connection(connection), trigger=trigger, report=_report, tend=tend
            )
        except OperationalError:
            # The work stands in Postgres and is swept up when that answers again.
            log.warning("the central Postgres does not answer; the work is taken up later")
            return
        log.info(
            "attended" if attendance.attended else "somebody else is at it",
            trigger=trigger,
            **attendance.counts,
        )
    if attendance.is_unfinished and attendance.retry_after_seconds is None:
        wiring.queue.enqueue(
            queues.RESUME, connection, description=f"{connection}: go on with the work"
        )


def preview(preview_id: str) -> None:
    """Run dry what a person asked for."""
    from hub.store import previews
    from hub.sync.previews import look

    wiring = _wiring()
    with wiring.database.reading() as session:
        asked = previews.load_preview(session, UUID(preview_id))
    with monitoring.tags(connection=asked.connection, stream=asked.stream):
        look(
            wiring.sync_connection(asked.connection),
            asked.id,
            requests_per_second=wiring.requests_per_second(asked.connection),
        )


def ingest(connection: str, stream: str) -> None:
    """Read a stream of a source on from where it stands."""
    from hub.sync.ingest import ingest as read

    wiring = _wiring()
    with monitoring.tags(connection=connection, stream=stream):
        try:
            done = read(
                wiring.database, wiring.ingest_stream(connection, stream), trigger="schedule"
            )
        except OperationalError:
            # Where to read on stands in Postgres; the stream is due again.
            log.warning("the central Postgres does not answer; the read is taken up later")
            return
        except HubError as error:
            log.error("cannot be read", code=error.code, reason=error.message)
            monitoring.report_stopped(error)
            return
        log.info(
            "read" if done.attended else "somebody else reads it",
            seconds=round(done.seconds, 3),
            requests=done.requests,
            **(done.counts or {}),
        )
        if done.error is not None and done.run_id is not None:
            if done.tell:
                _report(done.error, connection, stream, done.run_id)
            else:
                log.warning("read later", code=done.error.code, reason=done.error.message)


def _report(error: HubError, connection: str, stream: str | None, run_id: UUID) -> None:
    """Sentry hears once of a stream that needs a person."""
    with monitoring.tags(connection=connection, stream=stream, run_id=run_id):
        log.error("needs a person", code=error.code, reason=error.message)
        monitoring.report_stopped(error)


def tidy() -> None:
    """Keep the stores small and the change log's partitions ahead."""
    from hub.store import intents, ledger, previews, upkeep

    wiring = _wiring()
    with wiring.database.unit_of_work(Provenance(actor="tidy", origin="tidy")) as session:
        upkeep.ensure_change_partitions(session, months_ahead=2)
        upkeep.forget_idle_runs(session, days=30)
        ledger.forget_calls(session, before=clock.now().date() - KEPT_CALLS)
        previews.forget_previews(session, days=30)
        # Payloads live for seven days; a stream that was down for long may still read them.
        intents.close_rested(session, None, minutes=8 * 24 * 60)
        intents.forget_old(session, days=8)
        for failing in upkeep.long_failing(session, minutes=5):
            log.error(
                "fails for long",
                connection=failing.connection,
                stream=failing.stream,
                reason=failing.message,
            )
            with monitoring.tags(connection=failing.connection, stream=failing.stream):
                monitoring.report_stopped(HubError(failing.message))
