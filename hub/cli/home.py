"""Where does the hub keep its state on this machine, and who is using it now?"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub.errors import ConfigError, HubError

DEFAULT_HOME = Path(".hub")


class AlreadyRunning(HubError):
    """The hub runs already with this state folder."""

    code = "ALREADY_RUNNING"


def home_folder(environ: Mapping[str, str]) -> Path:
    """`HUB_HOME`, or `.hub` in the current folder."""
    return Path(environ.get("HUB_HOME") or DEFAULT_HOME).absolute()


def prepare_home(home: Path) -> None:
    """Make the state folder.

    Raises:
        ConfigError: the folder cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise ConfigError(
            f"The state folder {home} cannot be written: {problem.strerror}."
            " Name another one, for example: HUB_HOME=~/hub-state hub demo"
        ) from problem


@contextmanager
def sole_user(home: Path) -> Iterator[None]:
    """Within, no other process may run the hub on this state folder.

    Raises:
        AlreadyRunning: names the process that does.
    """
    handle = os.open(home / "running.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            holder = os.read(handle, 100).decode().strip() or "another process"
            raise AlreadyRunning(
                f"The hub runs already on {home} ({holder}). Use that one, stop it with Ctrl-C,"
                " or start a second one beside it: HUB_HOME=.hub-two hub demo"
            ) from problem
        os.truncate(handle, 0)
        os.write(handle, f"process {os.getpid()}\n".encode())
        yield
        os.truncate(handle, 0)
    finally:
        os.close(handle)
