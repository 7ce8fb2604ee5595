"""Does the stand-in run by itself, keep what it was told, and start quickly?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from click.testing import CliRunner
from pyairtable import Api
from sandbox_base import BASE, CLIENT_0, CLIENTS, DEALS, sample
from sandbox_server import SandboxServer

from hub.sandbox.airtable.state import State
from hub.sandbox.command import sandbox_command

HOOK: dict[str, Any] = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """The command in a process of its own; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.sandbox", "--airtable-port", "0", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_command_serves_a_file_and_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "base.json"
    file.write_text(json.dumps(sample()))
    arguments = ("--load", str(file), "--data", str(tmp_path / "data"), "--no-rate-limit")
    with running(*arguments) as url:
        clients = Api("patSandbox.owner", endpoint_url=url).table(BASE, CLIENTS)
        clients.update(CLIENT_0, {"Name": "changed"})
        made = clients.create({"Name": "made"})
    with running(*arguments) as url:
        clients = Api("patSandbox.owner", endpoint_url=url).table(BASE, CLIENTS)
        assert "changed" == clients.get(CLIENT_0)["fields"]["Name"]
        assert "made" == clients.get(made["id"])["fields"]["Name"]
    with running(*arguments, "--reload") as url:
        clients = Api("patSandbox.owner", endpoint_url=url).table(BASE, CLIENTS)
        assert "C0" == clients.get(CLIENT_0)["fields"]["Name"]


def test_without_tokens_any_bearer_is_the_owner(sandbox: SandboxServer) -> None:
    body = sample()
    del body["tokens"]
    sandbox.load(body)

    assert 200 == sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}", token="whatever")[0]
    assert 401 == sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}", token=None)[0]


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    first = SandboxServer(tmp_path).start()
    first.load(sample(deals=3))
    first.call("POST", f"/v0/bases/{BASE}/webhooks", HOOK)
    first.edit(BASE, CLIENTS, user="Robin", update=[{"id": CLIENT_0, "fields": {"Name": "a"}}])
    _, hooks = first.call("GET", f"/v0/bases/{BASE}/webhooks")
    saved, edits = first.save(), first.edits()
    first.stop()
    second = SandboxServer(tmp_path).start()

    assert saved == second.save()
    assert edits == second.edits()
    assert hooks == second.call("GET", f"/v0/bases/{BASE}/webhooks")[1]
    path = f"/v0/bases/{BASE}/webhooks/{hooks['webhooks'][0]['id']}/payloads"
    assert 2 == second.call("GET", path)[1]["cursor"]
    assert {2} == {second.edit(BASE, CLIENTS, create=[{"fields": {}}])["transaction"]}
    second.stop()


def test_what_is_saved_can_be_loaded(sandbox: SandboxServer) -> None:
    sandbox.load(sample(deals=5))
    saved = sandbox.save()
    sandbox.reset()
    assert {"bases": []} == sandbox.save()
    sandbox.load(saved)

    assert saved == sandbox.save()


def test_ten_thousand_records_are_quick(tmp_path: Path) -> None:
    # In processor time, which another program on the machine does not lengthen.
    server = SandboxServer(tmp_path).start()
    body = sample(clients=100, deals=10_000)
    begun = time.process_time()
    server.load(body)
    loading = time.process_time() - begun
    pages = [_seconds(server, f"/v0/{BASE}/{DEALS}?pageSize=100") for _ in range(20)]
    server.stop()
    begun = time.process_time()
    State(tmp_path).close()
    starting = time.process_time() - begun

    assert loading < 2
    assert median(pages) < 0.02
    assert starting < 0.7


def _seconds(server: SandboxServer, path: str) -> float:
    begun = time.process_time()
    assert 200 == server.call("GET", path)[0]
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", '"bases"'),
        ('{"bases": [{"id": "x", "name": "n", "tables": []}]}', "valid are app and 14"),
        ('{"bases": [{"name": "n"}]}', 'lacks "id"'),
    ],
)
def test_a_file_that_is_no_base_is_told_in_one_line(
    tmp_path: Path, content: str | None, message: str
) -> None:
    file = tmp_path / "base.json"
    if content is not None:
        file.write_text(content)
    result = CliRunner().invoke(sandbox_command, ["--airtable-port", "0", "--load", str(file)])

    assert 1 == result.exit_code
    assert message in result.output
    assert 1 == len(result.output.strip().splitlines())


def test_a_record_that_does_not_fit_names_its_place(sandbox: SandboxServer) -> None:
    body = sample()
    body["bases"][0]["records"][CLIENTS][1]["fields"]["Nme"] = "x"
    with pytest.raises(ValueError, match=r"Clients, record recClient00001.*no field .*Nme"):
        sandbox.load(body)

    assert [] == sandbox.save()["bases"]


def test_a_taken_port_is_told_in_one_line(sandbox: SandboxServer) -> None:
    result = CliRunner().invoke(sandbox_command, ["--airtable-port", str(sandbox.port)])

    assert 1 == result.exit_code
    assert f"127.0.0.1:{sandbox.port} cannot be listened on" in result.output


def test_a_folder_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(
        sandbox_command, ["--airtable-port", "0", "--data", str(tmp_path / "file" / "data")]
    )

    assert 1 == result.exit_code
    assert "Name a folder that can be written with --data." in result.output


def test_a_running_stand_in_is_saved_disturbed_and_emptied(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    sandbox.load(sample(deals=2))
    before, file = sandbox.save(), tmp_path / "saved.json"
    saved = _run("save", str(file), "--url", sandbox.url)
    disturbed = _run("chaos", "--seed", "3", "--rate", "html=1", "--url", sandbox.url)
    assert 502 == sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}")[0]
    calmed = _run("chaos", "--off", "--url", sandbox.url)
    assert 200 == sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}")[0]
    emptied = _run("reset", "--yes", "--url", sandbox.url)

    assert f"1 bases with 5 records written to {file}" == saved
    assert "Seed 3: html 100%" == disturbed
    assert "Every request is served again." == calmed
    assert "The stand-in is empty." == emptied
    assert {"bases": []} == sandbox.save()
    sandbox.load(json.loads(file.read_text()))
    assert before == sandbox.save()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("reset", "--yes", "--url", "http://127.0.0.1:9"), "no stand-in answers there"),
        (("reset", "--yes", "--url", "ftp://x"), "must begin with http://"),
        (("chaos", "--rate", "html"), "valid is KIND=SHARE"),
    ],
)
def test_a_command_that_cannot_be_is_told_in_one_line(
    arguments: tuple[str, ...], message: str
) -> None:
    result = CliRunner().invoke(sandbox_command, arguments)

    assert 1 == result.exit_code
    assert message in result.output
    assert 1 == len(result.output.strip().splitlines())


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(sandbox_command, arguments)
    assert 0 == result.exit_code, result.output
    return result.output.strip()
