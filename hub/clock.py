"""What time is it, and how is a pause made? Asked here only, so that a test can move the clock.

Called as `clock.now()`, never imported by name: one patched module moves the whole hub.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The time of day, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only grow, to measure spans with."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Let `seconds` pass."""
    time.sleep(seconds)
