"""How fast is the engine alone, and how much memory does it take? Prints one JSON object.

    python bench/engine.py URL RECORDS

Started by bench_sync.py in a process of its own for each size, so that its greatest memory is
that size's alone. The database is migrated and empty.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID

from memory_side import CONNECTION, EVERY, STREAM, MemorySide, mapping
from sqlalchemy import text

from hub.contract import Priority
from hub.errors import HubError
from hub.store import leases, streams
from hub.store.database import Database, Provenance
from hub.store.tables import TABLES
from hub.sync import answers
from hub.sync.attend import Attendance, attend
from hub.sync.connection import LeasedLimiter, SyncConnection

BENCH = Provenance(actor="bench", origin="bench")


class NoLimit:
    """Lets everything pass at once."""

    def wait(self, priority: Priority) -> None:
        """Do not wait."""

    def penalise(self, seconds: float) -> None:
        """Do not mind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a piece of work took of this process's processor, and of the clock on the wall."""

    cpu_seconds: float
    wall_seconds: float

    def without(self, other: Spent) -> Spent:
        """What is left when a part is taken off."""
        return Spent(
            cpu_seconds=self.cpu_seconds - other.cpu_seconds,
            wall_seconds=self.wall_seconds - other.wall_seconds,
        )


@contextmanager
def answers_apart(spent: dict[str, Spent]) -> Iterator[None]:
    """Tell the time apart that goes into taking in the answers of writes."""
    taken_in = answers.note_answers
    cpu = wall = 0.0

    def take_in(*args: Any) -> None:
        nonlocal cpu, wall
        began = time.process_time(), time.perf_counter()
        taken_in(*args)
        cpu += time.process_time() - began[0]
        wall += time.perf_counter() - began[1]

    with patch("hub.sync.send.note_answers", take_in):
        yield
    spent["answers"] = Spent(cpu_seconds=cpu, wall_seconds=wall)


class Engine:
    """One worker between a database and records in memory."""

    def __init__(self, url: str, records: int) -> None:
        self.side = MemorySide(records)
        self.database = Database(url, application_name="bench")
        self._make_table()
        limiter = LeasedLimiter(NoLimit())
        self.connection = SyncConnection(
            name=CONNECTION,
            database=self.database,
            connector=self.side,
            limiter=limiter,
            mappings={STREAM: mapping()},
        )

    def _make_table(self) -> None:
        with self.database.engine.begin() as connection:
            TABLES["bench_record"].create(connection)
            connection.execute(text("select hub.capture_table('bench_record')"))

    def attend(self, source: str) -> Attendance:
        """A worker comes by until nothing is left."""
        while True:
            self.do(lambda session: leases.ring(session, CONNECTION, source))
            attendance = attend(self.connection, trigger="bench", report=fail)
            if not attendance.is_unfinished:
                return attendance

    def do(self, act: Callable[..., object]) -> None:
        """One transaction beside the worker."""
        with self.database.unit_of_work(BENCH) as session:
            act(session)

    def ask_to_read_all(self) -> None:
        """Make a complete read due."""
        self.do(lambda s: streams.change(s, CONNECTION, STREAM, needs_reconcile=True))

    def settle(self) -> None:
        """Leave no work of the server's behind for the next measurement."""
        with self.database.engine.execution_options(
            isolation_level="AUTOCOMMIT"
        ).connect() as connection:
            connection.execute(text("vacuum analyze"))
            connection.execute(text("checkpoint"))

    @contextmanager
    def timed(self, spent: dict[str, Spent], name: str) -> Iterator[None]:
        """Take the time of a piece of work, that of the records' side taken off."""
        self.settle()
        aside, cpu, wall = self.side.seconds, time.process_time(), time.perf_counter()
        yield
        aside = self.side.seconds - aside
        spent[name] = Spent(
            cpu_seconds=time.process_time() - cpu - aside,
            wall_seconds=time.perf_counter() - wall - aside,
        )

    def edit_a_fifth_here(self) -> None:
        """Somebody edits one cell of every fifth row."""
        self.do(
            lambda session: session.execute(
                text(
                    "update bench_record set name = name || ' by hub'"
                    f" where ('x' || right(id::text, 12))::bit(48)::bigint % {EVERY} = 0"
                )
            )
        )


def fail(error: HubError, connection: str, stream: str | None, run_id: UUID) -> None:
    """Nothing is to fail here."""
    raise error


def measure(url: str, records: int) -> dict[str, object]:
    """Read, change, read, pull, push; times, counts and the greatest memory."""
    engine = Engine(url, records)
    spent: dict[str, Spent] = {}
    with engine.timed(spent, "first read"):
        engine.attend("sweep")
    engine.side.change_a_fifth()
    engine.side.payloads = range(0)
    engine.ask_to_read_all()
    with engine.timed(spent, "complete read, a fifth changed"):
        read = engine.attend("sweep")
    engine.side.change_a_fifth()
    with engine.timed(spent, "pull of changes"):
        pulled = engine.attend("sweep")
    engine.edit_a_fifth_here()
    with engine.timed(spent, "push, answers taken in"), answers_apart(spent):
        pushed = engine.attend("hub")
    engine.ask_to_read_all()
    with engine.timed(spent, "complete read, nothing changed"):
        engine.attend("sweep")
    written = engine.side.records_written
    for source in ("hub", "sweep"):
        engine.ask_to_read_all()
        engine.attend(source)
    engine.database.dispose()
    share = records // EVERY
    _expect(read.counts["rows_changed"], share)
    _expect(pulled.counts["rows_changed"], share)
    _expect(pushed.counts["records_written"], share)
    handled = {
        "first read": records,
        "complete read, a fifth changed": records,
        "pull of changes": share,
        "push prepared": share,
        "push, answers taken in": share,
        "complete read, nothing changed": records,
    }
    spent["push prepared"] = spent["push, answers taken in"].without(spent.pop("answers"))
    return {
        "records": records,
        "written_at_rest": engine.side.records_written - written,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parts": {
            name: {
                "records": handled[name],
                "per_second": handled[name] / taken.cpu_seconds,
                "per_second_wall": handled[name] / taken.wall_seconds,
            }
            for name, taken in spent.items()
        },
    }


def _expect(came: int, wanted: int) -> None:
    if came != wanted:
        raise AssertionError(f"{came} records were handled, {wanted} were changed")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
