"""How does a test start the whole product in a process of its own?"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hub.demo
from hub.cli.demo_start import RunningDemo
from hub.cli.servers import Servers
from hub.embedded.process import descendants

HUB = Path(sys.executable).with_name("hub")
SHEETS = Path(hub.demo.__file__).parent / "files"
ADDRESSES = re.compile(r"Home +(\S+).*Grid +(\S+)/(app\w+).*token (\S+)", re.DOTALL)


class Demo:
    """A `hub demo` in a process of its own, and what it said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""

    def read_until(self, text: str) -> None:
        """Read its lines until one holds the text."""
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line, f"ended without {text!r}: {self.said}"
            self.said += line
            if text in line:
                return

    def read_on(self) -> None:
        """Read whatever it says from now on, so that it never waits for a reader."""

        def read() -> None:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                self.said += line

        threading.Thread(target=read, daemon=True).start()

    def running(self) -> RunningDemo:
        """Where it says that everything is."""
        found = ADDRESSES.search(self.said)
        assert found
        web, sandbox, base, token = found.groups()
        servers = Servers(database_url="", redis_url="")
        return RunningDemo(base=base, token=token, web=web, sandbox=sandbox, servers=servers)

    def family(self) -> list[int]:
        """Every process it has started."""
        return descendants(self.process.pid)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for its end."""
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait(timeout=30)


@contextmanager
def demo(home: Path, sheets: Path) -> Iterator[Demo]:
    with subprocess.Popen(
        [HUB, "demo", "--data", sheets, "--port", "0", "--grid-port", "0"],
        env={**os.environ, "HUB_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        started = Demo(process)
        try:
            started.read_until("Ctrl-C ends everything")
            yield started
        finally:
            if process.poll() is None:
                process.kill()
