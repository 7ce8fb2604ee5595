"""How does what a source says become rows of the hub?

One transaction a page: its rows, what did not fit, and where to read on. A worker that is killed
anywhere leaves whole pages behind, and the next one reads on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
from sqlalchemy import Connection, text
from sqlmodel import Session

from hub.contract import Priority, SourcePage
from hub.core import guard, retry
from hub.core.page_mapping import MappedPage, Names
from hub.core.records import State
from hub.core.retry import ErrorClass
from hub.errors import ConfigError, HubError
from hub.store import letters, names, runs, source_states
from hub.store.database import Database, Provenance, set_provenance
from hub.sync.ahead import ahead
from hub.sync.ingest_page import PageWriter, Tally
from hub.sync.ingest_stream import IngestStream
from hub.sync.ingest_target import Target, prepare_target

DELETE_GONE = "delete_gone"
KIND = "ingest"
MOST_LISTED = 50_000
Progress = Callable[[Tally, str], None]
"""Called after each page with what was done, and where the page came from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingestion:
    """What a read of one stream did. Not attended: somebody else is at it."""

    attended: bool
    run_id: UUID | None = None
    counts: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    error: HubError | None = None
    error_class: ErrorClass | None = None
    tell: bool = False


def ingest(
    database: Database,
    stream: IngestStream,
    *,
    trigger: str,
    anew: bool = False,
    priority: Priority = Priority.ROUTINE,
    progress: Progress | None = None,
) -> Ingestion:
    """Read a stream on from where it stands (`anew`: from the beginning) and store what it says.

    An error of the source is written down and returned; only a bug is raised.
    """
    began = time.monotonic()
    # Arrow's own allocator keeps what it once had; pages come and go.
    pa.set_memory_pool(pa.system_memory_pool())
    with database.engine.connect() as connection, alone(connection, stream) as is_alone:
        if not is_alone:
            return Ingestion(attended=False)
        run = IngestRun(connection, stream, trigger=trigger, priority=priority, progress=progress)
        return run.go(anew=anew, began=began)


@contextmanager
def alone(connection: Connection, stream: IngestStream) -> Iterator[bool]:
    """Whether nobody else reads this stream, on whichever host; the lock dies with its holder."""
    key = {"name": f"hub:ingest:{stream.title}"}
    lock = text("select pg_try_advisory_lock(hashtextextended(:name, 0))")
    got = bool(connection.execute(lock, key).scalar_one())
    connection.commit()
    try:
        yield got
    finally:
        if got and not connection.closed and not connection.invalidated:
            connection.rollback()
            unlock = text("select pg_advisory_unlock(hashtextextended(:name, 0))")
            connection.execute(unlock, key)
            connection.commit()


