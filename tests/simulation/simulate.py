"""Does two-way sync keep its promise in thousands of random worlds?

`make simulate-http SEEDS=200 FIRST=0` plays seeds on the real engine, a real Postgres and the
stand-in over HTTP, and prints what happened. A failing seed is printed and replays:
`make simulate-http SEEDS=1 FIRST=<seed>`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg2
from sandbox_server import SandboxServer
from simulation.mutants import MUTANTS, mutated
from simulation.oracle import find_violations, stir
from simulation.schedule import Operation, make_schedule
from simulation.stage import Stage
from sync_world import World, base_file

from hub.embedded.postgres import EmbeddedPostgres
from hub.sandbox.airtable import ids
from hub.sandbox.clock import Clock
from hub.store.database import Database
from hub.store.migrate import upgrade

LENGTH = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a seed came to."""

    seed: int
    schedule: tuple[Operation, ...]
    tally: Counter[str]
    violations: tuple[str, ...]


def play_seed(
    sandbox: SandboxServer, database: Database, seed: int, length: int = LENGTH
) -> Outcome:
    """One world from its beginning to its judgement; the database and the stand-in are its own."""
    schedule = make_schedule(seed, length)
    drawn = random.Random(f"world {seed}")  # noqa: S311  repeatable, no secret
    with _repeatable(sandbox, seed):
        sandbox.reset()
        sandbox.load(base_file())
        world = World(sandbox, database)
        stage = Stage(world)
        stage.set_policies(drawn)
        for _ in range(6):
            stage.play(Operation(kind="their create", seed=drawn.randrange(1 << 30), gap=0))
        stage.play(Operation(kind="visit", seed=drawn.randrange(1 << 30), gap=0))
        violations: list[str] = []
        at = "the start"
        try:
            for number, operation in enumerate(schedule):
                at = f"operation {number}, {operation.kind}"
                stage.play(operation)
            at = "the end"
            stage.come_to_rest()
            violations += stage.problems
            violations += find_violations(world, stage.blind, stage.stood_for)
            violations += stir(world)
            at = "the last reconcile"
            violations += _reconciled(stage, world)
        except Exception:
            violations.append(f"raised at {at}: {_told(sys.exc_info()[1])}")
    tally = stage.tally
    for kind in world.query("select cause, count(*) as number from hub.conflict group by cause"):
        tally[f"conflict {kind['cause']}"] += kind["number"]
    return Outcome(seed=seed, schedule=schedule, tally=tally, violations=tuple(violations))


def _reconciled(stage: Stage, world: World) -> list[str]:
    """A complete read finds nothing that had been missed."""
    changes = world.scalar("select count(*) from hub.change")
    edits = len(world.sandbox.edits())
    stage.play(Operation(kind="reconcile", seed=0, gap=0))
    stage.come_to_rest()
    stage.tally["cells that only a complete read found"] += (
        world.scalar("select count(*) from hub.change") - changes
    ) + (len(world.sandbox.edits()) - edits)
    return [
        f"after a complete read: {found}"
        for found in find_violations(world, stage.blind, stage.stood_for)
    ]


def _told(error: BaseException | None) -> str:
    """An error with the way to it through our own code."""
    assert error is not None
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if ".venv" not in f.filename and "/tests/" not in f.filename]
    way = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours)
    return f"{type(error).__name__} {str(error)[:300]!r} at {way}"


@contextmanager
def _repeatable(sandbox: SandboxServer, seed: int) -> Iterator[None]:
    """Ids and times at the other side follow from the seed alone."""
    clock = sandbox.state.clock
    begin = datetime.now(UTC)
    ticks = iter(range(1 << 40))

    def now(self: Clock) -> datetime:
        return begin + self._offset + timedelta(milliseconds=next(ticks))

    with (
        patch.object(type(clock), "now", now),
        patch.object(ids, "_random", random.Random(f"ids {seed}")),  # noqa: S311  repeatable
    ):
        yield


