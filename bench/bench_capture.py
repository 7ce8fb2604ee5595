"""What does capture cost: bulk updates with and without it, a fact load against a bare COPY?

    python bench/bench_capture.py [--rows 100000] [--facts 500000] [--rounds 3] [--json]

Runs on an embedded Postgres of its own with ordinary durability, or on the migrated database
that `--url` names (whose data it adds to). Best of the rounds; ends with 1 past a target.
Where the server's process can be looked at, its processor time counts, which a busy machine does
not distort; `--wall` takes the clock on the wall, waiting for the disk included.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from rich.console import Console
from rich.table import Table

from hub.embedded.ports import HOST
from hub.embedded.postgres import EmbeddedPostgres
from hub.store import migrate

UPDATE_TARGET = 4.5
FACT_TARGET = 1.4
Work = Callable[[Cursor], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measurement: seconds without and with capture, and how much more is allowed."""

    name: str
    bare_seconds: float
    captured_seconds: float
    target: float | None

    @property
    def ratio(self) -> float:
        """How many times the bare cost."""
        return self.captured_seconds / self.bare_seconds


class Rivalry:
    """Measures a bare and a captured way of the same work by turns."""

    def __init__(self, connection: Connection, *, rounds: int, is_wall: bool) -> None:
        self.connection = connection
        self.rounds = rounds
        process = Path(f"/proc/{connection.get_backend_pid()}/schedstat")
        self.clock = time.perf_counter
        if not is_wall and process.is_file() and connection.info.host == HOST:
            self.clock = lambda: processor_seconds(process)

    def compare(
        self,
        name: str,
        bare: Work,
        captured: Work,
        *,
        target: float | None = None,
        clean: Work | None = None,
    ) -> Figure:
        """The best round of each."""
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(self.rounds):
            for work, timed in zip((bare, captured), times, strict=True):
                began = self.clock()
                with transaction(self.connection) as cursor:
                    work(cursor)
                timed.append(self.clock() - began)
            if clean is not None:
                with transaction(self.connection) as cursor:
                    clean(cursor)
            settle(self.connection)
        return Figure(
            name=name, bare_seconds=min(times[0]), captured_seconds=min(times[1]), target=target
        )


def processor_seconds(process: Path) -> float:
    """What a process has used of the processor until now, as Linux tells it."""
    return int(process.read_text().split()[0]) / 1e9


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each bulk update")
    parser.add_argument("--facts", type=int, default=500_000, help="facts of each load")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the best counts")
    parser.add_argument("--url", help="a migrated database to measure on")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--wall", action="store_true", help="measure by the clock on the wall")
    options = parser.parse_args()
    with server(options.url) as url:
        connection = psycopg2.connect(url, options="-c search_path=public")
        rivalry = Rivalry(connection, rounds=options.rounds, is_wall=options.wall)
        figures = [
            *measure_updates(rivalry, options.rows),
            measure_facts(rivalry, options.facts),
        ]
        connection.close()
    show(figures, as_json=options.json)
    missed = [f for f in figures if f.target is not None and f.ratio > f.target]
    return 1 if missed else 0


