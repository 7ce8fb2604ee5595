"""What time is it for the engine? Asked here only, so that a simulation can move the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never go back, for measuring how long something takes."""
    return time.monotonic()
