"""Do people and programs see what was spent, what it will come to, and how to go on?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from api_client import Api
from click.testing import CliRunner, Result
from sync_world import BASE, CLIENTS, COUNTRY, HUB_ID, NAME, World
from web_site import built_app, client_of

from hub.cli.main import cli
from hub.core.calls import Purpose
from hub.store import paces
from hub.store.database import Provenance
from hub.sync.dry_run import Direction
from hub.sync.preview import preview
from hub.sync.quota import report_quota
from hub_graphql.app import create_graphql_app

Run = Callable[..., Result]
CONFIG = f"""
[connection.world]
kind = "airtable"
token = "${{WORLD_TOKEN}}"
endpoint = "${{WORLD_URL}}"
base = "{BASE}"
profile = "thrifty"
calls_per_month = 5000

[connection.world.stream.clients]
table = "{CLIENTS}"
entity = "client"
hub_id_field = "{HUB_ID}"

[connection.world.stream.clients.fields]
name = "{NAME}"
country = "{COUNTRY}"
"""


@pytest.fixture
def run(world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line in a folder with the world's hub.toml."""
    (tmp_path / "hub.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environ = {
        "DATABASE_URL": database_url,
        "HUB_PUBLIC_URL": "http://127.0.0.1:1",
        "WORLD_TOKEN": world.sandbox.token,
        "WORLD_URL": world.sandbox.url,
        "COLUMNS": "160",
    }

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, list(words), env=environ)

    return invoke


def test_the_command_tells_what_the_calls_went_to(world: World, run: Run) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    told = run("quota")
    answer = json.loads(run("quota", "--json").output)

    assert 0 == told.exit_code
    for word in ("world", "payloads", "scan", "thrifty:", "live:", "calls a month at rest"):
        assert word in told.output, told.output
    (item,) = answer
    assert len(world.sandbox.requests()) == item["spent"]
    assert item["spent"] == sum(line["calls"] for line in item["lines"])
    assert item["spent"] == sum(item["days"].values())
    assert {"live", "thrifty"} == set(item["prices"])
    assert item["prices"]["thrifty"]["at_rest"] < item["prices"]["live"]["at_rest"]


def test_config_check_says_what_the_profile_costs(run: Run) -> None:
    told = run("config", "check")

    assert 0 == told.exit_code, told.output
    assert "world, profile thrifty: about 750 calls a month at rest" in told.output


def test_an_empty_ledger_is_said_in_a_sentence(run: Run) -> None:
    assert "No call was made yet" in run("quota").output


def test_a_connection_that_waits_is_let_go_on_by_a_person(world: World, run: Run) -> None:
    refused = run("quota", "resume", "world")
    world.settle()
    with world.database.unit_of_work(Provenance(actor="t", origin="t")) as session:
        month = world.scalar("select clock_timestamp() + interval '1 day'")
        paces.refuse(session, "world", "used up", month)

    waits = run("quota")
    let = run("quota", "resume", "world")

    assert "does not wait" in str(refused.exception)
    assert "used up" in waits.output
    assert "goes on" in let.output
    assert world.attend().attended


def test_a_program_asks_for_the_quota(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    api = Api(create_graphql_app(world.database), world.database)
    (found,) = api.post(
        "{ quota { connection profile level spent expected left lines { stream purpose calls }"
        " days { day calls } } }"
    )["data"]["quota"]

    assert ("world", "live", "full") == (found["connection"], found["profile"], found["level"])
    assert len(world.sandbox.requests()) == found["spent"]
    assert found["spent"] == sum(line["calls"] for line in found["lines"])
    assert found["left"] is None


def test_the_home_page_says_what_the_month_comes_to(
    world: World, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    spent = len(world.sandbox.requests())

    page = client_of(built_app(tmp_path, database_url, redis_url)).get("/pulse").text

    assert f"world, live: {spent} API calls in" in " ".join(page.split())


def test_a_preview_is_in_the_ledger(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    before = len(world.sandbox.requests())

    preview(world.connection(), "clients", Direction.PULL)

    (found,) = report_quota(world.database)
    previewed = [line.calls for line in found.lines if line.purpose is Purpose.PREVIEW]
    assert [len(world.sandbox.requests()) - before] == previewed
