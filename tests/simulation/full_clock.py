"""How do Airtable, the hub's processes and its Postgres go by one clock that can jump?

All show the machine's time plus one offset. Workers and schedulers read it from a file, Postgres
from a table: a function in front of the catalog stands for `clock_timestamp`. Only the change
log's triggers keep to the machine's time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg2
from sandbox_server import SandboxServer
from sqlalchemy import event
from sqlalchemy.engine import Engine

from hub import clock

MOVABLE = """
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
_WIDTH = 32


class SharedClock:
    """The driver's end: one jump for everybody."""

    def __init__(self, folder: Path, database_url: str, sandbox: SandboxServer) -> None:
        self._file = folder / "ahead"
        self._database_url = database_url
        self._sandbox = sandbox
        self._ahead = 0.0
        self.reset()

    def reset(self) -> None:
        """Show the machine's time; Postgres and the stand-in of a new seed do so already."""
        self._ahead = 0.0
        self._write()

    def advance(self, seconds: float) -> None:
        """Move it forward, everywhere."""
        self._ahead += seconds
        connection = psycopg2.connect(self._database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "update movable.clock set ahead = make_interval(secs => %s)", [self._ahead]
            )
        connection.close()
        self._write()
        self._sandbox.advance(seconds)

    def _write(self) -> None:
        # One write of one length: whoever reads meanwhile sees the old or the new.
        with self._file.open("r+b" if self._file.exists() else "wb", buffering=0) as file:
            file.write(f"{self._ahead:<{_WIDTH}.3f}".encode())


@contextmanager
def going_by(folder: Path) -> Iterator[None]:
    """A process of the hub goes by the shared clock."""
    handle = os.open(folder / "ahead", os.O_RDONLY)

    def ahead() -> float:
        return float(os.pread(handle, _WIDTH, 0))

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead())

    def monotonic() -> float:
        return time.monotonic() + ahead()

    event.listen(Engine, "connect", _look_at_it_first)
    try:
        with patch.object(clock, "now", now), patch.object(clock, "monotonic", monotonic):
            yield
    finally:
        event.remove(Engine, "connect", _look_at_it_first)
        os.close(handle)


def _look_at_it_first(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set search_path = movable, pg_catalog, public")
    connection.commit()