class IngestRun:
    """One run on one connection, by whoever holds the stream's lock."""

    def __init__(
        self,
        connection: Connection,
        stream: IngestStream,
        *,
        trigger: str,
        priority: Priority = Priority.ROUTINE,
        progress: Progress | None = None,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._trigger = trigger
        self._priority = priority
        self._progress = progress
        self.tally = Tally()
        self._names = (stream.connection, stream.name)
        self._run_id: UUID | None = None
        self._requests_before = stream.source.requests_made

    def go(self, *, anew: bool, began: float) -> Ingestion:
        """Read to the end, or to the first error."""
        error: HubError | None = None
        decision = None
        self.begin()
        try:
            self._read(anew=anew)
        except HubError as exc:
            error = exc
            decision = self._failed(exc)
        except BaseException as exc:
            if not self._connection.invalidated:
                self._failed(exc)
            raise
        else:
            self._ended()
        return Ingestion(
            attended=True,
            run_id=self._run_id,
            counts=self.tally.counts(),
            notes=tuple(self.tally.notes),
            requests=self._requests,
            seconds=time.monotonic() - began,
            error=error,
            error_class=decision.error_class if decision else None,
            tell=bool(decision and decision.tell),
        )

    def begin(self) -> None:
        """Write down that it runs."""
        with self.transaction() as session:
            stop_dead_runs(session, self._stream)
            self._run_id = runs.start_run(session, *self._names, KIND, self._trigger)

    def open(self, *, remembers: bool | None = None, resumes: bool = False) -> PageWriter:
        """Prepare the target and this connection for pages."""
        target = prepare_target(self.transaction, self._stream)
        with self.transaction() as session:
            target.open(session)
            remembers = target.tells_gone and not resumes if remembers is None else remembers
            return self._writer(session, target, remembers=remembers)

    def close(self, writer: PageWriter) -> None:
        """Leave nothing behind in this connection."""
        if not self._connection.invalidated:
            with self.transaction() as session:
                writer.target.close(session)

    @property
    def _requests(self) -> int:
        return self._stream.source.requests_made - self._requests_before

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction whose changes are this run's."""
        provenance = Provenance(actor=self._stream.title, origin=KIND, run_id=self._run_id)
        with (
            Session(bind=self._connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            set_provenance(session, provenance)
            yield session

    def _read(self, *, anew: bool) -> None:
        with self.transaction() as session:
            standing = source_states.standing(session, *self._names)
            from_nothing = (
                anew
                or standing.needs_complete
                # A source that cannot say where it stands begins again by itself.
                or not standing.state
                or self._is_full_read_due(session)
            )
        resumes = standing.is_midway and not from_nothing
        writer = self.open(resumes=resumes)
        if resumes and writer.target.restarts:
            # What tells such rows apart is counted from the first page on.
            from_nothing, resumes, writer.remembers = True, False, writer.target.tells_gone
        try:
            if from_nothing and writer.target.adds_only:
                self._begin_empty(writer, was_read=standing.read_at is not None)
            with self.transaction() as session:
                source_states.note_begun(session, *self._names, from_nothing=from_nothing)
            state: State | None = None if from_nothing else standing.state
            was_complete = False
            pages = self._stream.source.read(self._stream.read, state, self._priority)
            with ahead((page, writer.mapped(page)) for page in pages) as ready:
                for page, mapped in ready:
                    self._store(writer, page, mapped)
                    was_complete = page.is_complete
            with self.transaction() as session:
                self._finish(session, writer, was_complete=was_complete, resumes=resumes)
        finally:
            self.close(writer)

    def _begin_empty(self, writer: PageWriter, *, was_read: bool) -> None:
        """Rows without a key are added once: everything again would stand there twice."""
        with self.transaction() as session:
            if not writer.target.has_rows(session):
                return
            if was_read:
                raise ConfigError(
                    f"[{self._stream.title}] everything would be read again, and rows without a "
                    "key that are only added would stand there twice. Name their `key` in "
                    "hub.toml, or drop the dataset first."
                )
            writer.target.empty(session)

    def _finish(
        self, session: Session, writer: PageWriter, *, was_complete: bool, resumes: bool
    ) -> None:
        if was_complete and writer.remembers:
            self._bury_gone(session, writer.target)
        if was_complete and not resumes:
            letters.close_not_met(session, *self._names, writer.run_id)
        source_states.note_read(
            session,
            *self._names,
            was_complete=was_complete and not resumes,
            needs_complete=resumes and writer.target.tells_gone,
        )

    def _is_full_read_due(self, session: Session) -> bool:
        every = self._stream.full_every_seconds
        if every is None:
            return False
        is_due = text(
            "select completed_at is null or completed_at < clock_timestamp()"
            " - make_interval(secs => :every) from hub.source_state"
            " where connection = :connection and stream = :stream"
        )
        connection, name = self._names
        values = {"every": every, "connection": connection, "stream": name}
        return bool(session.execute(is_due, values).scalar_one_or_none())

    def _writer(self, session: Session, target: Target, *, remembers: bool) -> PageWriter:
        assert self._run_id is not None  # noqa: S101  # it was started
        known: dict[str, Names] = {}
        for column in target.mapping.columns:
            if column.lookup is not None:
                known[column.name] = names.load_names(session, column.lookup)
                self.tally.settled += names.settle_parked(
                    session, *self._names, self._stream.target, column.name, known[column.name]
                )
        return PageWriter(
            connection=self._stream.connection,
            stream=self._stream.name,
            run_id=self._run_id,
            target=target,
            names=known,
            open_keys=letters.open_keys(session, *self._names),
            tally=self.tally,
            remembers=remembers,
        )

    def _store(self, writer: PageWriter, page: SourcePage, mapped: MappedPage | None) -> None:
        with self.transaction() as session:
            writer.write(session, page, mapped)
            source_states.save_page(session, *self._names, page.state, is_midway=not page.is_last)
        if self._progress is not None:
            self._progress(self.tally, page.place)

    def _bury_gone(self, session: Session, target: Target) -> None:
        """Tombstone what a complete read did not show, unless that is more than is allowed."""
        gone, living = target.gone(session)
        if not gone:
            return
        approved = runs.decided_items(session, *self._names, DELETE_GONE, "approved")
        refused = runs.decided_items(session, *self._names, DELETE_GONE, "refused")
        only: list[str] | None = None
        if approved or refused:
            listed = target.gone_ids(session, MOST_LISTED)
            only = [item for item in listed if item not in refused]
            gone = sum(item not in approved for item in only)
        why = guard.exceeds(self._stream.guard, affected=gone, total=living)
        if why is None:
            self.tally.deleted += target.bury(session, only)
            runs.close_alert(session, f"guard:{self._stream.title}")
            return
        if approved and only is not None:
            self.tally.deleted += target.bury(session, [i for i in only if i in approved])
            runs.mark_applied(session, *self._names, DELETE_GONE)
        self._ask(session, target, why)

    def _ask(self, session: Session, target: Target, why: str) -> None:
        reason = f"would delete rows of the hub: {why}"
        items = target.gone_ids(session, MOST_LISTED)
        approval = runs.ask_approval(session, *self._names, DELETE_GONE, items, reason)
        runs.raise_alert(
            session,
            f"guard:{self._stream.title}",
            severity="error",
            title=f"{self._stream.title} {reason}.",
            next_step=(
                f"`hub sync approve {approval}` lets the next complete read delete them, "
                f"`hub sync refuse {approval}` keeps them. Nothing was deleted."
            ),
            connection=self._stream.connection,
            stream=self._stream.name,
        )
        self.tally.notes[f"{reason}: a person is asked, nothing was deleted"] = None

    def end(self) -> None:
        """Write down that it ended well."""
        self._ended()

    def _ended(self) -> None:
        assert self._run_id is not None  # noqa: S101  # it was started
        counts = self.tally.counts()
        with self.transaction() as session:
            runs.close_alert(session, f"source:{self._stream.title}")
            if self._trigger == "schedule" and not self.tally.rows and len(counts) <= 1:
                runs.drop_run(session, self._run_id)
                return
            runs.finish_run(
                session, self._run_id, status="succeeded", counts=counts, requests=self._requests
            )

    def _failed(self, exc: BaseException) -> retry.RetryDecision:
        assert self._run_id is not None  # noqa: S101  # it was started
        code = exc.code if isinstance(exc, HubError) else "BUG"
        message = exc.message if isinstance(exc, HubError) else type(exc).__name__
        with self.transaction() as session:
            attempt = source_states.standing(session, *self._names).attempts + 1
            decision = retry.decide(exc, attempt)
            source_states.note_failed(
                session,
                *self._names,
                code=code,
                message=message,
                pause_seconds=decision.pause.total_seconds() if decision.pause else None,
                begin_anew=decision.begin_anew,
            )
            runs.finish_run(
                session,
                self._run_id,
                status="failed",
                counts=self.tally.counts(),
                requests=self._requests,
                error_code=code,
                error_message=message,
            )
            if decision.tell:
                runs.raise_alert(
                    session,
                    f"source:{self._stream.title}",
                    severity="error",
                    title=f"{self._stream.title} cannot be read: {message}",
                    next_step=f"Mend it, then `hub connectors run {self._stream.title}`.",
                    connection=self._stream.connection,
                    stream=self._stream.name,
                )
        return decision


def stop_dead_runs(session: Session, stream: IngestStream) -> None:
    """Runs that never ended are told of; who holds the lock knows that nobody is at them."""
    session.execute(
        text(
            "update hub.run set status = 'stopped', finished_at = clock_timestamp(),"
            " error_code = 'WORKER_DIED',"
            " error_message = 'The worker ended before the run did; the next read goes on there.'"
            " where connection = :connection and stream = :stream and kind = :kind"
            " and status = 'running'"
        ),
        {"connection": stream.connection, "stream": stream.name, "kind": KIND},
    )
