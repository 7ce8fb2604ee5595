"""How do the company's rows get into the central Postgres, fast and all or nothing?"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from time import monotonic
from uuid import UUID

import psycopg2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from hub.demo.company import TABLES, Company
from hub.demo.rows import HubRow, HubRows, HubValue
from hub.errors import StoreUnavailable
from hub.store.database import Database, Provenance

PROVENANCE = Provenance(actor="hub demo", origin="demo")
# A slice is one COPY: its changes stand in the log together, and progress can be shown.
_SLICE = 5_000

Progress = Callable[[str, int, int], None]
"""Called with the table, the rows loaded so far and the rows of all tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadReport:
    """What was loaded, and how long it took."""

    rows: Mapping[str, int]
    seconds: float
    was_loaded_before: bool = False

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def _silent(table: str, loaded: int, of: int) -> None:
    """Progress that nobody watches."""


def load_central(company: Company, database: Database, progress: Progress = _silent) -> LoadReport:
    """Load every row in one transaction; a company that is there already stays as it is.

    Raises:
        StoreUnavailable: Postgres did not take the rows; nothing was loaded.
    """
    started = monotonic()
    try:
        with database.unit_of_work(PROVENANCE) as session:
            if _is_loaded(company, session):
                return LoadReport(rows={}, seconds=monotonic() - started, was_loaded_before=True)
            rows = _copy_everything(company, session, progress)
    except (DBAPIError, psycopg2.Error) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        raise StoreUnavailable(
            "[demo] load the company: the central Postgres refused it "
            f"({reason.splitlines()[0]}). Nothing was loaded. "
            "Bring it up to date with `hub migrate` or name an empty database, then try again.",
            detail=reason,
        ) from error
    return LoadReport(rows=rows, seconds=monotonic() - started)


def _is_loaded(company: Company, session: Session) -> bool:
    # Two starts at once: the second waits here, and then finds everything in place.
    session.execute(text("select pg_advisory_xact_lock(hashtext('hub.demo'))"))
    first = company.rows["client"][0]["id"]
    found = session.execute(text("select 1 from client where id = :id"), {"id": first})
    return found.first() is not None


def _copy_everything(company: Company, session: Session, progress: Progress) -> dict[str, int]:
    total = sum(len(rows) for rows in company.rows.values())
    loaded = 0
    counts: dict[str, int] = {}
    for table in TABLES:
        rows = company.rows[table]
        for start in range(0, len(rows), _SLICE):
            piece = rows[start : start + _SLICE]
            _copy(session, table, piece)
            loaded += len(piece)
            progress(table, loaded, total)
        counts[table] = len(rows)
    return counts


def _copy(session: Session, table: str, rows: HubRows) -> None:
    columns = tuple(rows[0])
    lines = io.StringIO("".join(_line(row, columns) for row in rows))
    names = ", ".join(f'"{column}"' for column in columns)
    connection = session.connection().connection.dbapi_connection
    assert connection is not None  # noqa: S101  # the session has just used it
    cursor = connection.cursor()
    try:
        cursor.copy_expert(f'copy "{table}" ({names}) from stdin', lines)
    finally:
        cursor.close()


def _line(row: HubRow, columns: tuple[str, ...]) -> str:
    return "\t".join(_field(row[column]) for column in columns) + "\n"


def _field(value: HubValue) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (UUID, date)):
        return str(value)
    return (
        str(value)
        .replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
    )
