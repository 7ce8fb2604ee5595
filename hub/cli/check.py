"""Does the whole product work on this machine?"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from hub.cli.console import Console
from hub.cli.demo_data import DemoFolder
from hub.cli.demo_start import DemoOptions, RunningDemo, start_demo
from hub.cli.procfile import PROJECT
from hub.cli.round_trip import Arrival, RoundTrip
from hub.cli.stopping import ToldToStop
from hub.cli.supervisor import Supervisor, ended_by_signals
from hub.embedded.errors import EmbeddedError
from hub.errors import HubError

FIRST_SYNC_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """What a check saw."""

    ok: bool
    error: str | None
    start_seconds: float | None
    first_sync_seconds: float | None
    arrivals: tuple[Arrival, ...]

    def medians(self) -> dict[str, float]:
        """The middle time of each direction."""
        times: dict[str, list[float]] = defaultdict(list)
        for arrival in self.arrivals:
            times[arrival.direction].append(arrival.seconds)
        return {
            direction: round(statistics.median(seconds), 3) for direction, seconds in times.items()
        }

    def to_json(self) -> str:
        """For machines."""
        found: dict[str, Any] = {**asdict(self), "median_seconds": self.medians()}
        return json.dumps(found, indent=2)


def run_check(*, source: Path | None, rounds: int, as_json: bool) -> int:
    """Start everything on free ports in a temporary folder, edit both ways, stop; 0 or 1."""
    shown = Console(quiet=as_json)
    logs = Console(quiet=True)
    home = Path(tempfile.mkdtemp(prefix="hub-check-"))
    home.chmod(0o711)  # so that Postgres' own user can pass when root checks
    try:
        report = _checked(home, source, rounds, shown, logs)
    except ToldToStop as told:
        return 128 + told.number  # nothing was found out, so this is no success
    finally:
        DemoFolder(home).erase()
        shutil.rmtree(home)
    if as_json:
        click.echo(report.to_json())
    else:
        _conclude(report, shown, logs)
    return 0 if report.ok else 1


def _checked(
    home: Path, source: Path | None, rounds: int, shown: Console, logs: Console
) -> CheckReport:
    shown.line("Does it work here? Starting everything on free ports in a temporary folder.")
    started = synced = None
    arrivals: list[Arrival] = []
    error = None
    supervisor = Supervisor(logs, PROJECT)
    began = time.monotonic()
    try:
        with ended_by_signals(supervisor, shown):
            options = DemoOptions(home=home, source=source, port=0, grid_port=0, tells_report=False)
            running = start_demo(options, supervisor, shown)
            started = round(time.monotonic() - began, 2)
            synced = _wait_for_first_sync(running, supervisor, shown)
            trip = RoundTrip(running)
            for arrival in trip.edits(rounds):
                arrivals.append(arrival)
                _show(arrival, shown)
            trip.confirm()
    except (HubError, EmbeddedError) as problem:
        error = str(problem)
    return CheckReport(
        ok=error is None,
        error=error,
        start_seconds=started,
        first_sync_seconds=synced,
        arrivals=tuple(arrivals),
    )


def _wait_for_first_sync(running: RunningDemo, supervisor: Supervisor, shown: Console) -> float:
    """Both sides hold the same records from the start; the first read ties them together."""
    from hub.demo.settings import STREAMS
    from hub.store.database import Database
    from hub.store.reports import stream_reports

    database = Database(running.servers.database_url, application_name="hub-check")

    def is_synced() -> bool:
        with database.reading() as session:
            streams = stream_reports(session)
        done = [stream for stream in streams if stream.backfilled_at is not None]
        return len(done) >= len(STREAMS)

    began = time.monotonic()
    try:
        supervisor.wait_until(is_synced, "The first read of all streams", FIRST_SYNC_SECONDS)
    finally:
        database.dispose()
    seconds = time.monotonic() - began
    shown.done("First read of all streams", seconds)
    return round(seconds, 2)


def _show(arrival: Arrival, shown: Console) -> None:
    shown.done(f"{arrival.direction}: {arrival.field} = {arrival.value}", arrival.seconds)


def _conclude(report: CheckReport, shown: Console, logs: Console) -> None:
    if not report.ok:
        for line in logs.kept():
            click.echo(line, err=True)
        click.echo(click.style("It does not work here: ", fg="red") + str(report.error), err=True)
        return
    medians = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in report.medians().items())
    shown.line(click.style("It works: ", fg="green") + f"{medians} (median).")
