"""Does two-way sync keep its promise in a handful of random worlds? `make simulate` plays more."""

from __future__ import annotations

import pytest
from sandbox_server import SandboxServer
from simulation.simulate import play_seed

from hub.store.database import Database


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_lost_doubled_or_left_undone(
    sandbox: SandboxServer, database: Database, seed: int
) -> None:
    outcome = play_seed(sandbox, database, seed, length=50)

    assert () == outcome.violations, outcome.schedule
    assert outcome.tally["meetings"] > 0
