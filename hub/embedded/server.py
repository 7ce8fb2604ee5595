"""What have the embedded servers in common: one owner, a kept port, a clean end?"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from hub.embedded import process
from hub.embedded.errors import EmbeddedError
from hub.embedded.folder import ServerFolder
from hub.embedded.ports import free_port, holder_of, is_free

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 30.0
GLANCE_SECONDS = 0.01
ATTEMPTS = 3


class EmbeddedServer(ABC):
    """A real server on 127.0.0.1 with its data in a folder.

    The first process to start it owns it and stops it; whoever starts it meanwhile is a guest
    of the running one. Should the owner be killed, the server ends with it.
    """

    title: ClassVar[str]
    escalation: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.folder = ServerFolder(folder)
        self.durable = durable
        self._wanted_port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._started_by = 0

    @property
    def is_owner(self) -> bool:
        """Did this object start the server, and must it stop it?"""
        return self._process is not None

    def is_running(self) -> bool:
        """Is the server that this object started still there?"""
        return self._process is not None and self._process.poll() is None

    def process_id(self) -> int | None:
        """The number of the server's process, for the owner."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """Start the server, or find it running, and return its URL."""
        if self.is_running():
            return self.url()
        self.folder.prepare()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.folder.is_owned and not self.folder.claim():
            if self._guest_is_served():
                return self.url()
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process holds {self.folder.path} and its {self.title} does not"
                    " answer. Stop that process, then start again."
                )
            time.sleep(GLANCE_SECONDS)
        try:
            self._end_orphan()
            self._prepare()
            self._start_on_some_port(deadline)
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)
        return self.url()

    def stop(self) -> None:
        """End the server cleanly, if this process started it."""
        if self._process is not None and self._started_by == os.getpid():
            process.stop(self._process, *self.escalation)
            self._process = None
            atexit.unregister(self.stop)
        self.folder.release()

    @abstractmethod
    def url(self) -> str:
        """The address to connect to, password included."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data where there is none."""

    @abstractmethod
    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        """Start the program."""

    @abstractmethod
    def _is_ready(self, port: int) -> bool:
        """Does the server we started take commands?"""

    @abstractmethod
    def _guest_is_served(self) -> bool:
        """Does the server of another owner take commands?"""

    @abstractmethod
    def _end_orphan(self) -> None:
        """Stop a server whose owner was killed and which is not gone yet."""

    def _start_on_some_port(self, deadline: float) -> None:
        for attempt in range(ATTEMPTS):
            port = self._choose_port(retrying=attempt > 0)
            self._process = self._launch(port)
            self._started_by = os.getpid()
            if self._becomes_ready(port, deadline):
                self.folder.remember_port(port)
                return
            # Somebody took the port in the moment between looking and listening.
            if is_free(port):
                break
        raise EmbeddedError(
            f"{self.title} did not start in {self.folder.path}. Its last words:\n"
            f"{self.folder.last_words()}\nThe whole log: {self.folder.log}"
        )

    def _choose_port(self, *, retrying: bool) -> int:
        if self._wanted_port is not None:
            if not is_free(self._wanted_port):
                raise EmbeddedError(
                    f"Port {self._wanted_port}, wanted for {self.title}, is held by"
                    f" {holder_of(self._wanted_port)}. Stop it or choose another port."
                )
            return self._wanted_port
        kept = self.folder.port()
        if kept is None or retrying:
            return free_port()
        if is_free(kept):
            return kept
        port = free_port()
        logger.warning(
            "%s takes port %d now: its port %d is held by %s.",
            self.title,
            port,
            kept,
            holder_of(kept),
        )
        return port

    def _becomes_ready(self, port: int, deadline: float) -> bool:
        assert self._process is not None  # noqa: S101  # set by the only caller
        while self._process.poll() is None:
            if self._is_ready(port):
                return True
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.title} does not answer on port {port} after"
                    f" {PATIENCE_SECONDS:.0f} s. Its log: {self.folder.log}"
                )
            time.sleep(GLANCE_SECONDS)
        return False
