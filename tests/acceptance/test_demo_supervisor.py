"""Do several processes run as one, and end as one?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.embedded.process import LAUNCHER, is_alive

RUNNER = """
import sys
from pathlib import Path
from hub.cli.console import Console
from hub.cli.stopping import ToldToStop
from hub.cli.supervisor import Program, Supervisor, ended_by_signals
from hub.errors import HubError

console = Console()
supervisor = Supervisor(console, Path("/"), patience_seconds=1.0)
try:
    with ended_by_signals(supervisor, console):
        for number, command in enumerate(sys.argv[1:]):
            supervisor.start(Program(name=f"part{number}", command=command, environ={}))
        supervisor.run()
except ToldToStop as told:
    sys.exit(told.exit_code)
except HubError as problem:
    print(problem)
    sys.exit(1)
"""
# Says its number, then sleeps: a process of the kind a Procfile names.
SLEEPER = "/bin/sh -c 'echo process $$; exec sleep 300'"
STUBBORN = "/bin/sh -c 'trap \"\" TERM; echo process $$; while :; do sleep 1; done'"
WITH_CHILD = "/bin/sh -c 'sleep 300 & echo process $!; trap \"\" TERM; wait'"
SERVER = """
import sys
from pathlib import Path
from hub.cli.console import Console
from hub.cli.supervisor import Supervisor, ended_by_signals
from hub.embedded.valkey import EmbeddedValkey

console = Console()
supervisor = Supervisor(console, Path("/"))
server = EmbeddedValkey(Path(sys.argv[1]))
with ended_by_signals(supervisor, console):
    server.start()
    supervisor.watch(server)
    print("process", server.process_id(), flush=True)
    supervisor.run()
"""

# As on macOS, where nothing but a watcher notices that the parent is gone.
WATCHED = """
import os, subprocess, sys
launcher = "import runpy, sys; sys.platform = 'darwin'; "
launcher += "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
words = [sys.executable, "-c", launcher, sys.argv[1], str(os.getpid()), "15", "-1", "-1", "--"]
with subprocess.Popen([*words, "/bin/sh", "-c", "echo process $$; exec sleep 300"]):
    sys.stdin.read()
"""


class Running:
    """A supervisor in a process of its own, and what it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""

    def read_until(self, pattern: str, times: int = 1) -> list[str]:
        """Read its lines until the pattern was found that often."""
        assert self.process.stdout is not None
        while len(found := re.findall(pattern, self.said)) < times:
            line = self.process.stdout.readline()
            assert line, f"ended without {pattern!r}: {self.said}"
            self.said += line
        return found

    def end(self) -> int:
        """Wait for its end and read the rest."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait(timeout=20)


@contextmanager
def running(script: str, *arguments: str) -> Iterator[Running]:
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Under nohup the tests ignore it, and so would the process.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    ) as process:
        yield Running(process)
        process.kill()


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_lines_stand_behind_the_name_of_their_process() -> None:
    with running(RUNNER, SLEEPER, SLEEPER) as supervisor:
        supervisor.read_until(r"\d\d:\d\d:\d\d part0    \| process \d+")
        supervisor.read_until(r"\d\d:\d\d:\d\d part1    \| process \d+")


def test_a_process_that_ends_is_named_and_the_others_are_stopped() -> None:
    with running(RUNNER, SLEEPER, "/bin/sh -c 'echo out of paper; sleep 1; exit 3'") as supervisor:
        (sleeper,) = supervisor.read_until(r"process (\d+)")
        code = supervisor.end()

    assert 1 == code
    assert "part1 has ended (exit code 3)" in supervisor.said
    assert "Its last words: out of paper" in supervisor.said
    assert not is_alive(int(sleeper))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 0),  # a person's Ctrl-C is no failure
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),  # the terminal was closed
    ],
)
def test_a_signal_ends_everything(number: signal.Signals, code: int) -> None:
    with running(RUNNER, SLEEPER, SLEEPER) as supervisor:
        processes = supervisor.read_until(r"process (\d+)", times=2)
        supervisor.process.send_signal(number)

        assert code == supervisor.end()
    assert not any(is_alive(int(process)) for process in processes)


def test_a_killed_supervisor_leaves_nothing_behind() -> None:
    with running(RUNNER, SLEEPER, SLEEPER) as supervisor:
        processes = supervisor.read_until(r"process (\d+)", times=2)
        supervisor.process.kill()

        wait_until(lambda: not any(is_alive(int(process)) for process in processes))


def test_where_the_kernel_tells_no_death_a_watcher_ends_the_child() -> None:
    with running(WATCHED, str(LAUNCHER)) as parent:
        (process,) = parent.read_until(r"process (\d+)")
        assert is_alive(int(process))
        parent.process.kill()
        parent.process.wait()

        wait_until(lambda: not is_alive(int(process)))


@pytest.mark.parametrize("command", [STUBBORN, WITH_CHILD])
def test_who_does_not_listen_is_killed_with_its_children(command: str) -> None:
    with running(RUNNER, command) as supervisor:
        (process,) = supervisor.read_until(r"process (\d+)")
        supervisor.process.terminate()
        supervisor.end()

    wait_until(lambda: not is_alive(int(process)))


def test_a_second_signal_does_not_interrupt_the_end() -> None:
    with running(RUNNER, STUBBORN) as supervisor:
        (process,) = supervisor.read_until(r"process (\d+)")
        supervisor.process.send_signal(signal.SIGINT)
        supervisor.read_until("stopping everything")
        supervisor.process.send_signal(signal.SIGINT)

        assert 0 == supervisor.end()
    wait_until(lambda: not is_alive(int(process)))


def test_a_server_that_dies_is_started_again_once(tmp_path: Path) -> None:
    with running(SERVER, str(tmp_path / "valkey")) as supervisor:
        (first,) = supervisor.read_until(r"process (\d+)")
        os.kill(int(first), signal.SIGKILL)
        supervisor.read_until("Valkey has ended by itself and is started again")
        (second,) = supervisor.read_until(r"again as process (\d+)")
        os.kill(int(second), signal.SIGKILL)

        assert supervisor.end()
    assert "Valkey ended twice within 60 s, so everything is stopped" in supervisor.said
