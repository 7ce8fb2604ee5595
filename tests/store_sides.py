"""What do the two stores have in common, for tests that ask both of them the same questions?"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from simulation.memory_store.business import delete_rows
from simulation.memory_store.database import MemoryDatabase, MemoryStore
from simulation.memory_store.refusals import WouldWait
from simulation.memory_store.session import MemorySession
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from hub.core.links import LIVE, Link
from hub.core.merge import Pair
from hub.store import links, rows
from hub.store.database import Authorship, Database, Provenance
from hub.store.declared import declared_metadata
from hub.store.entities.base import new_id
from hub.store.generic import UnitsOfWork

HANNA = Provenance(actor="Hanna", origin="graphql")
PATIENCE_SECONDS = 10


class Killed(BaseException):
    """The process ends in the middle of a transaction."""


class StoreSide(ABC):
    """A store, empty, and the ways that several processes have to it."""

    name: str
    is_held: tuple[type[Exception], ...]
    """What whoever does not wait gets for touching a row that another transaction holds."""

    @abstractmethod
    def process(self) -> UnitsOfWork:
        """Another process's way to the store."""

    @abstractmethod
    def impatient(self) -> UnitsOfWork:
        """The way of a process that gives up where it would have to wait."""

    @abstractmethod
    def lets_wait(self, waiting: Callable[[UnitsOfWork], None], go_on: Callable[[], None]) -> None:
        """Do what must wait for a row; once it does, let its holder go on."""

    @abstractmethod
    def delete(self, session: Session, table: str, row_ids: Iterable[UUID]) -> None:
        """Delete rows for good, as a person at psql does."""

    @abstractmethod
    def rows(self, table: str) -> list[dict[str, Any]]:
        """What is committed in a table of schema hub."""

    def writing(self, who: Provenance = HANNA) -> AbstractContextManager[Session]:
        """A transaction of a process of its own."""
        return self.process().unit_of_work(who)

    def open(self) -> OpenTransaction:
        """A transaction that stays open."""
        return OpenTransaction(self.process())

    def reading(self) -> AbstractContextManager[Session]:
        """A snapshot of a process of its own."""
        return self.process().reading()

    def add(self, table: str, *values: dict[str, Any], who: Provenance = HANNA) -> list[UUID]:
        """Add rows; their ids, in the order given."""
        ids = [new_id() for _ in values]
        with self.writing(who) as session:
            rows.insert_rows(session, table, dict(zip(ids, values, strict=True)))
        return ids

    def change(self, table: str, row: UUID, who: Provenance = HANNA, **values: Any) -> None:
        """Change a row."""
        with self.writing(who) as session:
            rows.update_rows(session, table, {row: values})

    def link(self, *made: Link, stream: str = "clients", table: str = "client") -> None:
        """Save links."""
        with self.writing() as session:
            links.save_links(session, "world", stream, table, made)


class OpenTransaction:
    """A transaction that stays open until somebody ends it."""

    def __init__(self, process: UnitsOfWork) -> None:
        self._context = process.unit_of_work(HANNA)
        self.session = self._context.__enter__()

    def commit(self) -> None:
        """End it well."""
        self._context.__exit__(None, None, None)

    def give_up(self) -> None:
        """The process ends."""
        self._context.__exit__(Killed, Killed(), None)


class PostgresSide(StoreSide):
    """The central Postgres."""

    name = "postgres"
    is_held = (OperationalError,)

    def __init__(self, database: Database, impatient: Database) -> None:
        self._database = database
        self._impatient = impatient
        event.listen(impatient.engine, "connect", _hurry)

    def process(self) -> UnitsOfWork:
        return self._database

    def impatient(self) -> UnitsOfWork:
        return self._impatient

    def lets_wait(self, waiting: Callable[[UnitsOfWork], None], go_on: Callable[[], None]) -> None:
        failures: list[BaseException] = []

        def wait() -> None:
            try:
                waiting(self._database)
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=wait)
        thread.start()
        self._see_somebody_wait(thread)
        go_on()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
        if failures:
            raise failures[0]

    def _see_somebody_wait(self, thread: threading.Thread) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        with self._database.engine.connect() as connection:
            while thread.is_alive() and time.monotonic() < until:
                if connection.scalar(
                    text(
                        "select count(*) from pg_locks where not granted and database ="
                        " (select oid from pg_database where datname = current_database())"
                        " or not granted and locktype = 'transactionid'"
                    )
                ):
                    return
        raise AssertionError("nobody waits")

    def delete(self, session: Session, table: str, row_ids: Iterable[UUID]) -> None:
        session.execute(
            text(f'delete from public."{table}" where id = any(:ids)'),  # noqa: S608  a constant
            {"ids": list(row_ids)},
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self._database.reading() as session:
            found = session.execute(text(f"select * from hub.{table}"))  # noqa: S608  a constant
            return [dict(row._mapping) for row in found]

    def empty(self) -> None:
        """Remove what an earlier test left; the change log keeps its own."""
        declared = reversed(declared_metadata().sorted_tables)
        with self._database.engine.begin() as connection:
            for table in declared:
                if table.schema == "hub" or "id" in table.columns:
                    connection.execute(table.delete())


def _hurry(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set lock_timeout = '20ms'")
    connection.commit()


class MemorySide(StoreSide):
    """The store in memory."""

    name = "memory"
    is_held = (WouldWait,)

    def __init__(self) -> None:
        self._store = MemoryStore(_Now())

    def process(self) -> MemoryDatabase:
        return MemoryDatabase(self._store)

    def impatient(self) -> UnitsOfWork:
        return self.process()

    def lets_wait(self, waiting: Callable[[UnitsOfWork], None], go_on: Callable[[], None]) -> None:
        waited: list[bool] = []

        def wait() -> None:
            waited.append(True)
            go_on()

        waiting(MemoryDatabase(self._store, wait=wait))
        assert waited, "nobody waits"

    def delete(self, session: Session, table: str, row_ids: Iterable[UUID]) -> None:
        assert isinstance(session, MemorySession)
        delete_rows(session, table, row_ids)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.process().rows(table)


class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


def a_link(row_id: UUID, external_id: str, **changed: Any) -> Link:
    """A live link of a record and a row whose only cell both sides agree on."""
    values: dict[str, Any] = {
        "id": new_id(),
        "external_id": external_id,
        "row_id": row_id,
        "state": LIVE,
        "has_hub_id": True,
        "shadow": {"name": Pair(hub="Acme", remote="Acme")},
        **changed,
    }
    return Link(**values)


def by(actor: str, at: datetime | None = None, **rest: Any) -> Provenance:
    """Somebody at work."""
    return Provenance(actor=actor, origin=rest.pop("origin", "graphql"), edited_at=at, **rest)


def author(actor: str, at: datetime | None = None) -> Authorship:
    """Who changed one row, and when."""
    return Authorship(actor=actor, edited_at=at)
