"""Does a web process that cannot start say why in one line?"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SERVERS = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/hub", "REDIS_URL": "redis://127.0.0.1:1/0"}


def start(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run uvicorn as the Procfile does, in a folder without a hub.toml."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "--factory", "hub.app:create_app", *arguments],
        env=clean | environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        (["--host", "192.0.2.7"], SERVERS, "HUB_ACCESS_TOKEN"),
        ([], {}, "DATABASE_URL is not set"),
        ([], SERVERS | {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        ([], SERVERS | {"HUB_CONFIG": "nowhere.toml"}, "nowhere.toml"),
        ([], SERVERS | {"HUB_ACCESS_TOKEN": "short"}, "access_token"),
    ],
    ids=["open-to-all", "no-database", "wrong-database", "no-file", "short-token"],
)
def test_a_wrong_setting_ends_the_start_with_the_way_out(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], expected: str
) -> None:
    ended = start(tmp_path, "--port", "0", *arguments, **environ)

    assert ended.returncode == 1
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        ended = start(tmp_path, "--port", port, **SERVERS)

    assert ended.returncode == 3
    assert port in ended.stdout
    assert "address already in use" in ended.stdout
    assert "Traceback" not in ended.stderr + ended.stdout


def test_the_module_is_imported_at_once() -> None:
    """Importing reads no environment, opens nothing and loads none of the heavy packages."""
    heavy = "sqlalchemy strawberry rq rq_dashboard flask sentry_sdk alembic jinja2 pyairtable"
    code = f"import sys, hub.app; print([m for m in '{heavy}'.split() if m in sys.modules])"

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == "[]"
