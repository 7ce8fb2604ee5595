"""Does the embedded Postgres start, stop and recover on any machine?"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from hub.embedded.errors import EmbeddedError
from hub.embedded.ports import free_port
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.process import is_alive

IS_ROOT = os.geteuid() == 0
OWNER = """
import sys
from pathlib import Path
from hub.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
print(server.start(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(servers_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = servers_folder / f"own-{request.node.name[:40]}"
    yield path
    with contextlib.suppress(FileNotFoundError):
        EmbeddedPostgres(path).erase()


def ask(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 15
    while is_alive(process):
        assert time.monotonic() < deadline, f"process {process} is still there"
        time.sleep(0.01)


def test_a_wrong_password_is_refused(postgres_server_url: str) -> None:
    head, tail = postgres_server_url.split("@")

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(f"{head}wrong@{tail}")


def test_data_and_port_are_kept_between_starts(folder: Path) -> None:
    first = EmbeddedPostgres(folder, durable=False)
    url = first.start()
    ask(url, "create table kept as select 7 as number")
    first.stop()

    second = EmbeddedPostgres(folder, durable=False)

    assert url == second.start()
    assert 7 == ask(url, "select number from kept")
    second.stop()


def test_starting_twice_is_starting_once(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)

    assert server.start() == server.start()
    server.stop()


def test_stopping_leaves_no_process(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    process = postmaster(server)

    server.stop()

    assert not is_alive(process)


def test_the_password_is_readable_by_its_owner_only(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()

    assert 0o600 == stat.S_IMODE((folder / "password").stat().st_mode)


def test_what_was_committed_survives_a_killed_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    url = server.start()
    ask(url, "create table kept as select 7 as number")
    process = postmaster(server)
    os.kill(process, signal.SIGKILL)
    wait_until_reaped(server)

    assert url == server.start()
    assert 7 == ask(url, "select number from kept")
    server.stop()


def wait_until_reaped(server: EmbeddedPostgres) -> None:
    deadline = time.monotonic() + 5
    while server.is_running():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_lock_file_that_names_another_living_program_is_no_obstacle(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    claim = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    stale = server.data / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *claim[1:]]) + "\n")
    os.chown(stale, server.data.stat().st_uid, server.data.stat().st_gid)

    url = server.start()

    assert 1 == ask(url, "select 1")
    server.stop()


def test_the_server_ends_when_its_owner_is_killed(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline()
        process = postmaster(EmbeddedPostgres(folder))
        owner.kill()

    wait_until_gone(process)


def test_a_start_right_after_the_owner_was_killed_succeeds(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline()
        owner.kill()
    server = EmbeddedPostgres(folder, durable=False)

    assert 1 == ask(server.start(), "select 1")
    server.stop()


def test_a_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    with ThreadPoolExecutor(1) as pool:
        url = pool.submit(server.start).result()

    assert 1 == ask(url, "select 1")
    server.stop()


def test_two_processes_that_start_at_once_share_one_server(folder: Path) -> None:
    with contextlib.ExitStack() as owners:
        both = [
            owners.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", OWNER, str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        urls = [owner.stdout.readline().strip() for owner in both if owner.stdout]

        assert urls[0] == urls[1]
        assert 1 == ask(urls[0], "select 1")


def test_a_port_taken_meanwhile_is_exchanged_and_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    port = server.folder.port()
    with socket.create_server(("127.0.0.1", port or 0)), caplog.at_level(logging.WARNING):
        url = server.start()

        assert f":{port}/" not in url
        assert f"its port {port} is held by" in caplog.text
        assert 1 == ask(url, "select 1")
    server.stop()


def test_a_wanted_port_that_is_taken_is_an_error_that_names_the_holder(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"Port {port}, .* is held by .*pytest.*Stop it"):
            EmbeddedPostgres(folder, port=port).start()


def test_a_state_folder_that_cannot_be_written_is_named() -> None:
    with pytest.raises(EmbeddedError, match=r"/proc/hub/postgres cannot be written.*HUB_HOME"):
        EmbeddedPostgres(Path("/proc/hub/postgres")).start()


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_read_only_state_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(EmbeddedError, match=r"cannot be written: Permission denied.*HUB_HOME"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_data_of_another_major_version_are_left_alone(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")

    with pytest.raises(EmbeddedError, match=r"written by Postgres 15, and this is 18"):
        server.start()


@pytest.mark.skipif(not IS_ROOT, reason="only root can give data away")
def test_data_of_another_user_are_left_alone(folder: Path) -> None:
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    os.chown(server.data, 1, 1)

    with pytest.raises(EmbeddedError, match=r"belong to user daemon, .* would run as nobody"):
        server.start()


@pytest.mark.skipif(not IS_ROOT, reason="only root starts Postgres as another user")
def test_closed_folders_above_keep_their_modes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "postgres", durable=False)
    url = server.start()

    assert 1 == ask(url, "select 1")
    assert 0o700 == stat.S_IMODE(closed.stat().st_mode)
    place = Path((closed / "postgres" / "place").read_text().strip())
    server.erase()
    assert not place.exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root keeps data elsewhere")
def test_a_copied_state_folder_gets_a_server_of_its_own(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    first = EmbeddedPostgres(closed / "one", durable=False)
    first.start()
    subprocess.run(["cp", "-r", closed / "one", closed / "two"], check=True)
    second = EmbeddedPostgres(closed / "two", durable=False)

    second.start()

    assert first.data != second.data
    first.erase()
    second.erase()


def test_statement_statistics_can_be_switched_on(postgres_server_url: str) -> None:
    ask(postgres_server_url, "create extension if not exists pg_stat_statements")

    assert isinstance(ask(postgres_server_url, "select count(*) from pg_stat_statements"), int)


def test_no_thread_waits_for_a_server_that_is_gone(folder: Path) -> None:
    before = threading.active_count()
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()

    assert threading.active_count() <= before + 1
