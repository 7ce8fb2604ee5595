"""Is every mistake in a stream of a source found before anything runs, in a person's words?"""

from __future__ import annotations

from pathlib import Path

import pytest

import connectors
from hub.config import Config, InvalidConfig, Problem, load_config
from hub.config.schema import json_schema
from hub.store.entity_descriptions import describe_entities

HEAD = """
[connection.files]
kind = "file"
folder = "data"
"""
STREAM = """
[connection.files.stream.{name}]
path = "{name}.csv"
{settings}
[connection.files.stream.{name}.fields]
{fields}
"""


def stream(settings: str = "", fields: str = 'a = "a"', name: str = "sales") -> str:
    return STREAM.format(name=name, settings=settings, fields=fields)


def read(folder: Path, *streams: str) -> Config:
    path = folder / "hub.toml"
    path.write_text("".join([HEAD, *streams]), encoding="utf-8")
    return load_config(
        path,
        {"AIRTABLE_TOKEN": "pat-of-a-person"},
        connection_models=connectors.settings_models(),
        known_entities=describe_entities(),
    )


def problems_of(folder: Path, *streams: str) -> list[Problem]:
    try:
        read(folder, *streams)
    except InvalidConfig as invalid:
        return list(invalid.problems)
    return []


def test_a_stream_without_more_fills_a_dataset_of_its_name(tmp_path: Path) -> None:
    config = read(tmp_path, '[connection.files.stream.sales]\npath = "*.csv"\n')

    entry = config.connections["files"].sources["sales"]
    assert ("sales", "dataset sales", ()) == (entry.dataset_name, entry.target, entry.key)
    assert {} == config.connections["files"].streams


@pytest.mark.parametrize(
    ("text", "key", "said", "near"),
    [
        # Keys of the kind and keys of every stream are one table to a person.
        (stream("pth = 1"), "pth", "there is no such setting", "path"),
        (stream("evry = '1h'"), "evry", "there is no such setting", "every"),
        (stream("every = 'soon'"), "every", "a duration", None),
        (stream("cron = 'daily'"), "cron", "five parts are needed", None),
        (stream("every = '1h'\ncron = '0 3 * * *'"), "", "either `every` or `cron`", None),
        (stream("dataset = 'd'\nentity = 'client'"), "", "either `dataset` or `entity`", None),
        (stream("dataset = 'Not a name'"), "dataset", "the text must match", None),
        (stream('key = ["b"]'), "key", "a column that is not mapped", None),
        (stream(fields='a = { field = "a", transform = ["trimm"] }'), "fields.a.transform",
         'Did you mean "trim"', None),
        (stream(fields='a = { field = "a", as = "date", lookup = "client.name" }'), "fields.a",
         "leave `as` out", None),
        (stream(fields='a = { transform = ["trim"] }'), "fields.a", "`field` or `constant`", None),
        (stream(fields='a = { field = "a", aas = "date" }'), "fields.a.aas",
         "there is no such setting", "as"),
        (stream(fields='a = { field = "a", as = "datum" }'), "fields.a.as",
         "this value is not known", "date"),
        (stream(fields='id = "a"'), "fields.id", "choose another", None),
        (stream(fields='a = { field = "a", lookup = "clint.name" }'), "fields.a.lookup",
         "no such table", "client"),
        (stream(fields='a = { field = "a", lookup = "client.nam" }'), "fields.a.lookup",
         "no such column", "name"),
        (stream("entity = 'clint'\nkey = ['a']"), "entity", "no such table", "client"),
        (stream("entity = 'client'", 'name = "a"'), "key", "needs the columns", None),
        (stream("entity = 'client'\nkey = ['nme']", 'nme = "a"'), "fields.nme",
         "no such column", "name"),
        (stream("entity = 'contact'\nkey = ['email']", 'email = "a"\nclient_id = "b"'),
         "fields.client_id", 'lookup = "client.name"', None),
        (stream("entity = 'contact'\nkey = ['email']",
                'email = "a"\nname = { field = "b", lookup = "client.name" }'),
         "fields.name.lookup", "refers to no table", None),
        (stream("entity = 'client'\nkey = ['name']",
                'name = "a"\nstatus = { field = "s", values = { A = "activ" } }'),
         "fields.status.values.A", "does not take this value", "active"),
        (stream("entity = 'warmup_daily'\nkey = ['day']", 'day = "d"'), "key",
         "exactly these columns", None),
    ],
)  # fmt: skip
def test_a_stream_that_does_not_fit_says_where_and_why(
    tmp_path: Path, text: str, key: str, said: str, near: str | None
) -> None:
    found = problems_of(tmp_path, text)

    place = ".".join(["connection.files.stream.sales", *([key] if key else [])])
    (problem,) = [p for p in found if p.key_path.startswith(place) and said in p.sentence()]
    assert near == problem.near_miss


def test_a_dataset_has_one_stream(tmp_path: Path) -> None:
    (problem,) = problems_of(
        tmp_path, stream("dataset = 'd'", name="a"), stream("dataset = 'd'", name="b")
    )

    assert "files.a fills this dataset" in problem.sentence()


def test_streams_that_feed_one_column_have_a_precedence_each(tmp_path: Path) -> None:
    entity = "entity = 'contact'\nkey = ['email']\n{}"
    fields = 'email = "a"\nname = "b"'

    (problem,) = problems_of(
        tmp_path,
        stream(entity.format(""), fields, name="a"),
        stream(entity.format(""), fields, name="b"),
    )

    assert "files.a feeds contact.name too and nothing says who wins" in problem.sentence()
    assert [] == problems_of(
        tmp_path,
        stream(entity.format("precedence = 1"), fields, name="a"),
        stream(entity.format("precedence = 2"), fields, name="b"),
    )


def test_a_source_beside_a_two_way_stream_says_who_wins(tmp_path: Path) -> None:
    two_way = """
[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"
[connection.operations.stream.people]
table = "tblPeople00000001"
entity = "contact"
hub_id_field = "fldHubId000000001"
fields = { name = "fldName0000000001" }
"""
    source = stream("entity = 'contact'\nkey = ['email']", 'email = "a"\nname = "b"')

    (problem,) = problems_of(tmp_path, two_way, source)

    assert "operations.people writes contact.name too" in problem.sentence()


def test_without_the_kinds_a_source_is_known_by_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(HEAD + stream("dataset = 'd'"), encoding="utf-8")

    assert ["sales"] == list(load_config(path, {}).connections["files"].sources)


def test_the_schema_has_the_keys_of_every_stream_and_of_its_kind() -> None:
    schema = json_schema(connectors.settings_models())

    properties = schema["$defs"]["SourceStream_file"]["properties"]
    assert {"path", "dataset", "key", "cron", "fields"} <= properties.keys()
    assert ["path"] == schema["$defs"]["SourceStream_file"]["required"]
