"""What does a read of a source cost beside a bare COPY of the same rows?

    make bench-ingest
    make bench-ingest ARGS="--rows 2000000 --json"

Reads a CSV folder and a Postgres table through the whole engine (mapping, staging, capture,
state) and compares each with `COPY` of the same rows into a plain table. Each read runs in a
process of its own, whose memory is measured. Prints ratios; fails where a ceiling is passed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg2

from hub.config.load import load_config
from hub.contract import Limiter, Priority
from hub.embedded.postgres import EmbeddedPostgres
from hub.store.database import Database
from hub.store.migrate import upgrade
from hub.sync.ingest import ingest
from hub.sync.ingest_config import ingest_stream

MOST_TIMES_COPY = 3.0
MOST_MEMORY_GROWTH = 1.8
"""Ten thousand rows are half a page; from two pages on it is flat."""
SMALL = 10_000
COLUMNS = (
    "id bigint",
    "rcpt text",
    "topmx text",
    "k text",
    "size bigint",
    "score numeric",
    "ts timestamptz",
)
TOML = """
[connection.files]
kind = "file"
folder = "{folder}"
[connection.files.stream.{name}]
path = "{name}.csv"
{keys}
[connection.files.stream.{name}.fields]
{fields}
[connection.legacy]
kind = "sql"
url = "{url}"
[connection.legacy.stream.{name}]
table = "{name}"
{keys}
[connection.legacy.stream.{name}.fields]
{fields}
"""
FIELDS = """
number = { field = "id", as = "integer" }
recipient = "rcpt"
recipient_provider = { field = "topmx", transform = ["lower"] }
bounce = { field = "k", values = { "H" = "hard", "S" = "soft" } }
size = { field = "size", as = "integer" }
score = { field = "score", as = "decimal" }
sent_at = { field = "ts", as = "timestamp" }
"""
MODES = {
    "append": 'dataset = "{name}_{mode}_{kind}"\nappend = true\n{only}',
    "append by key": 'dataset = "{name}_{mode}_{kind}"\nappend = true\nkey = ["number"]',
    "rows by key": 'dataset = "{name}_{mode}_{kind}"\nkey = ["number"]',
}
HELD = {"append"}
"""Fact-like datasets are held to the ceiling; the others are printed."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One read, beside the COPY of the same rows."""

    kind: str
    mode: str
    rows: int
    seconds: float
    copy_seconds: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """How many times a bare COPY."""
        return self.seconds / self.copy_seconds


class NoLimit(Limiter):
    """Nothing is paced here."""

    def wait(self, priority: Priority) -> None:
        """At once."""

    def penalise(self, seconds: float) -> None:
        """Nobody waits."""


def write_rows(path: Path, rows: int) -> None:
    """A CSV file as an old log tracker would write it."""
    with path.open("w", encoding="utf-8") as file:
        file.write("id,rcpt,topmx,k,size,score,ts\n")
        for n in range(rows):
            file.write(
                f"{n},person{n % 50_021}@example{n % 997}.com,MX{n % 13}.Example.NET,"
                f"{'HS'[n % 2]},{n * 37 % 90_000},{n % 1000 / 8},"
                f"2026-{n % 12 + 1:02}-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:{n % 59:02}+00\n"
            )


def copy_seconds(url: str, path: Path) -> float:
    """A bare COPY of the file into a table without index, trigger or capture."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists public.bare")
        cursor.execute(f"create table public.bare ({', '.join(COLUMNS)})")
        connection.commit()
        began = time.perf_counter()
        with path.open(encoding="utf-8") as file:
            cursor.copy_expert("copy public.bare from stdin with (format csv, header)", file)
        connection.commit()
        took = time.perf_counter() - began
        cursor.execute("drop table public.bare")
    return took


def load_table(url: str, name: str, path: Path) -> None:
    """The same rows as a table of another database."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"create table public.{name} ({', '.join(COLUMNS)}, primary key (id))")
        with path.open(encoding="utf-8") as file:
            cursor.copy_expert(f"copy public.{name} from stdin with (format csv, header)", file)


