"""What does keeping a base equal cost in a month, at rest and in use, and how old does data get?

    python bench/bench_thrift.py [--days 30] [--records 10000] [--edits 500] [--json]

Profile `thrifty`: a base of 10,000 rows with 500 scattered edits on each side over the nine hours
of each working day, the nightly complete read included; then the same base at rest, with a hook
that notifies and with one that cannot. Everything runs on a movable clock. Ends with 1 past a
target.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import closing
from typing import Any

import structlog
from bench_sync import server
from rich.console import Console
from rich.table import Table
from stand_in import stand_in
from thrift_month import Month, MonthBench, listening

CALLS_A_MONTH = 8000
STALENESS_MINUTES = 20.0
CALLS_A_DAY_AT_REST = 30
IDLE_DAYS = 9
"""Longer than a hook lives, so that its refreshes are in it."""


def play(records: int, days: int, edits: int, *, is_notified: bool, seed: int) -> Month:
    """A month of this kind."""
    with (
        server() as url,
        stand_in(url) as side,
        listening() as door,
        closing(MonthBench(side, door if is_notified else None, seed)) as bench,
    ):
        bench.prepare(records)
        return bench.run(days, edits)


def main() -> int:
    """Play, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--edits", type=int, default=500, help="a working day, on each side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    idle_days = min(IDLE_DAYS, options.days)
    months = {
        "in use": play(
            options.records, options.days, options.edits, is_notified=True, seed=options.seed
        ),
        "at rest": play(options.records, idle_days, 0, is_notified=True, seed=options.seed),
        "at rest, not notified": play(
            options.records, idle_days, 0, is_notified=False, seed=options.seed
        ),
    }
    found = {name: month.summary() for name, month in months.items()}
    missed = _missed(found)
    if options.json:
        print(json.dumps({"months": found, "missed": missed}, indent=2))
    else:
        _show(found, missed)
    return 1 if missed else 0


def _missed(found: dict[str, dict[str, Any]]) -> list[str]:
    used = found["in use"]
    missed = []
    if used["calls"] > CALLS_A_MONTH:
        missed.append(f"{used['calls']:,} calls a month, at most {CALLS_A_MONTH:,}")
    if used["staleness_minutes_p99"] > STALENESS_MINUTES:
        missed.append(
            f"p99 of {used['staleness_minutes_p99']} minutes, at most {STALENESS_MINUTES:g}"
        )
    for name, month in found.items():
        if month["calls"] != month["calls_in_the_ledger"]:
            missed.append(f"{name}: {month['calls_in_the_ledger']:,} calls are in the ledger")
        outside = month["most_calls_a_day_outside_the_nightly_read"]
        if month["edits"] == 0 and outside > CALLS_A_DAY_AT_REST:
            missed.append(f"{name}: {outside} calls a day, at most {CALLS_A_DAY_AT_REST}")
    return missed


def _show(found: dict[str, dict[str, Any]], missed: list[str]) -> None:
    table = Table("profile thrifty", *found)
    for name in found["in use"]:
        table.add_row(name.replace("_", " "), *(_text(month[name]) for month in found.values()))
    console = Console(width=150)
    console.print(table)
    for each in missed:
        console.print(f"[red]missed: {each}")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    return f"{value:,}"


if __name__ == "__main__":
    sys.exit(main())
