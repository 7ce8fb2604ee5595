"""What does keeping two sides equal cost: requests for each change, and the engine's own time?

    python bench/bench_sync.py [--large] [--only requests|engine] [--json]

Requests are counted at a stand-in over HTTP and held against the floor: the fewest calls that the
API allows. The engine's time is taken on an embedded Postgres with ordinary durability, against
another side that is made up in memory, whose own time is taken off. The processor time of this one
worker counts; the clock on the wall is shown beside it. Ends with 1 past a target.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from stand_in import StandIn, stand_in

from hub.embedded.postgres import EmbeddedPostgres
from hub.store import migrate

PER_SECOND = 3000.0
MEMORY = 1.10
REQUESTS = {100: 1.25, 2000: 1.05, 10_000: 1.05}
"""At most so many times the floor, by the number of changes; one alone has no target."""
SMALL = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measurement, and what it must at least or at most be."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether it is past its target."""
        too_much = self.at_most is not None and self.value > self.at_most
        return too_much or (self.at_least is not None and self.value < self.at_least)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--large", action="store_true", help="10,000 changes, 200,000 records")
    parser.add_argument("--only", choices=("requests", "engine"), help="one half")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    figures: list[Figure] = []
    if options.only != "engine":
        sizes = [1, 100, 2000, *([10_000] if options.large else [])]
        figures += measure_requests(sizes, 50_000 if options.large else 20_000)
    if options.only != "requests":
        figures += measure_engine(200_000 if options.large else 100_000)
    show(figures, as_json=options.json)
    return 1 if any(figure.is_missed for figure in figures) else 0


@contextmanager
def server() -> Iterator[str]:
    """A new migrated database that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o711)
        embedded = EmbeddedPostgres(Path(folder) / "postgres")
        url = embedded.start()
        try:
            migrate.upgrade(url)
            yield url
        finally:
            embedded.erase()


def measure_requests(sizes: list[int], resting: int) -> list[Figure]:
    """Requests over the floor in each direction, and a complete read of records at rest."""
    figures: list[Figure] = []
    with server() as url, stand_in(url) as side:
        records = side.fill(max(sizes))
        side.give_hub_ids(len(records))
        for size in sizes:
            read = side.read(records[:size], f"read {size}")
            write = side.write(size, f"written {size}")
            for what, (made, floor) in (("arriving", read), ("leaving", write)):
                figures.append(
                    Figure(
                        name=f"{size:,} changes {what}: requests ÷ floor",
                        value=made / floor,
                        at_most=REQUESTS.get(size),
                        detail=f"{made} requests, the fewest possible are {floor}",
                    )
                )
        side.fill(resting - len(records), first=len(records))
        figures += measure_rest(side, resting)
    return figures


def measure_rest(side: StandIn, records: int) -> list[Figure]:
    """A complete read that finds nothing: what it costs, and what it writes."""
    made, written = side.read_all()
    floor = math.ceil(records / 100)
    return [
        Figure(
            name=f"complete read of {records:,} unchanged records: requests ÷ floor",
            value=made / floor,
            at_most=1.0,
            detail=f"{made} requests, the fewest possible are {floor}",
        ),
        Figure(name="rows, links and records that it wrote", value=written, at_most=0),
    ]


def measure_engine(large: int) -> list[Figure]:
    """Records a second of one worker, and how its memory grows."""
    small_run, large_run = run_engine(SMALL), run_engine(large)
    figures = [
        Figure(
            name=f"{name}: records a second of one processor",
            value=part["per_second"],
            at_least=target,
            detail=f"{part['records']:,} records, {part['per_second_wall']:,.0f} by the wall clock",
        )
        for name, target in TARGETS.items()
        for part in (small_run["parts"][name],)
    ]
    figures.append(
        Figure(
            name="records written once both rest, the server storing other texts than it is sent",
            value=small_run["written_at_rest"] + large_run["written_at_rest"],
            at_most=0,
            detail=f"after {SMALL // 5:,} and {large // 5:,} writes; two complete reads each",
        )
    )
    growth = large_run["peak_megabytes"] / small_run["peak_megabytes"]
    figures.append(
        Figure(
            name=f"greatest memory at {large:,} ÷ at {SMALL:,} records",
            value=growth,
            at_most=MEMORY,
            detail=(
                f"{large_run['peak_megabytes']:.0f} MB and {small_run['peak_megabytes']:.0f} MB"
            ),
        )
    )
    return figures


TARGETS: dict[str, float | None] = {
    "first read": None,
    "complete read, a fifth changed": PER_SECOND,
    "pull of changes": PER_SECOND,
    "push prepared": PER_SECOND,
    "push, answers taken in": None,
    "complete read, nothing changed": None,
}
"""What the engine is timed at, and how many records a second it must do."""


def run_engine(records: int) -> dict[str, Any]:
    """The engine in a process and a database of its own."""
    with server() as url:
        command = [sys.executable, str(Path(__file__).with_name("engine.py")), url, str(records)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own file
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def show(figures: list[Figure], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        print(json.dumps([asdict(f) | {"is_missed": f.is_missed} for f in figures], indent=2))
        return
    table = Table("", "value", "at most", "at least", "")
    for figure in figures:
        table.add_row(
            figure.name,
            f"[red]{figure.value:,.2f}[/]" if figure.is_missed else f"{figure.value:,.2f}",
            "" if figure.at_most is None else f"{figure.at_most:g}",
            "" if figure.at_least is None else f"{figure.at_least:,.0f}",
            figure.detail,
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    sys.exit(main())
