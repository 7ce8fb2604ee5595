"""How do several processes run as one, and end as one?"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hub.cli.console import Console
from hub.cli.stopping import ToldToStop
from hub.embedded import process
from hub.embedded.server import EmbeddedServer
from hub.errors import HubError

STOP_SECONDS = 8.0
GLANCE_SECONDS = 0.25
# A server that dies twice within this time is not started again.
STEADY_SECONDS = 60.0
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class ProcessEnded(HubError):
    """A process that should run for ever has ended."""

    code = "PROCESS_ENDED"


class StartFailed(HubError):
    """A part of the hub did not come up."""

    code = "START_FAILED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """One process to run: a shell command as in a Procfile, or words."""

    name: str
    command: str | tuple[str, ...]
    environ: Mapping[str, str]


class Supervisor:
    """Starts programs, shows what they say, and stops them all when one ends."""

    def __init__(
        self, console: Console, folder: Path, *, patience_seconds: float = STOP_SECONDS
    ) -> None:
        process.adopt_orphans()
        self.console = console
        self._patience = patience_seconds
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: dict[EmbeddedServer, float] = {}
        self._readers: dict[str, threading.Thread] = {}
        self._last_words: dict[str, str] = {}

    def watch(self, server: EmbeddedServer) -> None:
        """Start this server again when it dies, and stop it at the end."""
        self._servers[server] = 0.0

    def start(self, program: Program) -> None:
        """Start a program; its lines appear behind its name."""
        words = program.command
        if isinstance(words, str):
            # The shell becomes the program, so that signals reach it.
            words = ("/bin/sh", "-c", f"exec {words}")
        child = process.spawn(
            words,
            environ=program.environ,
            folder=self._folder,
            output=subprocess.PIPE,
        )
        self._children[program.name] = child
        reader = threading.Thread(
            target=self._follow, args=(program.name, child), name=program.name, daemon=True
        )
        reader.start()
        self._readers[program.name] = reader

    def run(self) -> None:
        """Watch until something ends.

        Raises:
            ProcessEnded: a process ended by itself.
            ToldToStop: by a signal.
        """
        while True:
            self.check()
            time.sleep(GLANCE_SECONDS)

    def check(self) -> None:
        """One look at everything: what ended, and which server must be started again.

        Raises:
            ProcessEnded: a process ended by itself.
        """
        for server in self._servers:
            if server.is_owner and not server.is_running():
                self._start_again(server)
        for name, child in self._children.items():
            code = child.poll()
            if code is not None:
                raise ProcessEnded(self._obituary(name, code))

    def wait_until(self, is_true: Callable[[], bool], what: str, seconds: float) -> None:
        """Look again and again, while every process lives.

        Raises:
            ProcessEnded: a process ended meanwhile.
            StartFailed: it did not come true in time.
        """
        deadline = time.monotonic() + seconds
        while not is_true():
            self.check()
            if time.monotonic() > deadline:
                raise StartFailed(f"{what} did not happen within {seconds:.0f} s.")
            time.sleep(0.02)

    def stop_all(self) -> None:
        """End the programs, then the servers they need; nothing stays behind."""
        stoppers = [
            threading.Thread(target=process.stop, args=(child, (signal.SIGTERM, self._patience)))
            for child in self._children.values()
        ]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()
        self._children.clear()
        self._end_leftovers()
        for server in self._servers:
            server.stop()

    def _end_leftovers(self) -> None:
        """A worker that was killed, or did not listen, leaves the job in hand behind."""
        needed: set[int] = set()
        for server in self._servers:
            root = server.process_id()
            if root is not None:
                needed |= {root, *process.descendants(root)}
        for leftover in process.descendants(os.getpid()):
            if leftover not in needed:
                process.kill(leftover)

    def _start_again(self, server: EmbeddedServer) -> None:
        began = self._servers[server]
        if began and time.monotonic() - began < STEADY_SECONDS:
            raise ProcessEnded(
                f"{server.title} ended twice within {STEADY_SECONDS:.0f} s, so everything is"
                f" stopped. Its log: {server.folder.log}"
            )
        self.console.log("hub", f"{server.title} has ended by itself and is started again.")
        self._servers[server] = time.monotonic()
        server.start()
        self.console.log("hub", f"{server.title} runs again as process {server.process_id()}.")

    def _obituary(self, name: str, code: int) -> str:
        # A grandchild may hold the pipe open, so this does not wait for its end.
        self._readers[name].join(timeout=0.5)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        last = self._last_words.get(name)
        said = f" Its last words: {last}" if last else ""
        return f"{name} has ended ({how}), so everything is stopped.{said}"

    def _follow(self, name: str, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None  # noqa: S101  # a pipe, see start
        with child.stdout:
            for line in child.stdout:
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._last_words[name] = text
                    self.console.log(name, text)


@contextmanager
def ended_by_signals(supervisor: Supervisor, console: Console) -> Iterator[None]:
    """Within, Ctrl-C, SIGTERM and a closed terminal end the work; afterwards nothing is left."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise ToldToStop(number)

    numbers = [signal.SIGINT, *ENDING_SIGNALS]
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        numbers.remove(signal.SIGHUP)  # started by nohup
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    except ToldToStop as told:
        console.line(f"\n{told}: stopping everything.")
        raise
    finally:
        # A second Ctrl-C must not leave half of it running.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop_all()
        for number, handler in before.items():
            signal.signal(number, handler)
