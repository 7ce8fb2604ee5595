"""How are child processes started and stopped so that none is left behind?"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import IO, TypeAlias

from hub.embedded.account import Account

LAUNCHER = Path(__file__).with_name("launch.py")
UNCHANGED = -1
PR_SET_CHILD_SUBREAPER = 36
_Output: TypeAlias = int | IO[bytes] | None


class _Spawner:
    """One thread that starts every child and lives as long as the process.

    The kernel counts the end of the *thread* that started a child as the parent's death.
    """

    def __init__(self) -> None:
        self._wanted: queue.SimpleQueue[tuple[Future[subprocess.Popen[bytes]], dict[str, object]]]
        self._wanted = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="spawner", daemon=True).start()

    def start(self, options: dict[str, object]) -> subprocess.Popen[bytes]:
        started: Future[subprocess.Popen[bytes]] = Future()
        self._wanted.put((started, options))
        return started.result()

    def _serve(self) -> None:
        while True:
            started, options = self._wanted.get()
            try:
                started.set_result(subprocess.Popen(**options))  # type: ignore[call-overload]  # see spawn
            except OSError as problem:
                started.set_exception(problem)


@cache
def _spawner_of(process: int) -> _Spawner:
    """A forked process has none of its parent's threads, hence one for each."""
    return _Spawner()


def spawn(
    command: Sequence[str | Path],
    *,
    at_parents_death: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: _Output = None,
    errors: _Output = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that gets a signal when this process ends."""
    user = (account.uid, account.gid) if account else (UNCHANGED, UNCHANGED)
    head = [sys.executable, "-I", "-S", LAUNCHER, os.getpid(), int(at_parents_death), *user, "--"]
    return _spawner_of(os.getpid()).start(
        {
            "args": [str(word) for word in (*head, *command)],
            "env": dict(environ) if environ is not None else None,
            "cwd": folder or "/",
            "stdin": subprocess.DEVNULL,
            "stdout": output,
            "stderr": errors,
            "start_new_session": True,
        }
    )


def stop(process: subprocess.Popen[bytes], *escalation: tuple[signal.Signals, float]) -> None:
    """Send one signal after the other, each with its seconds of patience, then SIGKILL."""
    for number, patience in escalation:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def adopt_orphans() -> None:
    """From now on a grandchild whose parent died is this process's child, where Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def kill(process: int) -> None:
    """End a descendant at once, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)  # adopted, so nobody else does


def descendants(process: int) -> list[int]:
    """A process's children and theirs, as far as the operating system tells."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "12 (name) S 11 ...": the parent comes second behind the name's bracket.
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # ended meanwhile
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found: list[int] = []
    waiting = [process]
    while waiting:
        grown = children.get(waiting.pop(), [])
        found += grown
        waiting += grown
    return found


def is_alive(process: int) -> bool:
    """Is there a process of this number?"""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(process: int) -> str:
    """The words a process was started with; empty when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        found = subprocess.run(  # noqa: S603  # a number, nothing else
            ["ps", "-o", "args=", "-p", str(process)],  # noqa: S607  # ps is where PATH says
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout.strip()
