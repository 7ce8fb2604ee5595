"""How do the hub, its Postgres and the stand-in go by one clock that can be moved?

All three show the machine's time plus one offset. In Postgres a function in front of the catalog
stands for `clock_timestamp`; the change log's triggers keep to the machine's time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import event, text

from hub import clock
from hub.store.database import Database

_MOVABLE = """
create schema movable;
create table movable.clock (ahead interval not null);
insert into movable.clock values ('0');
create function movable.clock_timestamp() returns timestamptz language sql volatile as
    'select pg_catalog.clock_timestamp() + ahead from movable.clock';
do $$
declare
    found record;
begin
    for found in
        select c.oid::regclass as place, a.attname from pg_attrdef d
        join pg_class c on c.oid = d.adrelid
        join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where c.relnamespace = 'hub'::regnamespace
        and pg_get_expr(d.adbin, d.adrelid) = 'clock_timestamp()'
    loop
        execute format(
            'alter table %s alter column %I set default movable.clock_timestamp()',
            found.place, found.attname
        );
    end loop;
end
$$
"""


class MovableClock:
    """One clock for everybody."""

    def __init__(self, database: Database, tell: Callable[[float], Any]) -> None:
        self._database = database
        self._tell = tell
        self._ahead = timedelta()
        with database.engine.begin() as connection:
            connection.execution_options(no_parameters=True).exec_driver_sql(_MOVABLE)
        event.listen(database.engine, "connect", _go_by_it)
        database.engine.dispose()

    def now(self) -> datetime:
        """What it shows."""
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        """The same, as seconds that only grow."""
        return time.monotonic() + self._ahead.total_seconds()

    def advance(self, by: timedelta) -> None:
        """Move it on, everywhere."""
        if by <= timedelta():
            return
        self._ahead += by
        with self._database.engine.begin() as connection:
            connection.execute(
                text("update movable.clock set ahead = :ahead"), {"ahead": self._ahead}
            )
        self._tell(by.total_seconds())

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """The hub goes by it."""

        def sleep(seconds: float) -> None:
            self.advance(timedelta(seconds=seconds))

        with (
            patch.object(clock, "now", self.now),
            patch.object(clock, "monotonic", self.monotonic),
            patch.object(clock, "sleep", sleep),
        ):
            yield


def _go_by_it(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set search_path = movable, pg_catalog, public")
    connection.commit()
