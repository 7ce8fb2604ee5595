"""What time is it in the stand-in, and how can a test move it?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def iso(moment: datetime) -> str:
    """The way Airtable writes an instant: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{moment.microsecond // 1000:03d}Z"
    )


class Clock:
    """The machine's time plus an offset that grows."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def now_text(self) -> str:
        return iso(self.now())

    def advance(self, by: timedelta) -> None:
        """Move the clock forward and wake whoever waits for a moment."""
        if by < timedelta():
            raise ValueError(f"a clock moves forward only, not by {by}")
        self._offset += by
        for wake in self._listeners:
            wake()

    def reset(self) -> None:
        """Show the machine's time again; only when nothing is left that remembers another."""
        self._offset = timedelta()

    def on_advance(self, wake: Callable[[], None]) -> None:
        self._listeners.append(wake)
