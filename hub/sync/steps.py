"""How is one piece of the work run, and what is written down about it?

A run is begun before the work and ended after it, whatever came of it; one that found nothing to
do is forgotten again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from hub.contract import Priority
from hub.core.mapping import StreamMapping
from hub.core.records import StreamSchema
from hub.errors import HubError, LeaseLost, StoreUnavailable
from hub.store import ledger, pauses, runs, schemas
from hub.store.database import Provenance
from hub.store.leases import LeaseGrant
from hub.sync.attendance import Attendance
from hub.sync.connection import SyncConnection, Work
from hub.sync.drift import take_schema
from hub.sync.failures import Failures
from hub.sync.meter import KEPT_BACK, Meter


class Steps:
    """Runs the pieces of one visit's work under its lease."""

    def __init__(
        self,
        connection: SyncConnection,
        grant: LeaseGrant,
        trigger: str,
        attendance: Attendance,
        failures: Failures,
    ) -> None:
        self._connection = connection
        self._database = connection.database
        self._grant = grant
        self._trigger = trigger
        self._attendance = attendance
        self._failures = failures
        self._provenance = Provenance(actor="sync", origin="sync")
        self._schema: Mapping[str, StreamSchema] = {}
        self._meter: Meter | None = None

    def run(
        self,
        kind: str,
        mapping: StreamMapping | None,
        act: Callable[[Work], None],
        *,
        priority: Priority = Priority.PERSON,
        discovers: bool = False,
    ) -> bool:
        """One run; False when it failed and was written down.

        Raises:
            LeaseLost: another worker took over.
            Exception: a bug of ours, the first time it is seen.
        """
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
                # What was learnt of the schema stays learnt: the next attempt goes by it.
                self._keep_schema()
                self._failures.note(work, stream, exc)
                return False
            except OperationalError as exc:
                # A deadlock, a lost connection: the transaction was rolled back, nothing is lost.
                error = StoreUnavailable("The central Postgres broke off; it is tried again.")
                error.__cause__ = exc
                self._failures.note(work, stream, error)
                return False
            except Exception as exc:
                if self._failures.note_bug(work, stream, exc):
                    raise
                return False
        return True

    def note_calls(self, session: Session) -> None:
        """Write calls down in a transaction that is open anyway, once some have come together."""
        if self._meter is not None and self._meter.waiting >= KEPT_BACK:
            ledger.note_calls(session, self._connection.name, self._meter.take())

    def learn_schema(self) -> bool:
        """Take the schema that was seen last, or read it where a table is not in it."""
        with self._database.reading() as session:
            self._schema = schemas.load_schema(session, self._connection.name)
            self._paused = pauses.paused_fields(session, self._connection.name)
        wanted = {mapping.remote_table for mapping in self._connection.mappings.values()}
        if wanted <= set(self._schema):
            self._connection.connector.use_schema(self._schema)
            return True
        return self.run("schema", None, lambda work: None, discovers=True)

    def learn_pauses(self) -> None:
        """A person may have paused a field, or let it go on."""
        with self._database.reading() as session:
            self._paused = pauses.paused_fields(session, self._connection.name)

    def _keep_schema(self) -> None:
        fresh = self._connection.connector.schema
        if fresh is self._schema or not fresh:
            return
        fresh = schemas.keep_firsts(fresh, self._schema)
        with self._database.unit_of_work(self._provenance) as session:
            self._schema = take_schema(session, self._connection, self._schema, fresh)
        self._connection.connector.use_schema(self._schema)

    @contextmanager
    def _run(self, kind: str, stream: str | None, priority: Priority) -> Iterator[Work]:
        connection = self._connection
        requests_before = connection.connector.requests_made
        self._meter = meter = Meter(connection, kind, stream)
        with self._database.unit_of_work(self._provenance) as session:
            run_id = runs.start_run(session, connection.name, stream, kind, self._trigger)
        work = Work(
            connection=connection,
            grant=self._grant,
            run_id=run_id,
            kind=kind,
            schema=self._schema,
            priority=priority,
            paused=self._paused,
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
            spent = meter.take()
            with self._database.unit_of_work(self._provenance) as session:
                if spent:
                    ledger.note_calls(session, connection.name, spent)
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


def _result(work: Work) -> tuple[str, str | None, str | None]:
    if work.failure is not None:
        return "failed", work.failure.code, work.failure.message
    return "succeeded", None, None
