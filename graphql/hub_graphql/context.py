"""Who asks, and how does an operation reach the database?

The one place where database access leaves the event loop: psycopg2 blocks, so it runs in threads.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from graphql.execution.values import VariableValues
from sqlalchemy import text
from sqlmodel import Session

from hub.store.database import Database, Provenance
from hub.sync.divergence import WatchedStream
from hub_graphql.compile.model import Models
from hub_graphql.errors import from_database
from hub_graphql.limits import Limits, check_rows
from hub_graphql.reading import Reader

_T = TypeVar("_T")

STATEMENT_TIMEOUT_MS = 10_000


class Store:
    """The central database as the API uses it."""

    def __init__(
        self,
        database: Database,
        models: Models,
        limits: Limits,
        *,
        threads: int = 10,
        streams: Sequence[WatchedStream] = (),
    ) -> None:
        self.models = models
        self.streams = streams
        self.limits = limits
        self._database = database
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="graphql")

    async def read(self, work: Callable[[Reader], _T]) -> _T:
        """Run `work` on one read-only snapshot, in a thread."""

        def reading() -> _T:
            with self._database.reading() as session:
                _limit_time(session)
                return work(self._reader(session))

        return await self._in_thread(reading)

    async def write(self, actor: str, work: Callable[[Session, Reader], _T]) -> _T:
        """Run `work` in one transaction of this actor's, in a thread."""

        def writing() -> _T:
            with self._database.unit_of_work(Provenance(actor=actor, origin="graphql")) as session:
                _limit_time(session)
                return work(session, self._reader(session))

        return await self._in_thread(writing)

    async def decide(self, work: Callable[[Database], _T]) -> _T:
        """Run a use case of the hub, which opens its own transactions, in a thread."""
        return await self._in_thread(lambda: work(self._database))

    def _reader(self, session: Session) -> Reader:
        return Reader(session, self.models, most_rows=self.limits.rows)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        carried = contextvars.copy_context()
        try:
            return await loop.run_in_executor(self._threads, carried.run, work)
        except Exception as error:
            known = from_database(error)
            if known is None:
                raise
            raise known from error


def _limit_time(session: Session) -> None:
    session.execute(
        text("select set_config('statement_timeout', :limit, true)"),
        {"limit": str(STATEMENT_TIMEOUT_MS)},
    )


@dataclass(kw_only=True, slots=True)
class Context:
    """What the resolvers of one operation know."""

    store: Store
    actor: str
    variables: VariableValues | None = None
    rows_asked: int = 0

    def spend(self, rows: int) -> None:
        """Count what one root field could answer.

        Raises:
            LimitExceeded: all of them together could answer too much.
        """
        self.rows_asked += rows
        check_rows(self.rows_asked, self.store.limits)
