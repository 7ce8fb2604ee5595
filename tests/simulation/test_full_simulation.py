"""Does the whole real product keep its promise in a short world? `make simulate-full` plays on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulation.full_bases import two_bases
from simulation.full_company import Company, company
from simulation.full_simulate import MEETINGS, Outcome, play_seed, table


@pytest.fixture(scope="module")
def running() -> Iterator[Company]:
    with two_bases(), company() as built:
        yield built


def _shown(outcome: Outcome) -> str:
    print("\n".join(f"{name:<52}{value}" for name, value in table([outcome])))
    return "\n".join(f"{number} {event}" for number, event in enumerate(outcome.schedule))


def test_killed_workers_lost_answers_and_dead_servers_lose_no_edit(running: Company) -> None:
    outcome = play_seed(running, 8, edits=70, meetings=12, faults=6)

    assert () == outcome.violations, _shown(outcome)
    assert outcome.tally["meetings"] >= 12


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1005))
def test_whole_seeds_lose_no_edit(running: Company, seed: int) -> None:
    outcome = play_seed(running, seed)

    assert () == outcome.violations, _shown(outcome)
    assert outcome.tally["meetings"] >= MEETINGS
