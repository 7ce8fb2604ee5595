"""Does the whole product start, survive what happens to it, and end without a trace?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from demo_process import HUB, Demo, demo

from hub.cli.round_trip import NotArrived, RoundTrip
from hub.embedded.process import is_alive

pytestmark = pytest.mark.timeout(400)


def wait_until(is_true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def all_gone(processes: list[int]) -> bool:
    return not any(is_alive(process) for process in processes)


def process_of(family: list[int], part: str) -> int:
    def words(process: int) -> str:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()

    return next(process for process in family if part in words(process))


def test_the_check_makes_an_edit_in_each_direction(sheets: Path) -> None:
    done = subprocess.run(
        [HUB, "demo", "--check", "--json", "--data", sheets], capture_output=True, text=True
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert {"grid to GraphQL", "GraphQL to grid"} == set(report["median_seconds"])


def test_a_check_that_is_interrupted_is_no_success_and_leaves_nothing(sheets: Path) -> None:
    with subprocess.Popen(
        [HUB, "demo", "--check", "--data", sheets],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        check = Demo(process)
        check.read_until("Rows loaded")
        family = check.family()

        assert 130 == check.end(signal.SIGINT)
    assert all_gone(family)


def test_nothing_is_lost_when_everything_is_killed_and_started_again(
    home: Path, sheets: Path
) -> None:
    with demo(home, sheets) as first:
        (family := first.family()).append(first.process.pid)
        RoundTrip(first.running()).save_by_graphql("kept over a kill")
        first.process.kill()
        first.process.wait()
        wait_until(lambda: all_gone(family))
    with demo(home, sheets) as second:
        trip = RoundTrip(second.running())

        assert "kept over a kill" == trip.asked()
        wait_until(lambda: trip.shown() == "kept over a kill", seconds=120)
        family = second.family()
        assert 0 == second.end(signal.SIGINT)
    assert all_gone(family)
    assert "Rows loaded" not in second.said


def test_a_second_demo_on_one_state_folder_is_refused(home: Path, sheets: Path) -> None:
    with demo(home, sheets) as first:
        second = subprocess.run(
            [HUB, "demo"],
            env={**os.environ, "HUB_HOME": str(home)},
            capture_output=True,
            text=True,
        )

        assert 1 == second.returncode
        assert f"The hub runs already on {home} (process {first.process.pid})" in second.stderr
        assert 143 == first.end(signal.SIGTERM)


def test_edits_arrive_after_both_servers_were_killed_under_the_worker(
    home: Path, sheets: Path
) -> None:
    with demo(home, sheets) as running:
        trip = RoundTrip(running.running())
        family = running.family()
        os.kill(process_of(family, "bin/postgres -D"), signal.SIGKILL)
        running.read_until("Postgres runs again")
        os.kill(process_of(family, "valkey-server"), signal.SIGKILL)
        running.read_until("Valkey runs again")

        trip.save_in_the_grid("typed after the crash")

        wait_until(lambda: _asked(trip) == "typed after the crash", seconds=120)
        assert 0 == running.end(signal.SIGINT)
    assert "has ended (" not in running.said


def _asked(trip: RoundTrip) -> str | None:
    """The value, or nothing while the web process still finds its way back to the database."""
    try:
        return trip.asked()
    except NotArrived:
        return None


def test_a_killed_worker_is_named_and_everything_stops(home: Path, sheets: Path) -> None:
    with demo(home, sheets) as running:
        family = running.family()
        os.kill(process_of(family, "hub worker"), signal.SIGKILL)
        running.read_until("worker has ended (SIGKILL)")
        running.process.wait(timeout=30)

    assert 1 == running.process.returncode
    assert all_gone(family)
