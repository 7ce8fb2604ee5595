"""Does the command line say clearly what is wrong, and never with a traceback?"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hub.cli.console import Console
from hub.cli.demo_data import DemoFolder
from hub.cli.demo_start import choose_port
from hub.cli.main import COMMANDS

HUB = Path(sys.executable).with_name("hub")
IS_ROOT = os.geteuid() == 0


def hub(
    *arguments: str | Path, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [HUB, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def test_the_help_lists_every_command() -> None:
    listed = hub("--help").stdout

    for name in COMMANDS:
        assert re.search(rf"^  {name} ", listed, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    done = hub(name, "--help")

    assert 0 == done.returncode, done.stderr
    assert f"Usage: hub {name}" in done.stdout


def test_the_help_imports_no_database_and_no_server() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, hub.cli.main; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"sqlalchemy", "alembic", "redis", "pydantic", "uvicorn", "rich"} & set(loaded)


def test_an_unknown_command_is_a_usage_error() -> None:
    done = hub("wrker")

    assert 2 == done.returncode
    assert "No such command 'wrker'" in done.stderr


def test_a_taken_port_is_named_with_its_holder_and_the_next_step(
    tmp_path: Path, taken_port: int
) -> None:
    done = hub("demo", "--port", str(taken_port), environ={"HUB_HOME": str(tmp_path)})

    assert 1 == done.returncode
    assert f"Error: Port {taken_port} is held by" in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert f"hub demo --port {taken_port + 1}" in done.stderr


def test_where_the_usual_port_is_taken_the_next_free_one_is_used_and_said(
    taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    port = choose_port(None, taken_port, "--port", Console())

    assert port > taken_port
    assert f"Port {taken_port} is held by" in capsys.readouterr().out


def test_a_state_folder_that_cannot_be_written_is_named() -> None:
    done = hub("demo", environ={"HUB_HOME": "/proc/hub"})

    assert 1 == done.returncode
    assert "Error: The state folder /proc/hub cannot be written" in done.stderr
    assert "HUB_HOME=" in done.stderr


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_read_only_state_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    done = hub("demo", environ={"HUB_HOME": str(tmp_path)})

    assert 1 == done.returncode
    assert f"{tmp_path} cannot be written: Permission denied" in done.stderr


def test_a_file_in_place_of_the_state_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = hub("demo", environ={"HUB_HOME": str(tmp_path / "file")})

    assert 1 == done.returncode
    assert f"{tmp_path / 'file'} cannot be written" in done.stderr


def test_a_folder_of_sheets_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = hub("demo", "--data", tmp_path / "none", environ={"HUB_HOME": str(tmp_path)})

    assert 2 == done.returncode
    assert "does not exist" in done.stderr


def test_a_folder_without_sheets_is_named(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets"
    sheets.mkdir()

    done = hub(
        "demo", "--data", sheets, "--port", "0", "--grid-port", "0",
        environ={"HUB_HOME": str(tmp_path / "home")},
    )  # fmt: skip

    DemoFolder(tmp_path / "home").erase()
    assert 1 == done.returncode
    assert str(sheets) in done.stderr


def test_a_mark_that_cannot_be_read_leads_to_reset(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{half")

    done = hub("demo", environ={"HUB_HOME": str(tmp_path)})

    assert 1 == done.returncode
    assert "hub demo --reset" in done.stderr


def test_up_without_a_file_says_where_one_comes_from(tmp_path: Path) -> None:
    done = hub("up", folder=tmp_path)

    assert 1 == done.returncode
    assert "There is no hub.toml here" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nport = 'x'\n", "web.port"),  # a value that does not fit
        ("[wbe]\n", "wbe"),  # a near miss
        ("[web\n", "hub.toml:1"),  # no TOML
    ],
)
def test_a_broken_hub_toml_is_named_by_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "hub.toml").write_text(text)

    done = hub("up", folder=tmp_path)

    assert 1 == done.returncode
    assert "hub.toml" in done.stderr
    assert said in done.stderr


def test_up_refuses_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "hub.toml").write_text(f"[web]\nport = {taken_port}\n")

    done = hub("up", folder=tmp_path)

    assert 1 == done.returncode
    assert f"Port {taken_port} is held by" in done.stderr


def test_migrating_needs_a_database(tmp_path: Path) -> None:
    done = hub("db", "migrate", folder=tmp_path)

    assert 1 == done.returncode
    assert "set DATABASE_URL" in done.stderr


def test_a_database_that_does_not_answer_is_named(tmp_path: Path, free_port: int) -> None:
    done = hub(
        "db", "status", folder=tmp_path,
        environ={"DATABASE_URL": f"postgresql://hub:secret@127.0.0.1:{free_port}/hub"},
    )  # fmt: skip

    assert 1 == done.returncode
    assert str(free_port) in done.stderr
    assert "secret" not in done.stderr


def test_an_empty_database_is_migrated_once(tmp_path: Path, empty_database_url: str) -> None:
    environ = {"DATABASE_URL": empty_database_url}

    before = hub("db", "status", folder=tmp_path, environ=environ)
    first = hub("db", "migrate", folder=tmp_path, environ=environ)
    second = hub("db", "migrate", folder=tmp_path, environ=environ)
    after = hub("db", "status", "--json", folder=tmp_path, environ=environ)

    assert 1 == before.returncode
    assert "Migrated from an empty database" in first.stdout
    assert "Nothing to do" in second.stdout
    assert 0 == after.returncode
    assert '"is_current": true' in after.stdout
