"""How does one call reach Airtable: paced, timed, never blindly repeated, its errors ours?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyairtable
import requests

from hub.contract import Limiter, Priority
from hub.core.calls import Call
from hub.errors import (
    ConfigError,
    CursorExpired,
    HubError,
    OutcomeUnknown,
    PermissionLost,
    QuotaExceeded,
    RateLimited,
    RecordRejected,
    RemoteMissing,
    RemoteUnavailable,
)

CONNECT_TIMEOUT_SECONDS = 5
PENALTY_SECONDS = 30.0
"""What Airtable asks for after a 429 (developer documentation, "Rate limits")."""

_SOME_CALL = Call()


class UnknownField(RemoteUnavailable):
    """A field is not there any more; the schema in hand is too old. Nothing took effect."""


class Requests:
    """The calls of one connection."""

    def __init__(
        self, connection: str, endpoint: str, token: str, timeout: float, limiter: Limiter
    ) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._limiter = limiter
        self.calls: Counter[Call] = Counter()
        # Retries are ours: a repeated POST would create a record twice.
        self._api = pyairtable.Api(
            token,
            timeout=(CONNECT_TIMEOUT_SECONDS, max(1, round(timeout))),
            retry_strategy=None,
            endpoint_url=endpoint,
        )

    def url(self, *parts: str) -> str:
        """The address of a resource below /v0."""
        return str(self._api.build_url(*parts))

    def send(
        self,
        method: str,
        url: str,
        *,
        action: str,
        priority: Priority,
        call: Call = _SOME_CALL,
        options: Mapping[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        fallback: tuple[str, str] | None = None,
    ) -> Any:
        """The JSON answer.

        Raises:
            HubError: of the family that says who must act; `action` says in it what was tried.
        """
        self._limiter.wait(priority)
        self.calls[call] += 1
        is_write = method != "GET"
        try:
            return self._api.request(
                method,
                url,
                fallback=fallback,
                options=dict(options or {}),
                params=dict(params or {}),
                json=json,
            )
        except requests.HTTPError as exc:
            raise self._refused(exc.response, action, is_write=is_write) from exc
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as exc:
            raise self._unreachable(action, exc) from exc
        except requests.exceptions.JSONDecodeError as exc:
            family = OutcomeUnknown if is_write else RemoteUnavailable
            raise family(
                f"[{self._connection}] {action}: the answer was not JSON. It is tried again."
            ) from exc
        except requests.RequestException as exc:
            if is_write and not _never_sent(exc):
                raise OutcomeUnknown(
                    f"[{self._connection}] {action}: the answer was lost; whether it took effect "
                    "is looked up before anything is sent again."
                ) from exc
            raise self._unreachable(action, exc) from exc

    def _unreachable(self, action: str, exc: Exception) -> RemoteUnavailable:
        return RemoteUnavailable(
            f"[{self._connection}] {action}: {self._endpoint} does not answer "
            f"({type(exc).__name__}). It is tried again.",
            detail=str(exc),
        )

    def _refused(self, response: requests.Response, action: str, *, is_write: bool) -> HubError:
        kind, message = _error(response)
        where = f"[{self._connection}] {action}"
        status = response.status_code
        if status == 429 and kind == "PUBLIC_API_BILLING_LIMIT_EXCEEDED":
            return QuotaExceeded(
                f"{where}: the workspace's monthly API calls are used up. "
                "Raise the plan or wait for the new month, then resume the stream."
            )
        if status == 429:
            self._limiter.penalise(PENALTY_SECONDS)
            return RateLimited(
                f"{where}: too many requests; the hub waits {PENALTY_SECONDS:.0f} s.",
                retry_after_seconds=PENALTY_SECONDS,
            )
        if status == 401:
            return PermissionLost(
                f"{where}: the token is not accepted. Make a new personal access token and set it."
            )
        if status == 403:
            return PermissionLost(
                f"{where}: {message or 'no access'} Check the token's scopes and bases, "
                "and the ids in hub.toml."
            )
        if status == 404:
            return RemoteMissing(f"{where}: not found ({message or kind}). Check the ids.")
        if kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE" or kind == "INVALID_OFFSET_VALUE":
            return CursorExpired(f"{where}: the page cursor expired; the read begins again.")
        if kind == "UNKNOWN_FIELD_NAME":
            return UnknownField(f"{where}: {message}. The fields are looked at again.")
        if status == 422 and is_write:
            return RecordRejected(f"{where}: {message or kind}")
        if status >= 500 and is_write and kind != "RETRIABLE_ERROR":
            return OutcomeUnknown(f"{where}: the server failed ({status}); the outcome is unknown.")
        if status >= 500:
            return RemoteUnavailable(f"{where}: the server failed ({status}). It is tried again.")
        return ConfigError(f"{where}: refused with {status} {kind}: {message}")


def _error(response: requests.Response) -> tuple[str, str]:
    try:
        error = response.json().get("error")
    except (ValueError, AttributeError):
        return "", ""
    if isinstance(error, Mapping):
        return str(error.get("type", "")), str(error.get("message", ""))
    return str(error or ""), ""


def _never_sent(exc: requests.RequestException) -> bool:
    """Whether the connection could not even be made."""
    return "NewConnectionError" in repr(exc) or "Connection refused" in repr(exc)
