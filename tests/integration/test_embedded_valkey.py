"""Does the embedded Redis-protocol server start, stop and keep what it was told?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from hub.embedded.errors import EmbeddedError
from hub.embedded.process import is_alive
from hub.embedded.valkey import EmbeddedValkey

OWNER = """
import sys
from pathlib import Path
from hub.embedded.valkey import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "valkey"
    EmbeddedValkey(tmp_path / "valkey").erase()


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True)


def process_of(url: str) -> int:
    with client(url) as connection:
        return int(connection.info("server")["process_id"])


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 15
    while is_alive(process):
        assert time.monotonic() < deadline, f"process {process} is still there"
        time.sleep(0.01)


def test_each_test_sees_an_empty_server(redis_url: str) -> None:
    with client(redis_url) as connection:
        assert 0 == connection.dbsize()
        connection.set("left", "over")


def test_each_test_sees_an_empty_server_again(redis_url: str) -> None:
    with client(redis_url) as connection:
        assert 0 == connection.dbsize()
        connection.set("left", "over")


def test_keys_and_port_are_kept_between_starts(folder: Path) -> None:
    server = EmbeddedValkey(folder)
    url = server.start()
    with client(url) as connection:
        connection.set("kept", "7")
    server.stop()

    assert url == server.start()
    with client(url) as connection:
        assert "7" == connection.get("kept")
    server.stop()


def test_keys_survive_a_killed_server(folder: Path) -> None:
    server = EmbeddedValkey(folder)
    url = server.start()
    with client(url) as connection:
        connection.set("kept", "7")
        connection.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(process_of(url), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.is_running():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert url == server.start()
    with client(url) as connection:
        assert "7" == connection.get("kept")
    server.stop()


def test_a_visitor_without_the_password_is_refused(redis_url: str) -> None:
    _, tail = redis_url.split("@")
    with client(f"redis://{tail}") as connection, pytest.raises(redis.AuthenticationError):
        connection.ping()


def test_the_server_ends_when_its_owner_is_killed(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        process = process_of(owner.stdout.readline().strip())
        owner.kill()

    wait_until_gone(process)


def test_a_second_process_is_a_guest_and_does_not_stop_the_server(folder: Path) -> None:
    owner, guest = EmbeddedValkey(folder), EmbeddedValkey(folder)
    url = owner.start()

    assert url == guest.start()
    guest.stop()
    with client(url) as connection:
        assert connection.ping()
    owner.stop()


def test_a_wanted_port_that_is_taken_is_an_error_that_names_the_holder(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"Port {port}, wanted for Valkey, is held by"):
            EmbeddedValkey(folder, port=port).start()


def test_a_state_folder_that_cannot_be_written_is_named() -> None:
    with pytest.raises(EmbeddedError, match=r"/proc/hub/valkey cannot be written.*HUB_HOME"):
        EmbeddedValkey(Path("/proc/hub/valkey")).start()
