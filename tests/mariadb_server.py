"""How does a test get a real MariaDB, where Debian's packages brought one?"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pymysql

from hub.embedded.ports import free_port

MISSING = (
    "MariaDB is not installed here"
    " (on Debian: apt-get install mariadb-server-core mariadb-client-core)"
)
_STARTS_SECONDS = 30


def binary() -> str | None:
    """The server's program."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    return shutil.which("mariadbd", path=places)


class MariaDbServer:
    """A server of its own, with its data in a folder; `admin_url` may do anything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> MariaDbServer:
        program = binary()
        if program is None:
            raise RuntimeError(MISSING)
        data = self._folder / "mariadb"
        data.mkdir()
        user = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', 'mysql')}"]
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", *user],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        self._process = subprocess.Popen(
            [program, "--no-defaults", f"--datadir={data}", f"--port={self._port}",
             "--bind-address=127.0.0.1", f"--socket={data}/socket", "--skip-name-resolve",
             "--innodb-flush-log-at-trx-commit=0", *user],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _STARTS_SECONDS
        while True:
            try:
                self.admin().close()
                return self
            except pymysql.err.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def admin(self) -> pymysql.Connection:
        return pymysql.connect(host="127.0.0.1", port=self._port, user="root", autocommit=True)

    def url(self, user: str, password: str, database: str) -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self._port}/{database}"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
