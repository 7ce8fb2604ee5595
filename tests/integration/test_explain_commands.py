"""Do the commands that explain answer people and programs, end as promised, and help when wrong?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sync_world import BASE, CLIENTS, COUNTRY, HUB_ID, MODIFIED, NAME, World

from hub.cli.main import cli
from hub.errors import HubError
from hub.store.database import Provenance

Hub = Callable[..., Result]
CONFIG = f"""
[connection.world]
kind = "airtable"
token = "${{WORLD_TOKEN}}"
endpoint = "${{WORLD_URL}}"
base = "{BASE}"

[connection.world.stream.clients]
table = "{CLIENTS}"
entity = "client"
hub_id_field = "{HUB_ID}"
modified_field = "{MODIFIED}"

[connection.world.stream.clients.fields]
name = "{NAME}"
country = "{COUNTRY}"
"""


@pytest.fixture
def hub(
    world: World, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Hub:
    """The command line in a folder with the world's hub.toml."""
    (tmp_path / "hub.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "WORLD_TOKEN": world.sandbox.token,
        "WORLD_URL": world.sandbox.url,
        "HUB_ACTOR": "Ada",
        "COLUMNS": "220",
    }
    return lambda *words, typed=None: CliRunner().invoke(
        cli, ["sync", *words], env=environ, input=typed
    )


def _settled(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    return acme


def test_divergence_shows_the_cell_and_ends_well_when_explained(world: World, hub: Hub) -> None:
    _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")

    shown = hub("divergence")
    read = hub("divergence", "world.clients", "--json")

    assert 0 == shown.exit_code, shown.output
    assert "in flight: 1" in shown.output
    assert "Acme, country: Chad here, Kenya there" in shown.output
    assert "1 differences, 0 unexplained." in shown.output
    answer = json.loads(read.output)
    assert {"in_flight": 1} == answer["counts"]
    assert ("Chad", "Kenya") == (answer["cells"][0]["hub"], answer["cells"][0]["remote"])


def test_an_unexplained_difference_ends_with_one_and_an_alert(world: World, hub: Hub) -> None:
    _settled(world)
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.execute(
            text("update hub.record_link set shadow = jsonb_set(shadow, '{country,h}', '\"Mali\"')")
        )

    done = hub("divergence", "--json")

    assert 1 == done.exit_code
    assert 1 == json.loads(done.output)["unexplained"]
    assert "divergence:world:clients" == world.scalar("select key from hub.alert")


def test_a_scan_says_its_price_and_asks(world: World, hub: Hub) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Peru"})

    refused = hub("divergence", "--scan", typed="n\n")
    agreed = hub("divergence", "--scan", typed="y\n")

    assert 1 == refused.exit_code
    assert "costs about 1 calls. Go on?" in refused.output
    assert 0 == agreed.exit_code, agreed.output
    assert "Peru" in agreed.output


def test_preview_shows_the_diff_and_the_price(world: World, hub: Hub) -> None:
    _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")

    shown = hub("preview", "world.clients", "--push")
    read = hub("preview", "world.clients", "--push", "--json")
    pulled = hub("preview", "world.clients")

    assert 0 == shown.exit_code, shown.output
    assert "Kenya" in shown.output
    assert "would cost about 2 calls" in shown.output
    assert {"column": "country", "before": "Kenya", "after": "Chad"} == json.loads(read.output)[
        "records"
    ][0]["cells"][0]
    assert "Nothing would change." in pulled.output


def test_a_kept_preview_is_listed_applied_and_told_of(world: World, hub: Hub) -> None:
    _settled(world)
    hub("pause", "world.clients")
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    kept = json.loads(hub("preview", "world.clients", "--push", "--save", "--json").output)["id"]

    listed = hub("previews").output
    applied = hub("apply", kept)
    world.attend()

    assert "1 to change" in listed
    assert "carried out as shown: 1 to change." in applied.output
    assert (
        "1 cells and records were carried out as shown, 0 were left" in hub("previews", kept).output
    )
    assert ["Chad"] == [row[COUNTRY] for row in world.records(CLIENTS).values()]
    assert "is applied; only one that is ready" in str(hub("discard", kept).exception)


def test_what_is_paused_is_listed_until_it_resumes(world: World, hub: Hub) -> None:
    _settled(world)
    row = str(world.scalar("select id from client"))

    said = [
        hub("pause", "world.clients.country").output,
        hub("pause", "world.clients", "--row", row),
    ]
    listed = hub("pauses").output
    hub("resume", "world.clients.country")
    hub("resume", "world.clients", "--row", row)

    assert "world.clients.country is paused. Nothing is lost" in str(said[0])
    assert "every row" in listed
    assert row in listed
    assert "Ada" in listed
    assert "Nothing is paused." in hub("pauses").output


def test_what_changed_there_is_listed_by_grade(world: World, hub: Hub) -> None:
    _settled(world)
    before = hub("drift").output
    world.sandbox.remove(BASE, CLIENTS, COUNTRY)
    world.settle()

    told = hub("drift")
    (read,) = json.loads(hub("drift", "--json").output)

    assert "The tables are as the streams need them." in before
    assert "breaking" in told.output
    assert ("country", "field_removed") == (read["hub_column"], read["kind"])
    assert "No table has changed" not in hub("drift", "--all").output


def test_why_answers_in_sentences(world: World, hub: Hub) -> None:
    _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    shown = hub("why", "client", "Acme", "country")
    read = hub("why", "client", "Acme", "country", "--json")

    assert 0 == shown.exit_code, shown.output
    assert "Hanna changed it from “Kenya” to “Chad” through GraphQL" in shown.output
    assert ["write", "change", "change"] == [s["kind"] for s in json.loads(read.output)["steps"]]


def test_undo_shows_first_and_acts_with_yes(world: World, hub: Hub) -> None:
    acme = _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    seen = hub("undo", "person", "Hanna", "--from", "2020-01-01T00:00Z")
    still = world.client("Acme")
    done = hub("undo", "person", "Hanna", "--from", "2020-01-01T00:00Z", "--yes", "--json")
    world.settle()

    assert "add --yes to do it" in seen.output, seen.output
    assert still is not None
    assert "Chad" == still["country"]
    assert json.loads(done.output)["done"] is True
    assert "Kenya" == world.records(CLIENTS)[acme][COUNTRY]
    assert "Ada" == world.scalar("select actor from hub.change order by id desc limit 1")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("divergence", "world.nothing"), "hub.toml has world.clients"),
        (("preview", "nothing"), "is not CONNECTION.STREAM"),
        (("why", "client", "Nobody", "country"), "is called 'Nobody'"),
        (("undo", "person", "Eve", "--from", "yesterday"), "2026-11-24T10:31Z"),
        (("undo", "person", "Eve", "--from", "2020-01-01"), "These did: "),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(
    world: World, hub: Hub, words: tuple[str, ...], says: str
) -> None:
    _settled(world)

    done = hub(*words)

    told = done.exception.message if isinstance(done.exception, HubError) else done.output
    assert 0 != done.exit_code
    assert says in told
