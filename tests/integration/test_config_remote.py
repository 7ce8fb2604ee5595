"""Does `hub config check --remote` find what the base does not have?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sandbox_server import SandboxServer
from sync_world import (
    BASE,
    CLIENT,
    CLIENTS,
    CODE,
    DEALS,
    HUB_ID,
    MODIFIED,
    NAME,
    STATUS,
    base_file,
)

import connectors
from hub.cli.config import config
from hub.cli.config_remote import check_remotes
from hub.config import read_config
from hub.demo.base_file import base_json
from hub.demo.company import build
from hub.demo.settings import demo_config_text

FILE = """
[connection.operations]
kind = "airtable"
endpoint = "{url}"
token = "${{AIRTABLE_TOKEN}}"
base = "{base}"

[connection.operations.stream.clients]
table = "{table}"
entity = "client"
hub_id_field = "{hub_id}"
modified_field = "{modified}"

[connection.operations.stream.clients.fields]
name = "{name}"
status = {{ field = "{status}", values = {{ "{choice}" = "active" }} }}
{more}
"""
RIGHT = {
    "base": BASE,
    "table": CLIENTS,
    "hub_id": HUB_ID,
    "modified": MODIFIED,
    "name": NAME,
    "status": STATUS,
    "choice": "active",
    "more": "",
}
DEALS_STREAM = f"""
[connection.operations.stream.deals]
table = "{DEALS}"
entity = "deal"
direction = "to_hub"
fields = {{ code = "{CODE}", client_id = {{ field = "{CLIENT}", link = "clients" }} }}
"""


@pytest.fixture
def airtable(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(base_file())
    return sandbox


def check(
    airtable: SandboxServer, folder: Path, *options: str, token: str = "", **say: str
) -> Result:
    path = folder / "hub.toml"
    path.write_text(FILE.format(**{**RIGHT, "url": airtable.url, **say}), encoding="utf-8")
    runner = CliRunner(env={"AIRTABLE_TOKEN": token or airtable.token})
    return runner.invoke(config, ["check", "--remote", "--file", str(path), *options])


def test_a_base_that_has_everything_is_right(airtable: SandboxServer, tmp_path: Path) -> None:
    result = check(airtable, tmp_path, more=DEALS_STREAM)

    assert 0 == result.exit_code, result.output
    assert "operations: The base answers: Clients, Deals." in result.output
    assert "is right: 1 connection, 2 streams." in result.output


@pytest.mark.parametrize(
    ("say", "line", "said"),
    [
        ({"table": "tblGone0000000000"}, 9, f"there is no such table, got .*{CLIENTS} .Clients."),
        ({"name": "fldGone0000000000"}, 15, f"no such field.*{NAME} .Name."),
        ({"hub_id": "fldGone0000000000"}, 11, "hub_id_field: .*no such field"),
        ({"modified": "fldNote0000000000"}, 12, "is of type multilineText"),
        ({"choice": "activ"}, 16, 'has no such choice.*Did you mean "active"'),
        ({"more": f'note = "{MODIFIED}"', "modified": "fldNote0000000000"}, 17, "is computed"),
        ({"more": 'sector = "fldParent00000000"'}, 17, "name the stream that it links to"),
    ],
)
def test_what_the_base_does_not_have_is_named_with_its_line(
    airtable: SandboxServer, tmp_path: Path, say: dict[str, str], line: int, said: str
) -> None:
    result = check(airtable, tmp_path, **say)

    assert 1 == result.exit_code
    (found,) = [one for one in result.output.splitlines() if one.startswith(f"hub.toml:{line}:")]
    assert re.search(said, found), found


def test_a_link_to_another_streams_table_is_found(airtable: SandboxServer, tmp_path: Path) -> None:
    wrong = 'parent_client_id = { field = "fldInverse0000000", link = "clients" }'

    result = check(airtable, tmp_path, more=wrong)

    assert "links to tblDeals000000000, which is another stream's table" in result.output


def test_both_ends_of_one_relation_are_found(airtable: SandboxServer, tmp_path: Path) -> None:
    streams = """
[connection.operations.stream.clients]
table = "tblClients0000000"
entity = "client"
direction = "to_hub"
[connection.operations.stream.clients.fields]
parent_client_id = { field = "fldParent00000000", link = "clients" }
children = { field = "fldChildren000000", link = "clients" }
"""
    path = tmp_path / "hub.toml"
    head = FILE.split("[connection.operations.stream")[0].format(url=airtable.url, base=BASE)
    path.write_text(head + streams, encoding="utf-8")
    environ = {"AIRTABLE_TOKEN": airtable.token}

    loaded = read_config(path, environ, connection_models=connectors.settings_models())
    ((answer,),) = [list(check_remotes(loaded))]

    (problem,) = answer.problems
    assert "is the other end of the same relation" in problem.message
    assert problem.line is not None


def test_an_unknown_base_is_a_refusal(airtable: SandboxServer, tmp_path: Path) -> None:
    unknown = check(airtable, tmp_path, "--json", base="appNowhere0000000")

    answer = json.loads(unknown.output)
    assert 1 == unknown.exit_code
    assert not answer["ok"]
    assert "appNowhere0000000" in answer["refusals"][0]


def test_a_token_that_lost_its_rights_is_a_refusal(airtable: SandboxServer, tmp_path: Path) -> None:
    base = base_file()
    tokens = [{"token": airtable.token, "user": "usr00000000000001", "scopes": [], "bases": []}]
    airtable.load({**base, "tokens": tokens}, reload=True)

    result = check(airtable, tmp_path)

    assert 1 == result.exit_code
    assert airtable.token not in result.output


def test_nobody_answering_is_one_clear_line(airtable: SandboxServer, tmp_path: Path) -> None:
    result = check(airtable, tmp_path, url="http://127.0.0.1:9")

    assert 1 == result.exit_code
    assert "Traceback" not in result.output
    assert "operations: " in result.output


def test_the_demos_base_has_what_the_demos_configuration_names(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    company = build()
    sandbox.load(base_json(company))
    path = tmp_path / "hub.toml"
    path.write_text(demo_config_text(company, airtable_url=sandbox.url), encoding="utf-8")
    runner = CliRunner(env={"AIRTABLE_TOKEN": sandbox.token})

    result = runner.invoke(config, ["check", "--remote", "--file", str(path)])

    assert 0 == result.exit_code, result.output
