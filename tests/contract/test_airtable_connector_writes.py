"""Does what the hub writes arrive once, whole, and under the right record?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from airtable_side import (
    CLIENT,
    CLIENTS_ADDRESS,
    DEALS_ADDRESS,
    HUB_1,
    HUB_2,
    HUB_3,
    HUB_ID,
    KITCHEN_ADDRESS,
    LEAD,
    NAME,
    STAGE,
    WON,
    connect,
    item,
)
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENT_2, CLIENTS, DEAL_0, KITCHEN, sample
from sandbox_base import field as field_id
from sandbox_server import SandboxServer

from connectors.airtable.connector import AirtableConnector
from hub.contract import Priority
from hub.core.records import WriteItem
from hub.core.values import Value
from hub.errors import RecordRejected

ROUTINE = Priority.ROUTINE


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


@pytest.fixture
def connector(loaded: SandboxServer) -> AirtableConnector:
    return connect(loaded)


def new_dish(connector: AirtableConnector) -> str:
    """The id of a new record with one cell."""
    item_ = WriteItem(hub_id="", external_id=None, fields={field_id("Key"): "new"})
    address = replace(KITCHEN_ADDRESS, hub_id_field=field_id("Key"))
    (result,) = connector.write(address, [item_], ROUTINE)
    assert result.record is not None
    return result.record.external_id


def names(loaded: SandboxServer) -> list[str]:
    _, answer = loaded.call("GET", f"/v0/{BASE}/{CLIENTS}")
    return [record["fields"].get("Name", "") for record in answer["records"]]


def test_a_new_record_carries_its_hub_id(connector: AirtableConnector) -> None:
    (result,) = connector.write(CLIENTS_ADDRESS, [item(HUB_1, Name="New", Stage=WON)], ROUTINE)

    assert result.record is not None
    assert ("New", WON, HUB_1) == tuple(
        result.record.fields[each] for each in (NAME, STAGE, HUB_ID)
    )


def test_the_same_create_twice_makes_one_record(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    for name in ("New", "New again"):
        connector.write(CLIENTS_ADDRESS, [item(HUB_1, Name=name)], ROUTINE)

    assert ["C0", "C1", "C2", "New again"] == names(loaded)


def test_creates_and_updates_share_a_request_and_keep_their_order(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    items = [
        item(HUB_1, Name="New"),
        item(HUB_2, CLIENT_2, Name="C2 changed"),
        item(HUB_3, Name="Newer"),
    ]

    results = connector.write(CLIENTS_ADDRESS, items, ROUTINE)

    assert items == [result.item for result in results]
    assert ["New", "C2 changed", "Newer"] == [
        result.record.fields[NAME] for result in results if result.record
    ]
    assert 1 == loaded.write_count()


def test_an_update_touches_only_its_own_cells(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    connector.write(CLIENTS_ADDRESS, [item(HUB_1, CLIENT_0, Stage=WON)], ROUTINE)

    record = connector.read_records(CLIENTS_ADDRESS, [CLIENT_0], ROUTINE)[CLIENT_0]
    assert ("C0", WON) == (record.fields[NAME], record.fields[STAGE])


def test_the_answer_shows_what_others_changed_meanwhile(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Stage": "Lost"}}])

    (result,) = connector.write(CLIENTS_ADDRESS, [item(HUB_1, CLIENT_0, Name="Ours")], ROUTINE)

    assert result.record is not None
    assert "selStageLost00000" == result.record.fields[STAGE]


def test_an_emptied_cell_is_emptied(connector: AirtableConnector) -> None:
    connector.write(CLIENTS_ADDRESS, [item(HUB_1, CLIENT_0, Stage=None)], ROUTINE)

    record = connector.read_records(CLIENTS_ADDRESS, [CLIENT_0], ROUTINE)[CLIENT_0]
    assert STAGE not in record.fields


def test_links_are_written_by_id(connector: AirtableConnector) -> None:
    write = WriteItem(hub_id="", external_id=DEAL_0, fields={CLIENT: [CLIENT_1]})

    (result,) = connector.write(DEALS_ADDRESS, [write], ROUTINE)

    assert result.record is not None
    assert [CLIENT_1] == result.record.fields[CLIENT]


def test_a_new_option_is_made_apart_from_links(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    write = item(HUB_1, CLIENT_0, Name="Both", Stage="Brand new", Deals=[DEAL_0])

    (result,) = connector.write(CLIENTS_ADDRESS, [write], ROUTINE)

    assert result.record is not None
    choice = str(result.record.fields[STAGE])
    assert "Brand new" == connector.schema[CLIENTS].fields[STAGE].choices[choice]
    assert [DEAL_0] == result.record.fields[field_id("Deals")]
    assert 2 == loaded.write_count()


def test_a_link_to_text_is_never_made_into_a_record(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    write = item(HUB_1, CLIENT_0, Stage="Brand new", Deals=["Acme"])

    with pytest.raises(RecordRejected):
        connector.write(CLIENTS_ADDRESS, [write], ROUTINE)

    assert (
        LEAD == connector.read_records(CLIENTS_ADDRESS, [CLIENT_0], ROUTINE)[CLIENT_0].fields[STAGE]
    )


def test_one_refused_record_refuses_its_batch(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    items = [item(HUB_1, CLIENT_0, Name="Fine"), item(HUB_2, CLIENT_1, Deals=["recGone0000000000"])]

    with pytest.raises(RecordRejected, match=r"\[airtable\] write clients: "):
        connector.write(CLIENTS_ADDRESS, items, ROUTINE)

    assert ["C0", "C1", "C2"] == names(loaded)


CANONICAL: dict[str, Value] = {
    "Key": "ü🙂",
    "Long": "two\nlines",
    "Rich": "a **b**",
    "Number": "-1.25",
    "Percent": "0.123",
    "Money": "1000000",
    "Duration": "3661",
    "Rating": "5",
    "Done": True,
    "Day": "2026-10-25",
    "Moment": "2026-10-25T00:30:00.000Z",
    "One": "selOnered00000000",
    "Many": ["selManya000000000", "selManyb000000000"],
}


def test_each_type_is_read_back_as_it_was_written(connector: AirtableConnector) -> None:
    record = new_dish(connector)
    fields = {field_id(name): value for name, value in CANONICAL.items()}
    write = WriteItem(hub_id="", external_id=record, fields=fields)

    (result,) = connector.write(KITCHEN_ADDRESS, [write], ROUTINE)

    assert result.record is not None
    assert fields == {each: result.record.fields[each] for each in fields}
    read = connector.read_records(KITCHEN_ADDRESS, [record], ROUTINE)[record]
    assert fields == {each: read.fields[each] for each in fields}


def test_each_type_can_be_emptied(connector: AirtableConnector) -> None:
    record = new_dish(connector)
    fields: dict[str, Value] = {field_id(name): None for name in CANONICAL}
    full = {field_id(name): value for name, value in CANONICAL.items()}
    for cells in (full, fields):
        write = WriteItem(hub_id="", external_id=record, fields=cells)
        (result,) = connector.write(KITCHEN_ADDRESS, [write], ROUTINE)

    assert result.record is not None
    assert not [each for each in fields if result.record.fields.get(each)]


def test_new_options_of_a_multi_select_are_made(connector: AirtableConnector) -> None:
    record = new_dish(connector)
    many = field_id("Many")
    write = WriteItem(
        hub_id="", external_id=record, fields={many: ["selManya000000000", "brand new"]}
    )

    (result,) = connector.write(KITCHEN_ADDRESS, [write], ROUTINE)

    assert result.record is not None
    chosen = result.record.fields[many]
    assert isinstance(chosen, list)
    choices = connector.schema[KITCHEN].fields[many].choices
    assert {"a", "brand new"} == {choices[choice] for choice in chosen}


# Deleting


def test_records_are_deleted_in_one_request(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    connector.delete(CLIENTS_ADDRESS, [CLIENT_0, CLIENT_2], ROUTINE)

    assert ["C1"] == names(loaded)
    assert 1 == loaded.write_count()


def test_a_record_that_is_gone_already_counts_as_deleted(
    connector: AirtableConnector, loaded: SandboxServer
) -> None:
    loaded.edit(BASE, CLIENTS, delete=[CLIENT_1])

    connector.delete(CLIENTS_ADDRESS, [CLIENT_0, CLIENT_1, CLIENT_2], ROUTINE)
    connector.delete(CLIENTS_ADDRESS, [CLIENT_1], ROUTINE)

    assert [] == names(loaded)
