"""What can go wrong, who can mend it, and is it worth another try?"""

from __future__ import annotations

from typing import ClassVar


class HubError(Exception):
    """Something went wrong in the hub.

    The class docstring is the default message. `message` is fit for the person who must act;
    `detail` holds what only a developer wants to know and never a secret.
    """

    code: ClassVar[str] = "HUB_ERROR"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, detail: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.detail = detail
        super().__init__(self.message)


class ConfigError(HubError, ValueError):
    """A setting, a mapping or a token must be changed by a person."""

    code = "CONFIG"


class MappingError(ConfigError):
    """A mapping names something that is not there, or does not fit."""

    code = "MAPPING"


class PermissionLost(ConfigError):
    """The other side does not let us in: the token, its scopes or its bases must be changed."""

    code = "PERMISSION"


class RemoteMissing(ConfigError):
    """A base, a table or a field that the configuration names is not there."""

    code = "REMOTE_MISSING"


class RemoteUnavailable(HubError):
    """The other side is down or does not answer in time."""

    code = "REMOTE_UNAVAILABLE"
    retryable = True


class OutcomeUnknown(RemoteUnavailable):
    """The request was sent and its answer was lost: it may have taken effect."""

    code = "OUTCOME_UNKNOWN"


class RateLimited(RemoteUnavailable):
    """The other side asks us to wait."""

    code = "RATE_LIMITED"

    def __init__(self, message: str | None = None, *, retry_after_seconds: float = 30.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class QuotaExceeded(HubError):
    """The month's calls are used up: waiting a minute does not help."""

    code = "QUOTA_EXCEEDED"


class CursorExpired(HubError):
    """The other side no longer knows our place in its changes: a complete read is needed."""

    code = "CURSOR_EXPIRED"


class RecordRejected(HubError, ValueError):
    """The other side refuses this record."""

    code = "RECORD_REJECTED"


class NotFound(HubError, LookupError):
    """There is no such thing."""

    code = "NOT_FOUND"


class TickUnknown(NotFound):
    """A place in the change log that this database does not have: it is another one's."""

    code = "TICK_UNKNOWN"


class InvalidInput(HubError, ValueError):
    """The input does not fit."""

    code = "INVALID_INPUT"


class GuardStopped(HubError):
    """A plan would delete or overwrite more than is allowed without a person's word."""

    code = "GUARD_STOPPED"


class LeaseLost(HubError):
    """Another worker holds this lease by now: what was in hand is dropped and done again."""

    code = "LEASE_LOST"
    retryable = True


class StoreUnavailable(HubError):
    """The central Postgres or the Redis server does not answer."""

    code = "STORE_UNAVAILABLE"
    retryable = True
