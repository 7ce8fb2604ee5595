"""How does the engine draw the same ids twice: from a seed, and from the world's own clock?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from uuid import UUID

from simulation.memory_store.database import Clock

COUNTED = 1 << 12


class SeededIds:
    """UUIDv7s that grow with the clock, and one after the other while it stands still."""

    def __init__(self, clock: Clock, seed: object) -> None:
        self._clock = clock
        self._drawn = random.Random(f"ids {seed}")  # noqa: S311  repeatable, no secret
        self._last = 0

    def __call__(self) -> UUID:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        self._last = max(self._last + 1, milliseconds * COUNTED)
        moment, number = divmod(self._last, COUNTED)
        noise = self._drawn.getrandbits(62)
        return UUID(int=moment << 80 | 7 << 76 | number << 64 | 2 << 62 | noise)


@contextmanager
def seeded_ids(clock: Clock, seed: object) -> Iterator[None]:
    """Let `hub.store.entities.base.new_id` answer with seeded ids meanwhile."""
    with patch("hub.store.entities.base.uuid7", SeededIds(clock, seed)):
        yield
