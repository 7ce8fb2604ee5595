"""Does the unmodified airtable.js, run by Node, take the stand-in for Airtable?

The checks are in `airtable_js/*.mjs`, one test each; Node and npm come from a wheel, airtable.js
from its lock file by `make test`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_base import sample
from sandbox_server import SandboxServer

FOLDER = Path(__file__).parent / "airtable_js"
NODE = Path(sys.executable).parent / "node"
IS_SET_UP = (FOLDER / "node_modules/airtable/package.json").exists()


def _names() -> list[str]:
    if not IS_SET_UP:
        return ["everything"]
    listed = subprocess.run(
        [NODE, "run.mjs", "--list"], cwd=FOLDER, check=True, capture_output=True, text=True
    )
    return listed.stdout.splitlines()


@pytest.fixture(scope="module")
def node() -> Iterator[subprocess.Popen[str]]:
    """One Node for all checks; a check asks it by name."""
    if not IS_SET_UP:
        pytest.skip("airtable.js is not installed: run `make test`")
    with subprocess.Popen(
        [NODE, "run.mjs"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


@pytest.mark.parametrize("name", _names())
def test_airtable_js(node: subprocess.Popen[str], sandbox: SandboxServer, name: str) -> None:
    assert node.stdin is not None
    assert node.stdout is not None
    sandbox.load(sample(clients=3, deals=250))
    asked = {"name": name, "url": sandbox.url, "token": sandbox.token}
    node.stdin.write(json.dumps(asked) + "\n")
    node.stdin.flush()
    trouble = json.loads(node.stdout.readline())["trouble"]

    assert trouble is None, trouble


def test_the_client_is_the_published_one(node: subprocess.Popen[str]) -> None:
    installed = json.loads((FOLDER / "node_modules/airtable/package.json").read_text())
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]

    assert "0.12.2" == installed["version"]
    assert locked["node_modules/airtable"]["integrity"].startswith("sha512-")
    assert not any("resolved" in package for package in locked.values())
