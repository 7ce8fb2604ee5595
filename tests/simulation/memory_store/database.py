"""What does a process in memory connect to in place of Postgres, and what can be made to happen?

Several `MemoryDatabase`s on one `MemoryStore` are the connections of several processes. Nothing
runs by itself: whoever schedules them lets time pass by the clock, lets others go on where a
transaction begins, commits or must wait, and ends a process by raising there or by `abandon`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from simulation.memory_store.business import BusinessTables
from simulation.memory_store.change_log import CapturedChange, ChangeLog, Ticks
from simulation.memory_store.refusals import WouldWait, deadlock
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row
from simulation.memory_store.tables import HubTables
from sqlmodel import Session

from hub.core.links import Link
from hub.store.database import Provenance, set_provenance
from hub.store.tables import TABLES

BEGIN, COMMIT, COMMITTED = "begin", "commit", "committed"
"""The moments that `step` hears of: before a transaction, before and after its commit."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time of day, aware."""


class MemoryStore:
    """What is stored: the tables, the change log, and which transactions are open."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.hub = HubTables()
        self.business = BusinessTables()
        self.changes = ChangeLog()
        self.ticks = Ticks()
        self.writers: dict[MemorySession, None] = {}
        self.readers: dict[MemorySession, None] = {}
        self._numbers = 0
        self._shown: datetime | None = None
        self._passed = timedelta()

    def now(self) -> datetime:
        """The clock's time, a microsecond later for each question while it stands still."""
        shown = self.clock.now()
        if shown == self._shown:
            self._passed += timedelta(microseconds=1)
            return shown + self._passed
        self._shown, self._passed = shown, timedelta()
        return shown

    def next_number(self) -> int:
        """A number that grows; a transaction that gives up leaves a gap."""
        self._numbers += 1
        return self._numbers

    def look_for_deadlock(self, waiting: MemorySession) -> None:
        """Refuse to wait for somebody who waits for us."""
        holder = waiting.waits_for
        while holder is not None:
            if holder is waiting:
                raise waiting.refuse(deadlock())
            holder = holder.waits_for


def _no_step(moment: str) -> None:
    """Nothing happens in between."""


def _no_wait() -> None:
    raise WouldWait(
        "a row is held by another open transaction. Give MemoryDatabase a `wait` that lets the"
        " holder go on, or end the holder first."
    )


class MemoryDatabase:
    """One process's way to the store.

    `step` is called around each transaction and may let others work, or raise to end the process
    there; `wait` is called for as long as a row is held by others, and must let them go on.
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        step: Callable[[str], None] = _no_step,
        wait: Callable[[], None] = _no_wait,
    ) -> None:
        self.store = store
        self.step = step
        self.wait = wait
        self.sessions: dict[MemorySession, None] = {}

    @contextmanager
    def unit_of_work(self, provenance: Provenance) -> Iterator[Session]:
        """One transaction that commits at the end and rolls back on any error."""
        self.step(BEGIN)
        session = self._open()
        try:
            set_provenance(_passed_on(session), provenance)
            yield _passed_on(session)
            self.step(COMMIT)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        self.step(COMMITTED)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read-only transaction that sees a single snapshot."""
        self.step(BEGIN)
        session = self._open(is_reading=True)
        try:
            yield _passed_on(session)
        finally:
            session.rollback()

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """One transaction whose writes and locks are given up at its end."""
        self.step(BEGIN)
        session = self._open()
        try:
            yield _passed_on(session)
        finally:
            session.rollback()

    def _open(self, *, is_reading: bool = False) -> MemorySession:
        session = MemorySession(self, is_reading=is_reading)
        self.sessions[session] = None
        return session

    def abandon(self) -> None:
        """The process is gone without a word: what it had not committed never happened."""
        for session in list(self.sessions):
            session.rollback()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is committed in a table of schema hub, or in a business table, by column."""
        reader = MemorySession(self, is_reading=True)
        try:
            if table in TABLES:
                return [dict(row["raw"]) for row in reader.scan(self.store.business[table].table)]
            return [_by_column(row) for row in reader.scan(self.store.hub.named(table))]
        finally:
            reader.rollback()

    def changes(self) -> list[CapturedChange]:
        """The committed changes, in order."""
        return [c for c in self.store.changes.entries if c.tx not in self.store.changes.open]


def _by_column(row: Row) -> dict[str, Any]:
    """A row as Postgres would show it."""
    shown = {name: value for name, value in row.items() if name not in {"link", "cell"}}
    if "link" in row:
        link: Link = row["link"]
        shown["has_hub_id"] = link.has_hub_id
        shown["shadow"] = {
            name: {"h": pair.hub, "r": pair.remote} for name, pair in link.shadow.items()
        }
    return shown


def _passed_on(session: MemorySession) -> Session:
    """The engine types a session as Postgres's, and only passes it on."""
    return cast("Session", session)


import simulation.memory_store.answers  # noqa: E402, F401  whoever has a database can ask it
