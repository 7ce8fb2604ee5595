"""Does `hub config` check, explain and show without giving secrets away?"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from hub.cli.config import config
from hub.demo.company import build
from hub.demo.settings import demo_config_text

GOOD = """
[database]
url = "${DATABASE_URL}"

[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"

[connection.operations.stream.clients]
table = "tblClients0000001"
entity = "client"
hub_id_field = "fldHubId000000001"
fields = { name = "fldName0000000001" }
"""
SECRETS = {"DATABASE_URL": "postgresql://hub:geheim@db/hub", "AIRTABLE_TOKEN": "pat-geheim"}


def run(folder: Path, command: str, text: str, *options: str) -> Result:
    path = folder / "hub.toml"
    path.write_text(text, encoding="utf-8")
    return CliRunner(env=SECRETS).invoke(config, [command, "--file", str(path), *options])


def test_a_right_file_is_said_to_be_right(tmp_path: Path) -> None:
    result = run(tmp_path, "check", GOOD)

    assert 0 == result.exit_code
    assert "is right: 1 connection, 1 stream." in result.output


def test_a_wrong_file_lists_its_problems_and_fails(tmp_path: Path) -> None:
    result = run(tmp_path, "check", GOOD.replace('client"', 'cleint"'))

    assert 1 == result.exit_code
    assert "hub.toml:12: connection.operations.stream.clients.entity" in result.output
    assert 'Did you mean "client"?' in result.output


def test_problems_come_as_json_too(tmp_path: Path) -> None:
    result = run(tmp_path, "check", GOOD + "colour = 1\n", "--json")

    assert 1 == result.exit_code
    answer = json.loads(result.output)
    assert not answer["ok"]
    assert ["connection.operations.stream.clients.colour"] == [
        problem["key"] for problem in answer["problems"]
    ]


def test_a_secret_in_the_file_is_a_warning_and_no_failure(tmp_path: Path) -> None:
    result = run(tmp_path, "check", GOOD.replace("${AIRTABLE_TOKEN}", "pat-geheim"))

    assert 0 == result.exit_code
    assert "warning: connection.operations.token" in result.output
    assert "geheim" not in result.output


def test_show_masks_every_secret_and_says_where_values_come_from(tmp_path: Path) -> None:
    result = run(tmp_path, "show", GOOD)

    assert "geheim" not in result.output
    lines = result.output.splitlines()
    assert "database.url = postgresql://********@db/hub  (hub.toml:3, DATABASE_URL)" in lines
    assert "connection.operations.token = ********  (hub.toml:7, AIRTABLE_TOKEN)" in lines
    assert "web.port = 8000  (default)" in lines


def test_show_answers_in_json_too(tmp_path: Path) -> None:
    shown = json.loads(run(tmp_path, "show", GOOD, "--json").output)

    assert {"value": "client", "origin": "hub.toml:12"} == shown[
        "connection.operations.stream.clients.entity"
    ]


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    answer: dict[str, object] = json.loads(CliRunner().invoke(config, ["schema"]).output)
    jsonschema.Draft202012Validator.check_schema(answer)
    return answer


def test_every_setting_in_the_schema_is_described(schema: dict[str, object]) -> None:
    undescribed = [
        name
        for node in _nodes(schema)
        if isinstance(properties := node.get("properties"), dict)
        for name, setting in properties.items()
        if not setting.get("description")
    ]

    assert [] == undescribed


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        ({"web": {"port": 80}}, True),
        ({"web": {"port": "${PORT}"}}, True),
        ({"web": {"port": "eighty"}}, False),
        ({"web": {"prt": 80}}, False),
        ({"hub": {"public_url": "${PUBLIC}"}}, True),
        ({"connection": {"a": {"kind": "airtable", "base": "app"}}}, False),
        ({"connection": {"a": {"kind": "other"}}}, False),
    ],
)
def test_the_schema_takes_what_is_right_and_refuses_the_rest(
    schema: dict[str, object], document: dict[str, object], fits: bool
) -> None:
    assert fits == jsonschema.Draft202012Validator(schema).is_valid(document)


def test_the_demos_configuration_is_right(tmp_path: Path, schema: dict[str, object]) -> None:
    text = demo_config_text(
        build(), airtable_url="http://127.0.0.1:9", grid_url="http://127.0.0.1:9/appX"
    )

    assert 0 == run(tmp_path, "check", text).exit_code
    jsonschema.validate(tomllib.loads(text), schema)


def _nodes(node: object) -> list[dict[str, object]]:
    if isinstance(node, dict):
        return [node, *(found for inner in node.values() for found in _nodes(inner))]
    if isinstance(node, list):
        return [found for inner in node for found in _nodes(inner)]
    return []
