"""Which streams of sources are due, and who is asked to read them?

When a stream is due next stands in Postgres, so that a start begins where the last one ended; the
scheduler that holds the lock is the only one that asks, however many hosts run one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

import structlog

from hub import clock
from hub.config import Connection
from hub.core.schedule import Schedule, next_due
from hub.errors import StoreUnavailable
from hub.queue import JobQueue
from hub.store import source_states
from hub.store.database import Database, Provenance
from hub.store.source_states import SourceStanding
from hub.sync.ingest_config import schedule_of
from workers import queues

log = structlog.get_logger(__name__)

LOST_AFTER = timedelta(minutes=10)
"""A job that waits for so long was lost with its queue."""
_SCHEDULER = Provenance(actor="scheduler", origin="scheduler")
Name = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSchedules:
    """The regular reads of all sources."""

    database: Database
    queue: JobQueue
    schedules: Mapping[Name, Schedule]
    queues: Mapping[str, str]

    @classmethod
    def of(cls, database: Database, queue: JobQueue, connections: Mapping[str, Connection]) -> Self:
        """The schedules that hub.toml asks for."""
        return cls(
            database=database,
            queue=queue,
            schedules={
                (connection.name, name): schedule_of(entry)
                for connection in connections.values()
                for name, entry in connection.sources.items()
            },
            queues={c.name: c.queue for c in connections.values() if c.queue is not None},
        )

    def settle(self) -> None:
        """Plan what hub.toml asks for; what is planned already keeps its time, unless that is late.

        A stream that was never read is due at once.
        """
        now = clock.now()
        with self.database.unit_of_work(_SCHEDULER) as session:
            source_states.plan(session, {name: self._next(name, now) for name in self.schedules})

    def enqueue_due(self) -> None:
        """Ask workers to read what is due, each once."""
        if not self.schedules:
            return
        with self.database.reading() as session:
            found = source_states.due_now(session)
        due = [item for item in found if (item.connection, item.stream) in self.schedules]
        if not due:
            return
        now = clock.now()
        # First asked, then noted: who is killed in between asks twice, and nothing is read twice.
        asked = {
            (item.connection, item.stream)
            for item in due
            if not _waits(item, now) and self._enqueue(item.connection, item.stream)
        }
        names = [(item.connection, item.stream) for item in due]
        with self.database.unit_of_work(_SCHEDULER) as session:
            source_states.note_enqueued(
                session, {name: self._next(name, now) for name in names}, asked=asked
            )

    def _next(self, name: Name, after: datetime) -> datetime:
        return next_due(self.schedules[name], ".".join(name), after)

    def _enqueue(self, connection: str, stream: str) -> bool:
        kind = queues.INGEST
        if connection in self.queues:
            kind = replace(kind, queue=self.queues[connection])
        try:
            self.queue.enqueue(kind, connection, stream, description=f"{connection}: read {stream}")
        except StoreUnavailable as exc:
            # It is due again at its next time; what is new is read then.
            log.warning("not enqueued", reason=exc.message)
            return False
        return True


def _waits(item: SourceStanding, now: datetime) -> bool:
    """Whether the job of an earlier time still waits for a worker."""
    if item.enqueued_at is None or now - item.enqueued_at > LOST_AFTER:
        return False
    return item.begun_at is None or item.begun_at < item.enqueued_at