@contextmanager
def servers() -> Iterator[tuple[SandboxServer, Databases]]:
    """A Postgres and a stand-in for a whole run."""
    with tempfile.TemporaryDirectory(prefix="hub-simulation-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        sandbox = SandboxServer().start()
        try:
            yield sandbox, Databases(postgres.start())
        finally:
            sandbox.stop()
            postgres.erase()


class Databases:
    """Fresh migrated databases, copied from one that was migrated once."""

    def __init__(self, server_url: str) -> None:
        self._server = server_url.rsplit("/", 1)[0]
        self._command("create database template_simulation")
        upgrade(f"{self._server}/template_simulation")

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """A database for one seed."""
        self._command("create database simulation template template_simulation")
        database = Database(f"{self._server}/simulation", application_name="simulation")
        try:
            yield database
        finally:
            database.dispose()
            self._command("drop database simulation with (force)")

    def _command(self, command: str) -> None:
        connection = psycopg2.connect(f"{self._server}/postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(command)
        connection.close()


def summary(outcomes: list[Outcome]) -> str:
    """The table at the end."""
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.tally)
    failing = [outcome.seed for outcome in outcomes if outcome.violations]
    lines: list[tuple[str, Any]] = [
        ("seeds", len(outcomes)),
        ("edits", total["edits"]),
        ("edits that met an unsettled cell", total["meetings"]),
        ("edits between two steps of a worker", total["edits between steps"]),
        ("visits of a worker", total["visits"]),
        ("crashes", total["crashes"]),
        ("takeovers while the first worker went on", total["takeover"]),
        ("lost updates found", total["lost updates found"]),
        *((name, total[name]) for name in sorted(total) if name.startswith("conflict ")),
        *((name, total[name]) for name in sorted(total) if name.startswith("fault ")),
        *((name, total[name]) for name in sorted(total) if name.startswith("crash ")),
        *((name, total[name]) for name in sorted(total) if name.startswith("did ")),
        ("changes that only a complete read found", total["cells that only a complete read found"]),
        ("violations", sum(len(outcome.violations) for outcome in outcomes)),
        ("failing seeds", " ".join(map(str, failing)) or "none"),
    ]
    return "\n".join(f"{name:<48}{value}" for name, value in lines)


def hunt(first: int, seeds: int, length: int) -> int:
    """Take out one protection at a time; 1 when a mutant is not found."""
    missed = 0
    with servers() as (sandbox, databases):
        for name in MUTANTS:
            found = None
            for seed in range(first, first + seeds):
                with databases.fresh() as database, mutated(name):
                    outcome = play_seed(sandbox, database, seed, length)
                if outcome.violations:
                    found = f"seed {seed}: {outcome.violations[0]}"
                    break
            missed += found is None
            print(f"{name:<40}{found or f'NOT FOUND in {seeds} seeds'}", flush=True)
    return int(missed > 0)


def main() -> int:
    """Play the seeds that were asked for; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--length", type=int, default=LENGTH, help="operations a seed")
    parser.add_argument("--schedule", action="store_true", help="print schedules of failing seeds")
    parser.add_argument("--mutants", action="store_true", help="take out protections instead")
    options = parser.parse_args()
    if options.mutants:
        return hunt(options.first, options.seeds, options.length)
    outcomes: list[Outcome] = []
    with servers() as (sandbox, databases):
        for seed in range(options.first, options.first + options.seeds):
            with databases.fresh() as database:
                outcome = play_seed(sandbox, database, seed, options.length)
            outcomes.append(outcome)
            if outcome.violations:
                print(f"seed {seed} fails:", *outcome.violations, sep="\n  ", flush=True)
                if options.schedule:
                    print(*enumerate(outcome.schedule), sep="\n  ", flush=True)
    print(summary(outcomes))
    return int(any(outcome.violations for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
