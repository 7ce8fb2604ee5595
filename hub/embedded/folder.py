"""What does an embedded server keep in its state folder, and who may use it now?"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from hub.embedded.errors import EmbeddedError

OPEN_TO_PASS = 0o711
LARGEST_LOG = 10_000_000


class ServerFolder:
    """Port, password, log and lock of one server. One process at a time owns it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    @property
    def log(self) -> Path:
        """Where the server's own words go."""
        return self.path / "log"

    def prepare(self) -> None:
        """Make the folder; refuse a place that cannot be written."""
        try:
            if not self.path.is_dir():
                self.path.mkdir(parents=True, exist_ok=True)
                self.path.chmod(OPEN_TO_PASS)
            (self.path / "lock").touch()
        except OSError as problem:
            raise EmbeddedError(
                f"The state folder {self.path} cannot be written: {problem.strerror}."
                " Choose a folder that can with HUB_HOME."
            ) from problem

    def claim(self) -> bool:
        """Become the owner, unless another process is."""
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def release(self) -> None:
        """Let others own it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def is_owned(self) -> bool:
        """Does this object hold the lock?"""
        return self._lock is not None

    def port(self) -> int | None:
        """The port used last."""
        try:
            return int((self.path / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def remember_port(self, port: int) -> None:
        """Keep the port for the next start."""
        self._write("port", f"{port}\n")

    def password(self) -> str:
        """The server's password, drawn once and readable by its owner only."""
        try:
            return (self.path / "password").read_text().strip()
        except FileNotFoundError:
            password = secrets.token_urlsafe(24)
            self._write("password", f"{password}\n")
            return password

    def has_password(self) -> bool:
        """Was a password drawn before?"""
        return (self.path / "password").is_file()

    def open_log(self) -> int:
        """A handle to append to the log, whose older half is dropped when it grows large."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.path / "log.before")
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def last_words(self, lines: int = 5) -> str:
        """The end of the log, for a message."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _write(self, name: str, content: str) -> None:
        """Write a whole file or none, readable by its owner only."""
        draft = self.path / f".{name}.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        draft.replace(self.path / name)
