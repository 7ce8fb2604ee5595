"""What follows from a failure: another attempt, when, and who must hear of it?"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from hub.errors import (
    ConfigError,
    CursorExpired,
    GuardStopped,
    HubError,
    PermissionLost,
    QuotaExceeded,
    RateLimited,
    RecordRejected,
    RemoteUnavailable,
)

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
QUOTA_PAUSE = timedelta(hours=1)
QUIET_ATTEMPTS = 4
"""So many failures in a row are the other side's business; then a person hears of it."""


class ErrorClass(enum.StrEnum):
    """Who can mend it."""

    CONFIG = "config"
    TRANSIENT = "transient"
    QUOTA = "quota"
    PERMISSION = "permission"
    RECORD = "record"
    BUG = "bug"


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryDecision:
    """When to try again (None: at the next regular time), and whether a person must be told."""

    error_class: ErrorClass
    pause: timedelta | None
    tell: bool
    begin_anew: bool = False
    """Whether the place that was reached is worth nothing: everything is read again."""


def classify(error: BaseException) -> ErrorClass:
    """Who can mend it."""
    match error:
        case PermissionLost():
            return ErrorClass.PERMISSION
        case ConfigError() | GuardStopped():
            return ErrorClass.CONFIG
        case QuotaExceeded():
            return ErrorClass.QUOTA
        case RemoteUnavailable() | CursorExpired():
            return ErrorClass.TRANSIENT
        case RecordRejected():
            return ErrorClass.RECORD
        case HubError():
            return ErrorClass.TRANSIENT if error.retryable else ErrorClass.CONFIG
        case _:
            return ErrorClass.BUG


def decide(error: BaseException, attempt: int) -> RetryDecision:
    """What to do after the `attempt`-th failure in a row."""
    found = classify(error)
    if isinstance(error, CursorExpired):
        return RetryDecision(
            error_class=found, pause=FIRST_PAUSE, tell=attempt > QUIET_ATTEMPTS, begin_anew=True
        )
    if found is ErrorClass.TRANSIENT:
        pause = min(FIRST_PAUSE * 2 ** min(attempt - 1, 12), LONGEST_PAUSE)
        if isinstance(error, RateLimited):
            pause = max(pause, timedelta(seconds=error.retry_after_seconds))
        return RetryDecision(error_class=found, pause=pause, tell=attempt > QUIET_ATTEMPTS)
    if found is ErrorClass.QUOTA:
        return RetryDecision(error_class=found, pause=QUOTA_PAUSE, tell=True)
    if found is ErrorClass.BUG and attempt <= 2:
        return RetryDecision(error_class=found, pause=FIRST_PAUSE * 6, tell=True)
    return RetryDecision(error_class=found, pause=None, tell=True)
