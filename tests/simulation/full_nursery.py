"""How does the full simulation get real workers within milliseconds?

Run as a program: it imports what a worker and a scheduler need, then forks one for each line that
it is given. Every child is a process of its own that reads hub.toml, opens its own connections and
can be killed; RQ forks its jobs from it as always.

Steps are watched from here; the product has no switch for it. A file in the folder `doom` named
after a step and a moment condemns the next worker that comes there. Pauses that the product
takes after a refusal are shortened, so that a day's trouble fits into seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from simulation.full_clock import going_by
from simulation.steps import watched

from hub.embedded import process

PR_SET_PDEATHSIG = 1
SHORTENED: tuple[tuple[str, Any], ...] = (
    ("connectors.airtable.requests.PENALTY_SECONDS", 0.3),
    ("hub.sync.failures.BUG_PAUSE_SECONDS", 1.0),
    ("workers.schedules.LONGEST_BACKOFF", timedelta(seconds=2)),
    ("workers.schedules.LONGEST_LOOK", timedelta(seconds=1)),
    ("workers.schedules.SWEEP", timedelta(seconds=0.4)),
)
"""Minutes of the product that are seconds here."""


class Doom:
    """Steps at which the next worker dies. The driver writes, the workers read."""

    def __init__(self, folder: Path, nursery: int | None = None) -> None:
        self.nursery = nursery
        self.waiting = folder / "doom"
        self.struck = folder / "struck"

    def prepare(self) -> None:
        """Nobody is condemned."""
        for folder in (self.waiting, self.struck):
            folder.mkdir(exist_ok=True)
            for file in folder.iterdir():
                file.unlink()

    def pardon(self) -> None:
        """Nobody is condemned any more; the dead are remembered."""
        for file in self.waiting.iterdir():
            with contextlib.suppress(FileNotFoundError):
                file.unlink()

    def condemn(self, step: str, moment: str, *, whole: bool) -> None:
        """The next worker that comes there dies: the whole of it, or only its job's process."""
        (self.waiting / f"{step}.{moment}").write_text("worker" if whole else "job")

    def met(self) -> list[str]:
        """Steps at which a worker has died."""
        return sorted(file.name for file in self.struck.iterdir())

    def reach(self, step: str, moment: str) -> None:
        """A worker comes to a step."""
        file = self.waiting / f"{step}.{moment}"
        if not file.exists():
            return
        number = len(list(self.struck.iterdir()))
        try:
            whole = file.read_text() == "worker"
            file.rename(self.struck / f"{moment} {step}.{number}.{os.getpid()}")
        except FileNotFoundError:  # another worker was quicker
            return
        # A job whose worker is dead already is a child of the nursery by now.
        if whole and os.getppid() != self.nursery:
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


class Nursery:
    """The driver's end: starts workers and schedulers, and knows who lives."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.doom = Doom(folder)
        self.doom.prepare()
        self.log = folder / "workers.log"
        with self.log.open("ab") as log:
            self._program = subprocess.Popen(
                [sys.executable, str(Path(__file__)), str(folder)],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self, kind: str) -> int:
        """Fork a `worker` or a `scheduler`; its process number."""
        return int(self._ask({"start": kind})["process"])

    def alive(self) -> set[int]:
        """The processes that were started and live."""
        return set(self._ask({"alive": True})["processes"])

    def end_all(self) -> None:
        """Kill whatever was started, and whatever that started."""
        self._ask({"end": True})

    def close(self) -> None:
        """End the program itself."""
        if self._program.poll() is None:
            self.end_all()
            self._program.communicate("", timeout=10)

    def _ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(wish) + "\n")
        self._program.stdin.flush()
        line = self._program.stdout.readline()
        if not line:
            raise RuntimeError(f"the nursery ended: {self.log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _serve(folder: Path) -> None:
    import connectors
    from hub.sync import attend as _attend
    from workers import main as program
    from workers import schedules as _schedules

    del _attend, _schedules
    connectors.load("airtable").preload()
    process.adopt_orphans()
    children: dict[int, str] = {}
    doom = Doom(folder, os.getpid())
    run = {"worker": program.run_worker, "scheduler": program.run_scheduler}
    for line in sys.stdin:
        wish = json.loads(line)
        answer: dict[str, Any] = {}
        _reap(children)
        if "start" in wish:
            kind = wish["start"]
            number = os.fork()
            if number == 0:
                _live(kind, run[kind], doom, folder)
            children[number] = kind
            answer = {"process": number}
        elif "alive" in wish:
            answer = {"processes": sorted(children)}
        elif "end" in wish:
            while found := process.descendants(os.getpid()):
                for number in found:
                    process.kill(number)
            children.clear()
        print(json.dumps(answer), flush=True)


def _reap(children: dict[int, str]) -> None:
    """Bury the dead, adopted ones too, so that nobody takes them for living."""
    while True:
        try:
            number, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if number == 0:
            return
        children.pop(number, None)


def _live(kind: str, run: Callable[[], None], doom: Doom, folder: Path) -> None:
    """A child's whole life."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.dup2(2, 1)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    code = 1
    try:
        with ExitStack() as stack:
            for target, value in SHORTENED:
                module, name = target.rsplit(".", 1)
                if hasattr(importlib.import_module(module), name):
                    stack.enter_context(patch(target, value))
            stack.enter_context(going_by(folder))
            if kind == "worker":
                stack.enter_context(watched(doom.reach))
            run()
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{kind} {os.getpid()}: {type(error).__name__} {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
