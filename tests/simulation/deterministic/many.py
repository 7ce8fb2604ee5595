"""Does two-way sync keep its promise in thousands of random worlds that are played in one process?

`make simulate SEEDS=200 FIRST=0` plays seeds on the real engine and the real connector, with a
store in memory, the stand-in behind an in-process wire, one clock and one seeded draw for all.
The same seed gives the same trace. A failing seed is named with what is wrong and replays:
`make simulate SEEDS=1 FIRST=<seed> ARGS=--trace` writes every step.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import track
from rich.table import Table
from simulation.deterministic.play import Outcome, play_seed, silence

SHOWN = 5
"""So many violations of a failing seed are told."""


def play(seed: int) -> Outcome:
    """One seed without its trace, as a process of the pool plays it."""
    with silence():
        return play_seed(seed)


def main(arguments: list[str] | None = None) -> int:
    """Play the seeds that were asked for; 1 when a world broke the promise."""
    parser = argparse.ArgumentParser(description="Play random worlds in one process.")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--trace", action="store_true", help="write every step of each seed")
    parser.add_argument("--json", action="store_true", help="print the summary for machines")
    asked = parser.parse_args(arguments)
    if asked.trace:
        for seed in range(asked.first, asked.first + asked.seeds):
            with silence():
                print("\n".join(play_seed(seed, keeps_trace=True).trace))
        return 0
    began = time.monotonic()
    told = Console(stderr=True)
    seeds = range(asked.first, asked.first + asked.seeds)
    tally: Counter[str] = Counter()
    failed: dict[int, tuple[str, ...]] = {}
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        played = pool.imap_unordered(play, seeds)
        for outcome in track(played, "Worlds", total=len(seeds), console=told, transient=True):
            tally.update(outcome.tally)
            tally["losses while no hook was there"] += outcome.blind_losses
            if outcome.violations:
                failed[outcome.seed] = tuple(outcome.violations)
                told.print(f"seed {outcome.seed}: {len(outcome.violations)} violations")
    seconds = time.monotonic() - began
    summary = {
        "seeds": len(seeds),
        "seconds": round(seconds, 1),
        "worlds_a_minute": round(60 * len(seeds) / seconds, 1),
        "violations": sum(len(found) for found in failed.values()),
        "failed": {str(seed): list(found[:SHOWN]) for seed, found in sorted(failed.items())},
        "tally": dict(sorted(tally.items())),
    }
    if asked.json:
        json.dump(summary, sys.stdout, indent=2)
        print()
    else:
        _show(summary, tally)
    return 1 if failed else 0


def _show(summary: dict[str, object], tally: Counter[str]) -> None:
    table = Table("what", "how often")
    for name, count in sorted(tally.items()):
        table.add_row(name, f"{count:,}")
    table.add_section()
    for name in ("seeds", "worlds_a_minute", "violations"):
        table.add_row(name.replace("_", " "), str(summary[name]))
    console = Console()
    console.print(table)
    failed = summary["failed"]
    for seed, found in failed.items() if isinstance(failed, dict) else ():
        console.print(f"\nseed {seed} (replay: make simulate SEEDS=1 FIRST={seed})")
        for violation in found:
            console.print(f"  {violation}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
