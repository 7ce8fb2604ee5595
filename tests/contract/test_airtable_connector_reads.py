"""Does the connector see what is in a base?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airtable_side import (
    CLIENTS_ADDRESS,
    DEAL_LINKS,
    DEALS_ADDRESS,
    HUB_1,
    HUB_2,
    HUB_ID,
    KITCHEN_ADDRESS,
    LEAD,
    NAME,
    STAGE,
    AttentiveLimiter,
    connect,
)
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENT_2, CLIENTS, DEAL_0, DEALS, KITCHEN, sample
from sandbox_base import field as field_id
from sandbox_server import SandboxServer

from connectors.airtable.connector import AirtableConnector
from hub.contract import Connector, Priority
from hub.core.records import RemoteRecord
from hub.core.values import ValueKind
from hub.errors import RemoteMissing

ROUTINE = Priority.ROUTINE


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


@pytest.fixture
def connector(loaded: SandboxServer) -> AirtableConnector:
    return connect(loaded)


def read_all(connector: AirtableConnector) -> list[RemoteRecord]:
    cursor: str | None = None
    found: list[RemoteRecord] = []
    while True:
        page = connector.read_page(CLIENTS_ADDRESS, cursor, ROUTINE)
        found += page.records
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_it_keeps_the_contract(connector: AirtableConnector) -> None:
    assert isinstance(connector, Connector)
    assert {"write", "watch", "read_by_id", "annotate"} == connector.capabilities


# Schema


def test_tables_fields_and_choices_go_by_id(connector: AirtableConnector) -> None:
    schema = connector.discover()

    assert {CLIENTS, DEALS, KITCHEN} == set(schema)
    stage = schema[CLIENTS].fields[STAGE]
    assert ("Stage", ValueKind.CHOICE, "singleSelect") == (
        stage.name,
        stage.kind,
        stage.vendor_type,
    )
    assert "Lead" == stage.choices[LEAD]


def test_a_link_names_its_table_and_its_other_end(connector: AirtableConnector) -> None:
    deals = connector.discover()[CLIENTS].fields[DEAL_LINKS]

    assert (DEALS, field_id("Client")) == (deals.links_to, deals.inverse_field)


def test_what_the_server_computes_is_marked(connector: AirtableConnector) -> None:
    fields = connector.discover()[KITCHEN].fields
    computed = {each.name for each in fields.values() if each.is_computed}

    assert {"Auto", "Made", "Made by", "Changed", "Changed by", "Double"} <= computed
    assert not {"Key", "Number", "One", "Self", "Files"} & computed


def test_a_schema_that_was_given_spares_the_request(loaded: SandboxServer) -> None:
    schema = connect(loaded).discover()
    later = connect(loaded)
    later.use_schema(schema)

    later.read_page(CLIENTS_ADDRESS, None, ROUTINE)

    assert 1 == later.requests_made
    assert schema == later.schema


def test_check_says_that_the_base_answers(connector: AirtableConnector) -> None:
    results = connector.check()

    assert [True, True] == [result.ok for result in results]
    assert "Clients" in results[0].sentence


@pytest.mark.parametrize(
    ("token", "oks", "words"),
    [
        ("patNobody", [False], "token is not accepted"),
        ("patReader", [True, False], "Check the token's scopes"),
    ],
)
def test_check_says_what_is_missing(
    loaded: SandboxServer, token: str, oks: list[bool], words: str
) -> None:
    results = connect(loaded, token=token).check()

    assert oks == [result.ok for result in results]
    assert words in results[-1].sentence


def test_a_table_that_is_not_there_is_named_with_those_that_are(loaded: SandboxServer) -> None:
    connector = connect(loaded)
    connector.discover()
    loaded.remove(BASE, KITCHEN)
    connector.discover()

    with pytest.raises(RemoteMissing, match=CLIENTS):
        connector.write(KITCHEN_ADDRESS, [], ROUTINE)


# Records


def test_a_complete_read_goes_page_by_page(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=250))
    connector = connect(sandbox)
    connector.discover()

    found = read_all(connector)

    assert [f"C{number}" for number in range(250)] == [each.fields[NAME] for each in found]
    assert 4 == connector.requests_made


def test_a_record_tells_when_it_was_made_and_modified(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Stage": "Won"}}])

    first = connector.read_page(CLIENTS_ADDRESS, None, ROUTINE).records[0]

    assert datetime(2026, 1, 1, tzinfo=UTC) == first.created_at
    assert first.modified_at is not None
    assert first.modified_at > datetime(2026, 1, 1, tzinfo=UTC)


def test_only_the_fields_that_the_hub_uses_are_asked_for(connector: AirtableConnector) -> None:
    first = connector.read_page(DEALS_ADDRESS, None, ROUTINE).records[0]

    assert set(DEALS_ADDRESS.fields) == set(first.fields)
    assert [CLIENT_0] == first.fields[field_id("Client")]


def test_records_are_read_by_id_and_a_missing_one_is_left_out(
    connector: AirtableConnector,
) -> None:
    found = connector.read_records(CLIENTS_ADDRESS, [CLIENT_2, CLIENT_0, "recGone"], ROUTINE)

    assert {CLIENT_0, CLIENT_2} == set(found)
    assert "C2" == found[CLIENT_2].fields[NAME]


def test_no_ids_cost_no_request(connector: AirtableConnector) -> None:
    assert {} == connector.read_records(CLIENTS_ADDRESS, [], ROUTINE)
    assert {} == connector.find_by_hub_id(CLIENTS_ADDRESS, [], ROUTINE)
    assert 0 == connector.requests_made


def test_a_hundred_ids_are_one_request(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=120))
    connector = connect(sandbox)
    ids = [record.external_id for record in read_all(connector)][:100]
    before = connector.requests_made

    assert set(ids) == set(connector.read_records(CLIENTS_ADDRESS, ids, ROUTINE))
    assert before + 1 == connector.requests_made


def test_records_are_found_by_hub_id_the_oldest_first(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.edit(
        BASE,
        CLIENTS,
        update=[
            {"id": CLIENT_1, "fields": {"Hub ID": HUB_1}},
            {"id": CLIENT_0, "fields": {"Hub ID": HUB_2}},
        ],
    )
    copy = loaded.edit(BASE, CLIENTS, create=[{"fields": {"Name": "copy", "Hub ID": HUB_1}}])

    found = connector.find_by_hub_id(CLIENTS_ADDRESS, [HUB_1, HUB_2, "nobody"], ROUTINE)

    assert [CLIENT_1, copy["rows"][0]["id"]] == [each.external_id for each in found[HUB_1]]
    assert [CLIENT_0] == [each.external_id for each in found[HUB_2]]
    assert HUB_1 == found[HUB_1][0].fields[HUB_ID]


def test_an_option_made_since_the_schema_was_read_is_understood(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    connector.discover()
    loaded.edit(
        BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Stage": "Brand new"}}], typecast=True
    )

    stage = connector.read_page(CLIENTS_ADDRESS, None, ROUTINE).records[0].fields[STAGE]

    assert "Brand new" == connector.schema[CLIENTS].fields[STAGE].choices[str(stage)]


def test_a_renamed_option_is_the_same_value(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    connector.discover()
    loaded.rename_choice(BASE, CLIENTS, "Stage", "Lead", "Prospect")

    assert LEAD == connector.read_page(CLIENTS_ADDRESS, None, ROUTINE).records[0].fields[STAGE]


def test_each_request_asks_the_limiter_with_its_priority(loaded: SandboxServer) -> None:
    limiter = AttentiveLimiter()
    connector = connect(loaded, limiter)

    connector.read_page(CLIENTS_ADDRESS, None, Priority.BACKFILL)
    connector.read_records(DEALS_ADDRESS, [DEAL_0], Priority.PERSON)

    assert [Priority.BACKFILL, Priority.BACKFILL, Priority.PERSON] == limiter.waits
    assert 3 == len(loaded.requests())
