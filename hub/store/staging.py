"""How does a mapped page reach Postgres: one COPY into a temporary table of the run's own?"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import text
from sqlmodel import Session

STAGING = "pg_temp.hub_staging"
NUMBER = "hub__number"
KEY = "hub__key"
READ_AT_A_TIME = 1 << 20
WRITTEN_AT_A_TIME = 4096
_OPTIONS = pa.csv.WriteOptions(include_header=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedColumn:
    """A column of the staging table: its name and its type in SQL."""

    name: str
    sql_type: str


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def open_staging(session: Session, columns: Sequence[StagedColumn]) -> None:
    """Make the staging table of this connection, and the memory of what a complete read showed."""
    listed = ", ".join(f"{quoted(column.name)} {column.sql_type}" for column in columns)
    _run(session, f"drop table if exists {STAGING}, pg_temp.hub_seen, pg_temp.hub_copies")
    _run(session, f"create temporary table hub_staging ({listed})")
    _run(session, "create temporary table hub_seen (id uuid)")
    _run(session, "create temporary table hub_copies (hash text primary key, copies integer)")


def close_staging(session: Session) -> None:
    """Leave nothing behind in a connection that others will use."""
    _run(session, f"drop table if exists {STAGING}, pg_temp.hub_seen, pg_temp.hub_copies")


def stage(session: Session, rows: Any) -> None:
    """Put a page (a pyarrow.RecordBatch) into the staging table, in place of what was there."""
    _run(session, f"truncate {STAGING}")
    copy(session, STAGING, rows)


def copy(session: Session, table: str, rows: Any) -> None:
    """COPY a page into a table; its columns are the page's."""
    listed = ", ".join(quoted(name) for name in rows.schema.names)
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(
            f"copy {table} ({listed}) from stdin with (format csv)",
            _Written(rows),
            size=READ_AT_A_TIME,
        )


class _Written:
    """A page as CSV, written while Postgres reads what was written before."""

    def __init__(self, rows: Any) -> None:
        self._rows = _as_postgres_reads(rows)
        self._next = 0
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end."""
        if not self._rest and self._next < self._rows.num_rows:
            buffer = pa.BufferOutputStream()
            part = self._rows.slice(self._next, WRITTEN_AT_A_TIME)
            pa.csv.write_csv(part, buffer, _OPTIONS)
            self._next += part.num_rows
            self._rest = memoryview(buffer.getvalue())
        said, self._rest = self._rest[:size], self._rest[size:]
        return bytes(said)


def _as_postgres_reads(rows: Any) -> Any:
    """Times without their zone, which is UTC as the session's: Arrow writes those much faster."""
    columns = [
        pc.cast(pc.cast(column, pa.int64()), pa.timestamp(column.type.unit))
        if pa.types.is_timestamp(column.type) and column.type.tz is not None
        else column
        for column in rows.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def numbered(rows: Any, extra: dict[str, Any] | None = None) -> Any:
    """The page with its rows' numbers, and with `extra` columns."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    columns[NUMBER] = pa.array(range(rows.num_rows), pa.int32())
    columns.update(extra or {})
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def new_ids(count: int) -> Any:
    """So many UUIDv7, in one column: Postgres would draw them row by row and slow COPY down.

    They share what is random and count up behind it, so that an index takes each at its end.
    """
    moment = int(time.time() * 1000).to_bytes(6).hex()
    drawn = os.urandom(6).hex()
    shared = f"{moment}7{drawn[:3]}{'89ab'[int(drawn[3], 16) & 3]}{drawn[4:11]}"
    return pc.binary_join_element_wise(shared, _counted(count), "")


@lru_cache(maxsize=4)
def _counted(count: int) -> Any:
    return pa.array([f"{number:08x}" for number in range(count)], pa.string())


def this_transaction(session: Session, count: int) -> Any:
    """The stamp of facts as a column: as a default it would be worked out for each row."""
    stamp = session.execute(text("select hub.current_tx()")).scalar_one()
    return pa.repeat(pa.scalar(stamp, pa.int64()), count)


def _run(session: Session, statement: str) -> None:
    session.execute(text(statement))
