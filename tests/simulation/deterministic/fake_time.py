"""What time is it in a simulated world? One clock for the hub and for the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hub import clock
from hub.sandbox.clock import Clock

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEAST = timedelta(milliseconds=1)


class FakeTime:
    """Goes on by itself a little with each look, so that no two moments are the same.

    `skew` is how much the hub's clock is ahead of the other side's.
    """

    def __init__(self, skew: timedelta) -> None:
        self.at = BEGIN
        self.skew = skew
        self.sleep: Callable[[float], None] = self.pass_by

    def pass_by(self, seconds: float) -> None:
        """Let time go on."""
        self.at += timedelta(seconds=seconds)

    def theirs(self) -> datetime:
        """The time at the other side."""
        self.at += LEAST
        return self.at

    def ours(self) -> datetime:
        """The time at the hub."""
        self.at += LEAST
        return self.at + self.skew

    def seconds(self) -> float:
        """Since the world began."""
        return (self.at - BEGIN).total_seconds()

    @contextmanager
    def holds(self) -> Iterator[None]:
        """The engine goes by this clock while the context lasts."""
        with (
            patch.object(clock, "now", self.ours),
            patch.object(clock, "monotonic", self.seconds),
            patch.object(clock, "sleep", self.sleep),
        ):
            yield


class TheirClock(Clock):
    """The stand-in's clock, driven by the world's."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self._time = time

    def now(self) -> datetime:
        """The time at the other side."""
        return self._time.theirs()