@contextmanager
def server(url: str | None) -> Iterator[str]:
    """The given database, or a new one that is gone afterwards."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o711)
        embedded = EmbeddedPostgres(Path(folder) / "postgres")
        started = embedded.start()
        try:
            migrate.upgrade(started)
            yield started
        finally:
            embedded.erase()


def measure_updates(rivalry: Rivalry, rows: int) -> list[Figure]:
    """Updates of deals and of a twin with the same columns and indexes that nobody captures."""
    with transaction(rivalry.connection) as cursor:
        cursor.execute("drop table if exists bench_bare, bench_captured")
        for table in ("bench_bare", "bench_captured"):
            cursor.execute(f"create table {table} (like deal including all)")
            cursor.execute(
                f"insert into {table} (code, client_id, product, owner, manager, region, amount)"
                " select 'deal ' || g, hub.new_id(), 'GTX Plus Pro', 'Moses Frase',"
                f" 'Dustin Brinkmann', 'Central', g from generate_series(1, {rows}) g"
            )
        cursor.execute("select hub.capture_table('bench_captured', 'client_id')")
    settle(rivalry.connection)
    owner = "owner = 'owner of ' || amount"
    changes = {
        f"update one column of {rows:,} rows": ("amount = amount + 1", UPDATE_TARGET),
        f"update three columns of {rows:,} rows": (
            f"amount = amount + 1, closed_on = current_date, {owner}",
            UPDATE_TARGET,
        ),
        f"update {rows:,} rows to the same values": ("amount = amount", None),
    }
    figures = [
        rivalry.compare(
            name,
            statement(f"update bench_bare set {change}"),
            statement(f"update bench_captured set {change}"),
            target=target,
        )
        for name, (change, target) in changes.items()
    ]
    one_by_one = (
        "do $$ declare one uuid; begin for one in select id from {} limit 1000 loop"
        " update {} set amount = amount + 1 where id = one; end loop; end $$"
    )
    figures.append(
        rivalry.compare(
            "update 1,000 rows, a statement each",
            statement(one_by_one.format("bench_bare", "bench_bare")),
            statement(one_by_one.format("bench_captured", "bench_captured")),
        )
    )
    return figures


def measure_facts(rivalry: Rivalry, facts: int) -> Figure:
    """A COPY of facts, and the same into a twin without capture, stamps and notices."""
    with transaction(rivalry.connection) as cursor:
        cursor.execute(
            "insert into client (name) select 'bench ' || g from generate_series(1, 50) g"
        )
        cursor.execute("insert into campaign (client_id) select id from client")
        cursor.execute("drop table if exists bench_facts")
        cursor.execute("create table bench_facts (like delivery_metric_daily including indexes)")
        cursor.execute(
            "alter table bench_facts drop column tx_from, drop column recorded_at,"
            " add foreign key (client_id) references client,"
            " add foreign key (campaign_id) references campaign"
        )
        cursor.execute("select client_id::text, id::text from campaign limit 50")
        campaigns = cursor.fetchall()
    days = facts // len(campaigns) + 1
    lines = "".join(
        f"{client}\t{day}\t{campaign}\t100\t97\t90\t7\t40\t5\t2\t1\t1\t1\t0\t0\n"
        for number in range(days)
        for day in [f"{2000 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"]
        for client, campaign in campaigns
    )
    columns = (
        "client_id, day, campaign_id, sent, delivered, inbox, spam_placed, opened, clicked,"
        " replied, hard_bounced, soft_bounced, block_bounced, complained, unsubscribed"
    )

    def load(table: str) -> Work:
        return lambda cursor: cursor.copy_expert(
            f"copy {table} ({columns}) from stdin", io.StringIO(lines)
        )

    def empty(cursor: Cursor) -> None:
        cursor.execute("delete from bench_facts")
        cursor.execute("delete from delivery_metric_daily")

    return rivalry.compare(
        f"load {facts:,} facts by COPY",
        load("bench_facts"),
        load("delivery_metric_daily"),
        target=FACT_TARGET,
        clean=empty,
    )


def statement(text: str) -> Work:
    """Work that is one statement."""
    return lambda cursor: cursor.execute(text)


def settle(connection: Connection) -> None:
    """Leave no work behind for the next measurement to pay."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
        cursor.execute("checkpoint")
    connection.autocommit = False


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """One committed transaction."""
    with connection, connection.cursor() as cursor:
        yield cursor


def show(figures: list[Figure], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        print(json.dumps([asdict(f) | {"ratio": round(f.ratio, 2)} for f in figures], indent=2))
        return
    table = Table("", "bare", "captured", "ratio", "at most")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.bare_seconds:.2f} s",
            f"{figure.captured_seconds:.2f} s",
            f"{figure.ratio:.2f}",
            f"{figure.target}" if figure.target else "",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
