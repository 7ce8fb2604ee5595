"""What does a person read when a page or a door cannot answer?"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import InvalidInput, NotFound, StoreUnavailable
from hub.web.answers import Refusal, refuse

log = structlog.get_logger(__name__)
RETRY_SECONDS = 5
_MISSING_TABLES = frozenset({"42P01", "3F000", "42703", "42883"})
_DATABASE_DOWN = Refusal(
    status=503,
    code=StoreUnavailable.code,
    title="The central database does not answer",
    message=(
        "Nothing is lost: edits wait where they were made. Start Postgres or correct DATABASE_URL;"
        " /health/ready tells what is missing."
    ),
    retry_seconds=RETRY_SECONDS,
)
_NOT_MIGRATED = Refusal(
    status=503,
    code="NOT_MIGRATED",
    title="The central database lacks tables of this version",
    message="Run: alembic upgrade head. The page then comes back by itself.",
    retry_seconds=RETRY_SECONDS,
)
_BUG = Refusal(
    status=500,
    code="HUB_ERROR",
    title="Something went wrong in the hub",
    message=(
        "It was reported, and nothing was changed by this request. Try again; if it stays, look"
        " into the log of the web process."
    ),
)


def database_failed(request: Request, error: Exception) -> Response:
    """Down, too busy, or not migrated; anything else of the database is our bug."""
    if isinstance(error, OperationalError | PoolTimeout | StoreUnavailable):
        log.warning("database does not answer", path=request.url.path, kind=type(error).__name__)
        return refuse(request.scope, _DATABASE_DOWN)
    code = getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None
    if code in _MISSING_TABLES:
        log.error("database lacks tables or columns", reason=str(error.__cause__).splitlines()[0])
        return refuse(request.scope, _NOT_MIGRATED)
    raise error


def not_answered(request: Request, error: Exception) -> Response:
    """404, 405 and their kin."""
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    said = error.detail if error.detail != phrase else ""
    return refuse(
        request.scope,
        Refusal(
            status=error.status_code,
            code=phrase.upper().replace(" ", "_"),
            title="There is nothing here" if error.status_code == 404 else phrase,
            message=said or _usual(error.status_code),
            headers=dict(error.headers or {}),
        ),
    )


def not_understood(request: Request, error: Exception) -> Response:
    """What was asked does not fit, or names nothing that is there."""
    message = error.message if isinstance(error, InvalidInput | NotFound) else str(error)
    is_missing = isinstance(error, NotFound)
    return refuse(
        request.scope,
        Refusal(
            status=404 if is_missing else 400,
            code=NotFound.code if is_missing else InvalidInput.code,
            title="There is nothing here" if is_missing else "That does not fit",
            message=message,
        ),
    )


def broken(request: Request, _error: Exception) -> Response:
    """Our bug; the error itself goes to the log and to Sentry."""
    return refuse(request.scope, _BUG)


def _usual(status: int) -> str:
    if status == 404:
        return "The address is not one of the hub's. Start from the overview."
    if status == 405:
        return "This address is not asked in that way."
    return "The request could not be answered."


HANDLERS: Mapping[Any, Any] = {
    HTTPException: not_answered,
    SQLAlchemyError: database_failed,
    StoreUnavailable: database_failed,
    InvalidInput: not_understood,
    NotFound: not_understood,
    Exception: broken,
}
