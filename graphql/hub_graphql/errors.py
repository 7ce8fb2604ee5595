"""What does a client hear when something goes wrong?

Every error has a code and says what to do. An unexpected one is told by an id only: the same id
stands in the log and in Sentry, beside what really happened.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import HubError, StoreUnavailable

logger = logging.getLogger(__name__)

_QUERY_CANCELED = "57014"
_COLLISIONS = {"40P01", "40001", "55P03"}


class LimitExceeded(HubError, ValueError):
    """The operation asks for too much at once."""

    code = "LIMIT_EXCEEDED"


class TimedOut(HubError, TimeoutError):
    """The operation took too long and was stopped."""

    code = "TIMED_OUT"


class EditCollision(HubError):
    """Another edit of the same rows got in between."""

    code = "EDIT_COLLISION"
    retryable = True


def from_database(error: Exception) -> HubError | None:
    """What a failure of Postgres means for the one who asked; None for a bug of ours."""
    state = getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None
    if state in _COLLISIONS:
        return EditCollision(
            "Another edit of the same rows got in between, and nothing of this one was saved:"
            " send it again."
        )
    if state == _QUERY_CANCELED:
        return TimedOut("The question took too long: ask for fewer rows or a narrower filter.")
    if isinstance(error, (OperationalError, PoolTimeout)):
        return StoreUnavailable(
            "The central Postgres does not answer: try again in a moment; ops can see"
            " why on the health page."
        )
    return None


def present(error: GraphQLError) -> dict[str, Any]:
    """An error as the client sees it."""
    shown: dict[str, Any] = dict(error.formatted)
    extensions = dict(shown.get("extensions") or {})
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        extensions.setdefault(
            "code",
            "GRAPHQL_PARSE_FAILED"
            if isinstance(error, GraphQLSyntaxError)
            else "GRAPHQL_VALIDATION_FAILED",
        )
    elif isinstance(cause, HubError):
        shown["message"] = cause.message
        extensions["code"] = cause.code
    else:
        error_id = uuid4().hex[:12]
        logger.error(
            "graphql: unexpected error %s at %s",
            error_id,
            error.path,
            exc_info=(type(cause), cause, cause.__traceback__),
        )
        shown["message"] = (
            f"Something went wrong on our side (error {error_id}). It has been recorded:"
            " try again, and name this id when you report it."
        )
        extensions |= {"code": "INTERNAL", "errorId": error_id}
    shown["extensions"] = extensions
    return shown
