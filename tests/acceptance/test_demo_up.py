"""Does the hub start for real use, on servers of its own and on given ones?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.embedded.postgres import EmbeddedPostgres

HUB = Path(sys.executable).with_name("hub")
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hub-up-"))
    path.chmod(0o711)
    (path / "hub.toml").write_text("[hub]\nhome = 'state'\n")
    yield path
    EmbeddedPostgres(path / "state" / "postgres").erase()
    subprocess.run(["rm", "-rf", path], check=True)


@contextmanager
def up(folder: Path, port: int, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """The hub, once it says that it runs."""
    with subprocess.Popen(
        [HUB, "up", "--port", str(port)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "The hub is running" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def is_ready(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=10) as answer:
        ready: bool = json.load(answer)["ready"]
    return ready


def test_without_servers_it_brings_its_own(folder: Path, free_port: int) -> None:
    with up(folder, free_port) as process:
        assert is_ready(free_port)

    assert 0 == process.returncode
    assert (folder / "state" / "postgres" / "port").is_file()
    assert (folder / "state" / "valkey" / "port").is_file()


def test_given_servers_are_used_and_left_running(
    folder: Path, free_port: int, empty_database_url: str, redis_url: str
) -> None:
    with up(folder, free_port, DATABASE_URL=empty_database_url, REDIS_URL=redis_url) as process:
        assert is_ready(free_port)

    assert 0 == process.returncode
    assert not (folder / "state" / "postgres").exists()
    assert not (folder / "state" / "valkey").exists()
