"""Does a bad hub.toml get one clear line for each of its problems?"""

from __future__ import annotations

from pathlib import Path

import pytest

import connectors
from hub.config import InvalidConfig, Problem, load_config, read_config

CONNECTION = """
[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"
"""
ENVIRON = {"AIRTABLE_TOKEN": "pat-of-a-person"}


def problems_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[Problem]:
    path = folder / "hub.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfig) as caught:
        load_config(
            path,
            ENVIRON if environ is None else environ,
            connection_models=connectors.settings_models(),
        )
    return list(caught.value.problems)


def only_problem(folder: Path, text: str, environ: dict[str, str] | None = None) -> Problem:
    (problem,) = problems_of(folder, text, environ)
    return problem


@pytest.mark.parametrize(
    ("text", "key", "line", "accepted", "near_miss"),
    [
        # A section that is not there.
        ("[sentri]\n", "sentri", 1, "sentry", "sentry"),
        # A key that is not there.
        ("[web]\nprot = 80\n", "web.prot", 2, "port", "port"),
        # A choice that is not there.
        (
            CONNECTION
            + '[connection.operations.stream.clients]\ntable = "tblClients0000001"\n'
            + 'entity = "client"\ndirection = "twoway"\nhub_id_field = "fldHubId000000001"\n'
            + 'fields = { name = "fldName0000000001" }\n',
            "connection.operations.stream.clients.direction",
            9,
            "to_hub",
            "two-way",
        ),
        # A kind that is not there.
        (
            '[connection.operations]\nkind = "airtabel"\n',
            "connection.operations.kind",
            2,
            "airtable",
            "airtable",
        ),
        # A key of the platform, and one that every connection has.
        (CONNECTION + "bse = 1\n", "connection.operations.bse", 6, "base", "base"),
        (CONNECTION + "grid_ur = 1\n", "connection.operations.grid_ur", 6, "grid_url", "grid_url"),
    ],
)
def test_an_unknown_word_names_its_place_the_valid_ones_and_the_nearest(
    tmp_path: Path, text: str, key: str, line: int, accepted: str, near_miss: str
) -> None:
    problem = only_problem(tmp_path, text)

    assert (key, line, near_miss) == (problem.key_path, problem.line, problem.near_miss)
    assert accepted in problem.accepted


@pytest.mark.parametrize(
    ("text", "key", "got", "said"),
    [
        ("[web]\nport = 99999\n", "web.port", "99999", "less than or equal to 65535"),
        ('[web]\nport = "x"\n', "web.port", '"x"', "integer"),
        ("[web]\nhost = true\n", "web.host", "true", "string"),
        ("web = 5\n", "web", "5", "table is needed"),
        ("connection = 5\n", "connection", "5", "table is needed"),
        ("[connection]\nOperations = 5\n", "connection.Operations", '"Operations"', "lower-case"),
        (
            '[hub]\npublic_url = "http://hub.example.com"\n',
            "hub.public_url",
            '"http://hub.example.com"',
            "only https",
        ),
        ('[hub]\npublic_url = "hub"\n', "hub.public_url", '"hub"', "address"),
    ],
)
def test_a_value_that_does_not_fit_is_quoted_with_the_reason(
    tmp_path: Path, text: str, key: str, got: str, said: str
) -> None:
    problem = problems_of(tmp_path, text)[0]

    assert (key, got) == (problem.key_path, problem.got)
    assert said in problem.message


def test_every_problem_is_listed_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "[web]\nport = -1\nprt = 1\n[sentri]\n[redis]\nurl = 5\n")

    assert [2, 3, 4, 6] == [problem.line for problem in problems]


def test_a_missing_variable_is_named_with_key_and_file(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('[database]\nurl = "${DATABASE_URL}"\n', encoding="utf-8")
    with pytest.raises(InvalidConfig) as caught:
        load_config(path, {"DATABASEURL": "x"})

    message = str(caught.value)
    assert "hub.toml:2: database.url: the variable DATABASE_URL is not set" in message
    assert 'Did you mean "DATABASEURL"?' in message


def test_what_follows_from_a_missing_variable_is_not_a_problem_of_its_own(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, CONNECTION, environ={})

    assert "AIRTABLE_TOKEN" in problem.message


def test_a_variable_and_its_file_must_not_both_be_set(tmp_path: Path) -> None:
    environ = {"REDIS_URL": "redis://r", "REDIS_URL_FILE": "/run/secrets/redis"}

    problem = only_problem(tmp_path, "", environ)

    assert "REDIS_URL and REDIS_URL_FILE are both set" in problem.message


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "", {"REDIS_URL_FILE": str(tmp_path / "none")})

    assert "REDIS_URL_FILE" in problem.message
    assert str(tmp_path / "none") in problem.message


@pytest.mark.parametrize(
    "text",
    [
        # A secret of the wrong kind, in the file and through a variable.
        '[database]\nurl = "mysql://hub:geheim@db"\n',
        '[database]\nurl = "${ADDRESS}"\n',
        # A secret under a key that is not there.
        '[database]\nurll = "postgresql://hub:geheim@db"\n',
        # A token that is too short, and one that is no text.
        '[web]\naccess_token = "geheim"\n',
        "[web]\naccess_token = { geheim = 1 }\n",
    ],
)
def test_a_secrets_value_is_never_shown(tmp_path: Path, text: str) -> None:
    problems = problems_of(tmp_path, text, {"ADDRESS": "mysql://hub:geheim@db"})

    assert not any("geheim" in problem.sentence() for problem in problems)


def test_a_variables_value_is_never_shown(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, '[web]\nport = "${P}"\n', {"P": "geheim"})

    assert '"${P}"' == problem.got
    assert "geheim" not in problem.sentence()


def test_what_is_not_toml_is_shown_with_line_and_column(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, "[web]\nport = \n")

    assert 2 == problem.line
    assert problem.message.startswith("this is not TOML: invalid value")


@pytest.mark.parametrize(
    "content",
    [
        # UTF-16, a NUL, an array of tables where a table is needed, an endless bracket.
        "[web]".encode("utf-16"),
        b"[web]\x00",
        b"[[web]]\n[[connection]]\n",
        b"[web\nport = [[[[[",
    ],
)
def test_broken_files_are_problems_and_not_crashes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hub.toml"
    path.write_bytes(content)

    with pytest.raises(InvalidConfig, match="problem"):
        load_config(path, {})


@pytest.mark.parametrize("text", ['host = "0.0.0.0"', 'allowed_hosts = ["hub.example.com"]'])
def test_a_door_that_others_reach_needs_a_token(tmp_path: Path, text: str) -> None:
    problem = only_problem(tmp_path, f"[web]\n{text}\n")

    assert "web.access_token" == problem.key_path
    assert "HUB_ACCESS_TOKEN" in problem.message


def test_a_secret_in_the_file_is_a_warning_only(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('[redis]\nurl = "redis://:geheim@r/0"\n', encoding="utf-8")

    (warning,) = read_config(path, {}).warnings

    assert ("redis.url", 2) == (warning.key_path, warning.line)
    assert "${REDIS_URL}" in warning.message
    assert "geheim" not in warning.sentence()
