"""Does hub.toml, with the environment, become the settings a process runs with?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

import connectors
from hub.config import Config, InvalidConfig, load_config, locate_config
from hub.core.policies import ConflictPolicy, Direction, FirstMatchPolicy

WHOLE = """
[hub]
public_url = "https://hub.example.com/"

[database]
url = "${DATABASE_URL}"

[web]
port = "${WEB_PORT:-9000}"

[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"
grid_url = "https://airtable.com/appOperations0001"

[connection.operations.stream.clients]
table = "tblClients0000001"
entity = "client"
hub_id_field = "fldHubId000000001"
conflict = "source"
guard = { deletes = 5 }
reconcile_every = "1h30m"

[connection.operations.stream.clients.fields]
name = "fldName0000000001"
status = { field = "fldStatus00000001", conflict = "ask", values = { "Active" = "active" } }
sector = { field = "fldSector00000001", direction = "to_source" }
"""
SECRETS = {"DATABASE_URL": "postgresql://hub:pw@db/hub", "AIRTABLE_TOKEN": "pat-of-a-person"}


def written(folder: Path, text: str) -> Path:
    path = folder / "hub.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Config:
    return load_config(
        written(tmp_path, WHOLE), SECRETS, connection_models=connectors.settings_models()
    )


def test_without_a_file_and_variables_everything_has_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    config = load_config(None, {})

    assert config.database.url is None
    assert config.redis.url is None
    assert ("127.0.0.1", 8000) == (config.web.host, config.web.port)
    assert Path(".hub") == config.hub.home


def test_variables_fill_what_the_file_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    config = load_config(None, {"PORT": "9100", "REDIS_URL": "redis://r/0", "HUB_HOME": "/srv/hub"})

    assert config.redis.url is not None
    assert "redis://r/0" == config.redis.url.get_secret_value()
    assert 9100 == config.web.port
    assert Path("/srv/hub") == config.hub.home


def test_the_file_overrules_a_variable(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "[web]\nport = 7000\n"), {"PORT": "9100"})

    assert 7000 == config.web.port


def test_references_are_replaced_and_defaults_used(whole: Config) -> None:
    assert whole.database.url is not None

    assert SECRETS["DATABASE_URL"] == whole.database.url.get_secret_value()
    assert 9000 == whole.web.port


def test_a_doubled_dollar_stands_for_the_text_itself(tmp_path: Path) -> None:
    path = written(tmp_path, '[sentry]\nenvironment = "$${NAME}"\n')

    assert "${NAME}" == load_config(path, {}).sentry.environment


def test_an_empty_default_leaves_the_setting_out(tmp_path: Path) -> None:
    path = written(tmp_path, '[sentry]\ndsn = "${SENTRY_DSN:-}"\n')

    assert load_config(path, {}).sentry.dsn is None


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://hub:pw@db/hub\n", encoding="utf-8")
    path = written(tmp_path, '[database]\nurl = "${DATABASE_URL}"\n')

    config = load_config(path, {"DATABASE_URL_FILE": str(secret)})

    assert config.database.url is not None
    assert "postgresql://hub:pw@db/hub" == config.database.url.get_secret_value()


def test_a_secret_can_come_from_a_file_without_being_named_in_hub_toml(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("redis://r/0", encoding="utf-8")

    config = load_config(written(tmp_path, ""), {"REDIS_URL_FILE": str(secret)})

    assert config.redis.url is not None


def test_a_connection_carries_its_own_and_the_general_settings(whole: Config) -> None:
    operations = whole.connections["operations"]

    assert ("operations", "airtable") == (operations.name, operations.kind)
    assert "https://airtable.com/appOperations0001" == operations.grid_url
    assert isinstance(operations.settings, connectors.settings_models()["airtable"])


def test_a_stream_has_its_policies_and_the_defaults_of_the_rest(whole: Config) -> None:
    clients = whole.connections["operations"].streams["clients"]

    assert ConflictPolicy.SOURCE is clients.conflict
    assert FirstMatchPolicy.SOURCE is clients.on_first_match
    assert (5, 500) == (clients.guard.deletes, clients.guard.overwrites)
    assert timedelta(minutes=90) == clients.reconcile_every


def test_a_field_follows_its_stream_unless_it_says_otherwise(whole: Config) -> None:
    clients = whole.connections["operations"].streams["clients"]

    assert ConflictPolicy.SOURCE is clients.conflict_of("name")
    assert ConflictPolicy.ASK is clients.conflict_of("status")
    assert Direction.TWO_WAY is clients.direction_of("name")
    assert Direction.TO_SOURCE is clients.direction_of("sector")
    assert "fldName0000000001" == clients.fields["name"].field


def test_without_models_a_platforms_own_settings_are_not_checked(tmp_path: Path) -> None:
    path = written(tmp_path, '[connection.any]\nkind = "unheard_of"\ncolour = "blue"\n')

    assert "unheard_of" == load_config(path, {}).connections["any"].kind


def test_a_configuration_cannot_be_changed(whole: Config) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        whole.web.port = 1


def test_secrets_do_not_show_when_a_configuration_is_printed(whole: Config) -> None:
    printed = repr(whole)

    assert "pat-of-a-person" not in printed
    assert "hub:pw" not in printed


def test_a_given_file_goes_before_hub_config_and_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "")

    assert Path("a.toml") == locate_config(Path("a.toml"), {"HUB_CONFIG": "b.toml"})
    assert Path("b.toml") == locate_config(None, {"HUB_CONFIG": "b.toml"})
    assert Path("hub.toml") == locate_config(None, {})


def test_the_file_must_be_there_when_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no such file"):
        load_config(None, {"HUB_CONFIG": str(tmp_path / "none.toml")})
