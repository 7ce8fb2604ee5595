"""How long after an edit in the grid does GraphQL answer with it, and what does that cost?

    python bench/bench_live.py [--edits 300] [--every 2] [--json]

Profile `live`: the whole demo in processes of its own, the limiter and the stand-in's own rate
limit on. Each edit is timed from the moment that the stand-in wrote into its edit log to the
moment of the HTTP answer that shows it. Ends with 1 past a target.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console as Screen
from rich.table import Table

from hub.cli.check import _wait_for_first_sync
from hub.cli.console import Console
from hub.cli.demo_data import DemoFolder
from hub.cli.demo_start import DemoOptions, RunningDemo, start_demo
from hub.cli.procfile import PROJECT
from hub.cli.round_trip import RoundTrip
from hub.cli.supervisor import Supervisor, ended_by_signals
from hub.store import ledger
from hub.store.database import Database

P50_SECONDS = 0.5
P99_SECONDS = 2.0
LOOK_SECONDS = 0.01
GIVE_UP_SECONDS = 30.0


def control(running: RunningDemo, path: str) -> dict[str, Any]:
    """What the stand-in's control door answers."""
    with urllib.request.urlopen(f"{running.sandbox}/_control/{path}", timeout=30) as answer:  # noqa: S310  # loopback
        found: dict[str, Any] = json.load(answer)
    return found


def time_edits(running: RunningDemo, edits: int, every: float) -> list[float]:
    """Seconds from the edit log to GraphQL, for each edit."""
    trip = RoundTrip(running)
    numbers = [edit["number"] for edit in control(running, "edits")["edits"]]
    last = max(numbers, default=0)
    took: list[float] = []
    begun = time.monotonic()
    for number in range(edits):
        time.sleep(max(0.0, begun + number * every - time.monotonic()))
        value = f"Person {number}"
        trip.save_in_the_grid(value)
        (logged,) = [
            edit
            for edit in control(running, f"edits?after={last}")["edits"]
            if edit["after"] == value
        ]
        last = logged["number"]
        at = datetime.fromisoformat(logged["at"]).timestamp()
        while trip.asked() != value:
            if time.time() - at > GIVE_UP_SECONDS:
                raise RuntimeError(f"{value!r} did not arrive within {GIVE_UP_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)
        took.append(time.time() - at)
    return took


def spent(running: RunningDemo) -> Counter[str]:
    """The hub's own ledger, by purpose."""
    database = Database(running.servers.database_url, application_name="bench")
    counted: Counter[str] = Counter()
    try:
        with database.reading() as session:
            for entry in ledger.calls_since(session, date(2000, 1, 1)):
                counted[entry.purpose.value] += entry.calls
    finally:
        database.dispose()
    return counted


def measure(edits: int, every: float) -> dict[str, Any]:
    """Start everything, edit, stop everything."""
    home = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    home.chmod(0o711)
    silent = Console(quiet=True)
    supervisor = Supervisor(silent, PROJECT)
    try:
        with ended_by_signals(supervisor, silent):
            options = DemoOptions(home=home, port=0, grid_port=0, tells_report=False)
            running = start_demo(options, supervisor, silent)
            _wait_for_first_sync(running, supervisor, silent)
            time.sleep(3)
            before, asked = spent(running), control(running, "requests")["last"]
            took = time_edits(running, edits, every)
            time.sleep(3)
            calls = spent(running) - before
            journal = control(running, f"requests?after={asked}")
    finally:
        DemoFolder(home).erase()
        shutil.rmtree(home)
    ordered = sorted(took)
    return {
        "edits": edits,
        "every_seconds": every,
        "p50_seconds": round(statistics.median(ordered), 3),
        "p90_seconds": round(ordered[int(len(ordered) * 0.9)], 3),
        "p99_seconds": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3),
        "longest_seconds": round(ordered[-1], 3),
        "calls": journal["last"] - asked,
        "calls_an_edit": round((journal["last"] - asked) / edits, 2),
        "calls_in_the_ledger": calls.total(),
        "calls_by_purpose": dict(calls.most_common()),
        "answers_429": sum(entry.get("status") == 429 for entry in journal["requests"]),
    }


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edits", type=int, default=30)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two edits")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    found = measure(options.edits, options.every)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        table = Table("an edit in the grid to GraphQL, profile live", "")
        for name, value in found.items():
            table.add_row(name.replace("_", " "), str(value))
        Screen(width=120).print(table)
    is_slow = found["p50_seconds"] >= P50_SECONDS or found["p99_seconds"] >= P99_SECONDS
    return 1 if is_slow or found["answers_429"] else 0


if __name__ == "__main__":
    sys.exit(main())