def in_own_process(job: Callable[..., Any], *arguments: Any) -> Any:
    """What the job answers, run where nothing else was loaded or left behind."""
    receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=_answer, args=(sender, job, arguments)
    )
    process.start()
    sender.close()
    answer = receiver.recv()
    process.join()
    return answer


def _answer(sender: Any, job: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send(job(*arguments))


def read_once(url: str, config_path: str, kind: str, name: str) -> tuple[float, float]:
    """Seconds and the most megabytes that this process held."""
    import connectors

    config = load_config(Path(config_path), {}, connection_models=connectors.settings_models())
    connection = config.connections["files" if kind == "file" else "legacy"]
    source = connectors.load(kind).build_source(connection.name, connection.settings, NoLimit())
    entry = connection.sources[name]
    database = Database(url)
    began = time.perf_counter()
    done = ingest(database, ingest_stream(entry, [entry], source), trigger="bench", anew=True)
    took = time.perf_counter() - began
    database.dispose()
    if done.error is not None:
        raise SystemExit(done.error.message)
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(url: str, source_url: str, folder: Path, rows: int) -> list[Measured]:
    """Every kind and mode with so many rows."""
    name = f"rows_{rows}"
    path = folder / f"{name}.csv"
    write_rows(path, rows)
    load_table(source_url, name, path)
    bare = min(copy_seconds(url, path) for _ in range(2))
    measured = []
    for mode, keys in MODES.items():
        for kind in ("file", "sql"):
            only = "only_added = true" if kind == "file" else 'cursor = "id"'
            said = keys.format(name=name, mode=mode.replace(" ", "_"), kind=kind, only=only)
            config = folder / "hub.toml"
            text = TOML.format(folder=folder, url=source_url, name=name, keys=said, fields=FIELDS)
            # Each names its own dataset: only one of the two connections is configured.
            keep = "files" if kind == "file" else "legacy"
            head, tail = text.split("[connection.legacy]\n")
            config.write_text(head if keep == "files" else "[connection.legacy]\n" + tail)
            seconds, megabytes = in_own_process(read_once, url, str(config), kind, name)
            measured.append(
                Measured(
                    kind=kind,
                    mode=mode,
                    rows=rows,
                    seconds=seconds,
                    copy_seconds=bare,
                    megabytes=megabytes,
                )
            )
    path.unlink()
    return measured


def main() -> None:
    """Measure, print, and fail where a ceiling is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-ingest-"))
    folder.chmod(0o711)
    central = EmbeddedPostgres(folder / "central", durable=True)
    try:
        url = central.start()
        upgrade(url)
        connection = psycopg2.connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("create database legacy")
        connection.close()
        source_url = url.rsplit("/", 1)[0] + "/legacy"
        measured = [
            item
            for rows in (SMALL, options.rows)
            for item in measure(url, source_url, folder, rows)
        ]
    finally:
        central.stop()
        shutil.rmtree(folder, ignore_errors=True)
    report(measured, as_json=options.json)


def report(measured: list[Measured], *, as_json: bool) -> None:
    """Say what was seen, and what passes a ceiling."""
    small = {(m.kind, m.mode): m for m in measured if m.rows == SMALL}
    large = [m for m in measured if m.rows != SMALL]
    failures = []
    for item in large:
        growth = item.megabytes / small[item.kind, item.mode].megabytes
        if item.mode in HELD and item.ratio > MOST_TIMES_COPY:
            failures.append(f"{item.kind}, {item.mode}: {item.ratio:.1f} x COPY")
        if growth > MOST_MEMORY_GROWTH:
            failures.append(f"{item.kind}, {item.mode}: memory grew {growth:.2f} x")
    if as_json:
        lines = [{**asdict(m), "ratio": round(m.ratio, 2)} for m in measured]
        print(json.dumps({"measured": lines, "failures": failures}, indent=2))
    else:
        for m in measured:
            print(
                f"{m.kind:5} {m.mode:14} {m.rows:>9,} rows  {m.seconds:7.2f} s"
                f"  {m.rows / m.seconds:>9,.0f} rows/s"
                f"  {m.ratio:5.2f} x COPY ({m.copy_seconds:.2f} s)"
                f"  {m.megabytes:5.0f} MB"
            )
        print("\n".join(failures) or "Every ceiling holds.")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
