"""How does Sentry hear of what went wrong: once, with the way to find it, and without people?

Sentry hears of bugs, of jobs that used up their attempts, and of streams that stopped themselves.
Refused records and inputs are product data and stand in the product. Nothing is imported and
nothing is sent where no DSN is configured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Literal, cast

import structlog

from hub.errors import HubError, InvalidInput, LeaseLost, NotFound, RecordRejected
from hub.redaction import HIDDEN, redact, redact_text, register_secret

Process = Literal["web", "worker"]
_PRODUCT_DATA = (RecordRejected, InvalidInput, NotFound, LeaseLost)
_TAGS: ContextVar[Mapping[str, str]] = ContextVar("hub_tags", default=MappingProxyType({}))
_CARRIED = "hub_tags"

# What a database error quotes: the statement's values, the row that collided.
_QUOTED_VALUES = re.compile(r"\[parameters: .*|\bDETAIL:.*|\bCONTEXT:.*", re.DOTALL)
# What a hub error quotes of a cell: got "Won!".
_GOT = re.compile(r"\bgot (\"[^\"]*\"|'[^']*')")
_PERSONAL_REQUEST = ("data", "cookies", "headers", "query_string", "env", "fragment")


def start(dsn: str | None, *, process: Process, environment: str = "production") -> bool:
    """Begin to report to `dsn`; answers whether there is anybody to report to."""
    if not dsn:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.argv import ArgvIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    register_secret(dsn)
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        # Named, so that a library which happens to be installed does not report on its own.
        auto_enabling_integrations=False,
        integrations=[*_integrations(process), LoggingIntegration(level=None, event_level=None)],
        disabled_integrations=[ArgvIntegration()],
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=True,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        traces_sample_rate=None,
        before_send=cast(Any, scrub),
    )
    return True


def _integrations(process: Process) -> list[Any]:
    from sentry_sdk.integrations.rq import RqIntegration
    from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration

    if process == "worker":
        return [RqIntegration(), SqlalchemyIntegration()]
    from sentry_sdk.integrations.starlette import StarletteIntegration
    from sentry_sdk.integrations.strawberry import StrawberryIntegration

    return [
        RqIntegration(),
        SqlalchemyIntegration(),
        StarletteIntegration(transaction_style="url"),
        StrawberryIntegration(async_execution=True),
    ]


@contextmanager
def tags(**named: object) -> Iterator[None]:
    """Name what is at work (connection, stream, run_id) in every log line and report inside.

    An error that leaves the block takes the names along: RQ reports it after the block has ended.
    """
    mine = {name: str(value) for name, value in named.items() if value is not None}
    token = _TAGS.set({**_TAGS.get(), **mine})
    try:
        with structlog.contextvars.bound_contextvars(**mine):
            yield
    except BaseException as error:
        _carry(error, _TAGS.get())
        raise
    finally:
        _TAGS.reset(token)


def report_stopped(error: HubError) -> None:
    """Tell Sentry that a stream stopped itself and waits for a person."""
    import sentry_sdk

    if sentry_sdk.is_initialized():
        sentry_sdk.capture_exception(error)


def scrub(event: MutableMapping[str, Any], hint: Mapping[str, Any]) -> Any:
    """The event as Sentry may have it; None when it is product data."""
    error = _origin((hint.get("exc_info") or (None, None, None))[1])
    if isinstance(error, _PRODUCT_DATA):
        return None
    event.setdefault("tags", {}).update({**_TAGS.get(), **_carried(error)})
    if isinstance(error, HubError):
        event["tags"]["code"] = error.code
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    request = event.get("request")
    if isinstance(request, MutableMapping):
        for part in _PERSONAL_REQUEST:
            request.pop(part, None)
        request["url"] = str(request.get("url", "")).split("?")[0]
    for exception in (event.get("exception") or {}).get("values") or ():
        _scrub_exception(exception)
    return redact(event)


def _origin(error: object) -> object:
    """What went wrong in a resolver, and not GraphQL's wrapping of it."""
    while (inner := getattr(error, "original_error", None)) is not None:
        error = inner
    return error


def _scrub_exception(exception: MutableMapping[str, Any]) -> None:
    if exception.get("value"):
        exception["value"] = redact_message(str(exception["value"]))
    for frame in (exception.get("stacktrace") or {}).get("frames") or ():
        frame.pop("vars", None)


def redact_message(message: str) -> str:
    """An error's message without the values that it quotes."""
    return redact_text(_GOT.sub(f"got {HIDDEN}", _QUOTED_VALUES.sub(HIDDEN, message)))


def _carry(error: BaseException, named: Mapping[str, str]) -> None:
    # The innermost block knows best; errors without a __dict__ go without.
    if hasattr(error, "__dict__"):
        error.__dict__.setdefault(_CARRIED, dict(named))


def _carried(error: object) -> Mapping[str, str]:
    found = getattr(error, "__dict__", {}).get(_CARRIED, {})
    return found if isinstance(found, Mapping) else {}
