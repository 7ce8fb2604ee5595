"""How does the memory store refuse what Postgres refuses: with the same errors?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DataError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import ProgrammingError as StatementError


class WouldWait(Exception):
    """A row is held by another open transaction, and nobody said how to wait for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """The part of psycopg2's diagnostics that the engine reads."""

    message_primary: str
    constraint_name: str | None = None


class Refusal(Exception):
    """What the driver would have raised."""

    def __init__(self, message: str, constraint: str | None = None) -> None:
        super().__init__(message)
        self.diag = Diagnosis(message_primary=message, constraint_name=constraint)


def not_unique(constraint: str) -> IntegrityError:
    """Another row has the value already."""
    message = f'duplicate key value violates unique constraint "{constraint}"'
    return IntegrityError("memory", None, Refusal(message, constraint))


def no_such_row(table: str, constraint: str) -> IntegrityError:
    """A reference points nowhere."""
    message = f'insert or update on table "{table}" violates foreign key constraint "{constraint}"'
    return IntegrityError("memory", None, Refusal(message, constraint))


def is_null(table: str, column: str) -> IntegrityError:
    """A value is missing."""
    message = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
    return IntegrityError("memory", None, Refusal(message))


def does_not_fit(message: str) -> DataError:
    """A value is none of its column's type."""
    return DataError("memory", None, Refusal(message))


def touched_twice() -> StatementError:
    """One statement would insert or update a row two times."""
    message = "ON CONFLICT DO UPDATE command cannot affect row a second time"
    return StatementError("memory", None, Refusal(message))


def read_only() -> InternalError:
    """A reader would write."""
    message = "cannot execute a write in a read-only transaction"
    return InternalError("memory", None, Refusal(message))


def is_aborted() -> InternalError:
    """A statement follows one that failed."""
    message = "current transaction is aborted, commands ignored until end of transaction block"
    return InternalError("memory", None, Refusal(message))


def deadlock() -> OperationalError:
    """Two transactions wait for each other."""
    return OperationalError("memory", None, Refusal("deadlock detected"))
