"""Are streams, links, columns and writers that do not fit each other found?"""

from __future__ import annotations

from pathlib import Path

import pytest

import connectors
from hub.config import InvalidConfig, Problem, load_config, read_config
from hub.store.entity_descriptions import describe_entities

CONNECTION = """
[connection.{name}]
kind = "airtable"
token = "${{AIRTABLE_TOKEN}}"
base = "appOperations0001"
"""
STREAM = """
[connection.{connection}.stream.{name}]
table = "tblClients0000001"
entity = "{entity}"
{settings}
[connection.{connection}.stream.{name}.fields]
{fields}
"""
HUB_ID = 'hub_id_field = "fldHubId000000001"'


def stream(
    name: str = "clients",
    *,
    entity: str = "client",
    settings: str = HUB_ID,
    fields: str = 'name = "fldName0000000001"',
    connection: str = "operations",
) -> str:
    return STREAM.format(
        connection=connection, name=name, entity=entity, settings=settings, fields=fields
    )


def problems_of(folder: Path, *streams: str, connections: tuple[str, ...] = ()) -> list[Problem]:
    path = folder / "hub.toml"
    heads = [CONNECTION.format(name=name) for name in ("operations", *connections)]
    path.write_text("".join([*heads, *streams]), encoding="utf-8")
    try:
        load_config(
            path,
            {"AIRTABLE_TOKEN": "pat-of-a-person"},
            connection_models=connectors.settings_models(),
            known_entities=describe_entities(),
        )
    except InvalidConfig as invalid:
        return list(invalid.problems)
    return []


def test_a_stream_that_fits_has_no_problem(tmp_path: Path) -> None:
    assert [] == problems_of(tmp_path, stream())


@pytest.mark.parametrize(
    ("text", "key", "said", "near_miss"),
    [
        (stream(entity="cleint"), "entity", "the hub has no such table", "client"),
        (
            stream(fields='nmae = "fldName0000000001"'),
            "fields.nmae",
            "client has no such column",
            "name",
        ),
        (
            stream(fields='deleted_at = "fldName0000000001"'),
            "fields.deleted_at",
            "only the hub writes this column",
            None,
        ),
        (
            stream(fields='status = { field = "fldName0000000001", values = { A = "activ" } }'),
            "fields.status.values.A",
            "the column does not take this value",
            "active",
        ),
        (
            stream(fields='status = { field = "fldName0000000001", conflict = "aks" }'),
            "fields.status.conflict",
            "this value is not known",
            "ask",
        ),
        (
            stream(
                fields='status = { field = "fldName0000000001",'
                ' values = { A = "active", B = "active" } }'
            ),
            "fields.status.values",
            "two choices mean active",
            None,
        ),
        (stream(fields="name = 5"), "fields.name", "the id of the field in quotes", None),
        (stream(settings=""), "hub_id_field", "it needs a text field for their Hub ID", None),
        (
            stream(settings=HUB_ID + '\nreconcile_every = "1 hour"'),
            "reconcile_every",
            'a duration such as "90s"',
            None,
        ),
        (
            stream(settings=HUB_ID + '\nreconcile_every = "0s"'),
            "reconcile_every",
            "at least one second",
            None,
        ),
        (
            stream(settings=HUB_ID + "\nguard = { share = 30 }"),
            "guard.share",
            "less than or equal to 1",
            None,
        ),
    ],
)
def test_a_stream_that_does_not_fit_says_where_and_why(
    tmp_path: Path, text: str, key: str, said: str, near_miss: str | None
) -> None:
    (problem,) = problems_of(tmp_path, text)

    assert f"connection.operations.stream.clients.{key}" == problem.key_path
    assert said in problem.message
    assert near_miss == problem.near_miss
    assert problem.line is not None


def test_a_stream_that_only_reads_needs_no_hub_id(tmp_path: Path) -> None:
    assert [] == problems_of(tmp_path, stream(settings='direction = "to_hub"'))


@pytest.mark.parametrize(
    "text",
    [
        stream().replace("tblClients0000001", "Clients"),
        stream(fields='name = "Name"'),
        stream(settings='hub_id_field = "tblHubId000000001"'),
        stream(settings=HUB_ID + '\nnote_field = "fld"'),
    ],
)
def test_a_name_where_an_id_is_needed_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(tmp_path, text)

    assert "use the id, not the name" in problem.message


def test_one_field_is_mapped_once_only(tmp_path: Path) -> None:
    fields = 'name = "fldName0000000001"\nsector = "fldName0000000001"'

    (problem,) = problems_of(tmp_path, stream(fields=fields))

    assert "already used for name" in problem.message


def test_the_hub_id_field_carries_nothing_else(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, stream(fields='name = "fldHubId000000001"'))

    assert "hub_id_field" == problem.key[-1]


def test_a_link_names_a_stream_of_its_connection(tmp_path: Path) -> None:
    fields = 'client_id = { field = "fldClient00000001", link = "cleints" }'

    (problem,) = problems_of(
        tmp_path, stream(), stream("contacts", entity="contact", fields=fields)
    )

    assert ("clients", ("clients", "contacts")) == (problem.near_miss, problem.accepted)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        # A reference without a link, a link without a reference, a link to the wrong table.
        ('client_id = "fldClient00000001"', "name the stream as link"),
        ('name = { field = "fldClient00000001", link = "clients" }', "refers to no table"),
        (
            'client_id = { field = "fldClient00000001", link = "contacts" }',
            "the column refers to client, the stream to contact",
        ),
    ],
)
def test_a_link_and_its_column_mean_the_same_table(tmp_path: Path, fields: str, said: str) -> None:
    (problem,) = problems_of(
        tmp_path, stream(), stream("contacts", entity="contact", fields=fields)
    )

    assert said in problem.message


def test_two_writers_of_one_column_need_an_order(tmp_path: Path) -> None:
    other = stream("customers", connection="archive")

    (problem,) = problems_of(tmp_path, stream(), other, connections=("archive",))

    assert "operations.clients writes client.name too" in problem.message


@pytest.mark.parametrize("settings", ['conflict = "hub"', 'direction = "to_source"'])
def test_a_second_writer_that_gives_way_is_fine(tmp_path: Path, settings: str) -> None:
    other = stream("customers", connection="archive", settings=f"{HUB_ID}\n{settings}")

    assert [] == problems_of(tmp_path, stream(), other, connections=("archive",))


def test_links_in_both_directions_are_a_warning(tmp_path: Path) -> None:
    contacts = 'client_id = { field = "fldClient00000001", link = "clients" }'
    clients = 'parent_client_id = { field = "fldContacts000001", link = "contacts" }'
    path = tmp_path / "hub.toml"
    streams = [stream(fields=clients), stream("contacts", entity="contact", fields=contacts)]
    path.write_text("".join([CONNECTION.format(name="operations"), *streams]), encoding="utf-8")

    (warning,) = read_config(path, {"AIRTABLE_TOKEN": "pat-of-a-person"}).warnings

    assert "if they are two ends of one relation" in warning.message


def test_a_stream_may_link_to_itself(tmp_path: Path) -> None:
    fields = 'parent_client_id = { field = "fldParent00000001", link = "clients" }'

    assert [] == problems_of(tmp_path, stream(fields=fields))


def test_the_rest_of_a_broken_stream_is_checked_too(tmp_path: Path) -> None:
    problems = problems_of(
        tmp_path, stream(settings=HUB_ID + '\ndirection = "x"', fields='nmae = "fldN"')
    )

    assert {"direction", "nmae"} == {problem.key[-1] for problem in problems}
