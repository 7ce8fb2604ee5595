"""Is a world that is played in one process the same each time, and a real one?"""

from __future__ import annotations

import pytest
from simulation.deterministic.play import play_seed, silence


@pytest.mark.parametrize("seed", range(100, 102))
def test_the_same_seed_gives_the_same_trace_twice(seed: int) -> None:
    with silence():
        first, second = (play_seed(seed, keeps_trace=True) for _ in range(2))

    assert first.trace == second.trace
    assert first.tally["edits"] >= 200
    assert first.tally["meetings"] >= 60
