"""Does the connector hear of every change what a read would have shown?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from airtable_side import (
    CLIENT,
    CLIENTS_ADDRESS,
    DEALS_ADDRESS,
    HUB_1,
    KITCHEN_ADDRESS,
    LEAD,
    NAME,
    STAGE,
    WON,
    connect,
    item,
)
from sandbox_base import (
    ADA,
    BASE,
    CLIENT_0,
    CLIENT_1,
    CLIENTS,
    DEAL_0,
    DEALS,
    KITCHEN,
    field,
    sample,
)
from sandbox_server import SandboxServer

from connectors.airtable.connector import AirtableConnector
from connectors.airtable.payloads import read_page
from hub.contract import Priority
from hub.core.records import CellChange, ChangeKind, RecordChange
from hub.core.values import MISSING, Value
from hub.errors import CursorExpired, PermissionLost

ROUTINE = Priority.ROUTINE
URL = "https://hub.example/hooks/airtable"


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


@pytest.fixture
def connector(loaded: SandboxServer) -> AirtableConnector:
    return connect(loaded)


@pytest.fixture
def hook(connector: AirtableConnector) -> str:
    return connector.create_hook(None).external_id


def changes(connector: AirtableConnector, hook: str, cursor: int = 1) -> list[RecordChange]:
    return list(connector.read_changes(hook, cursor, ROUTINE).changes)


def edit(loaded: SandboxServer, record: str, **cells: Any) -> None:
    loaded.edit(BASE, CLIENTS, update=[{"id": record, "fields": cells}])


# Hooks


def test_a_hook_tells_its_secret_once(connector: AirtableConnector) -> None:
    made = connector.create_hook(URL)
    (listed,) = connector.hooks()

    assert made.mac_secret
    assert listed.mac_secret is None
    assert (made.external_id, URL, 1) == (
        listed.external_id,
        listed.notification_url,
        listed.next_cursor,
    )
    assert (True, True) == (listed.is_enabled, listed.notifies)


def test_a_hook_without_an_address_still_records(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    edit(loaded, CLIENT_0, Name="New")

    assert 2 == connector.hooks()[0].next_cursor
    assert 1 == len(changes(connector, hook))


def test_a_refreshed_hook_lives_a_week_more(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    (before,) = connector.hooks()
    loaded.advance(86_400)

    after = connector.refresh_hook(hook)

    assert before.expires_at is not None
    assert after.expires_at is not None
    assert after.expires_at - before.expires_at >= timedelta(days=1)


def test_a_deleted_hook_may_be_deleted_again(connector: AirtableConnector, hook: str) -> None:
    connector.delete_hook(hook)
    connector.delete_hook(hook)

    assert () == connector.hooks()


def test_a_hook_that_is_gone_asks_for_a_complete_read(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    connector.delete_hook(hook)

    with pytest.raises(CursorExpired, match=hook):
        connector.read_changes(hook, 1, ROUTINE)


def test_a_lost_permission_is_no_lost_hook(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    loaded.fault("status", status=403, path="payloads", type="INVALID_PERMISSIONS")
    loaded.fault("status", status=403, method="DELETE", path="webhooks", type="INVALID_PERMISSIONS")

    with pytest.raises(PermissionLost):
        connector.read_changes(hook, 1, ROUTINE)
    with pytest.raises(PermissionLost):
        connector.delete_hook(hook)


# Changes


def test_a_change_names_who_what_and_what_was_there_before(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    edit(loaded, CLIENT_0, Stage="Won")

    change = changes(connector, hook)[0]

    assert (CLIENTS, CLIENT_0, ChangeKind.CHANGED, "Alex") == (
        change.stream_id,
        change.external_id,
        change.kind,
        change.actor,
    )
    assert CellChange(current=WON, previous=LEAD) == change.cells[STAGE]
    assert change.edited_at.tzinfo is not None


def test_births_deaths_and_links_are_told(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    made = loaded.edit(BASE, CLIENTS, create=[{"fields": {"Name": "New"}}])["rows"][0]["id"]
    loaded.edit(BASE, DEALS, update=[{"id": DEAL_0, "fields": {"Client": [CLIENT_1]}}])
    loaded.edit(BASE, CLIENTS, delete=[made])

    told = changes(connector, hook)

    assert (made, ChangeKind.CREATED, CellChange(current="New", previous=None)) == (
        told[0].external_id,
        told[0].kind,
        told[0].cells[NAME],
    )
    moved = next(change for change in told if change.external_id == DEAL_0)
    assert CellChange(current=[CLIENT_1], previous=[CLIENT_0]) == moved.cells[CLIENT]
    assert (made, ChangeKind.DESTROYED) == (told[-1].external_id, told[-1].kind)


def test_what_the_hub_wrote_is_told_in_the_form_that_it_wrote(
    connector: AirtableConnector, hook: str
) -> None:
    connector.write(CLIENTS_ADDRESS, [item(HUB_1, CLIENT_0, Name="Ours", Stage=WON)], ROUTINE)

    change = changes(connector, hook)[0]

    assert ("Ours", WON) == (change.cells[NAME].current, change.cells[STAGE].current)


def test_changes_come_fifty_at_a_time_in_their_order(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    for number in range(60):
        edit(loaded, CLIENT_0, Name=f"N{number}")

    first = connector.read_changes(hook, 1, ROUTINE)
    second = connector.read_changes(hook, first.next_cursor, ROUTINE)
    third = connector.read_changes(hook, second.next_cursor, ROUTINE)

    assert (True, False, False) == (first.has_more, second.has_more, third.has_more)
    assert [f"N{number}" for number in range(60)] == [
        change.cells[NAME].current for change in (*first.changes, *second.changes)
    ]
    assert ((), second.next_cursor) == (third.changes, third.next_cursor)


@pytest.mark.parametrize("removed", ["field", "table"])
def test_a_changed_schema_is_told(
    connector: AirtableConnector, loaded: SandboxServer, hook: str, removed: str
) -> None:
    connector.discover()
    loaded.remove(BASE, CLIENTS, "Stage" if removed == "field" else None)

    assert connector.read_changes(hook, 1, ROUTINE).schema_changed


def test_a_renamed_field_is_told_and_changes_no_value(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    connector.discover()
    loaded.call("PATCH", f"/v0/meta/bases/{BASE}/tables/{CLIENTS}/fields/{NAME}", {"name": "Firm"})
    edit(loaded, CLIENT_0, Firm="Renamed")

    page = connector.read_changes(hook, 1, ROUTINE)

    assert page.schema_changed
    assert "Renamed" == page.changes[-1].cells[NAME].current


def test_a_broken_feed_is_told() -> None:
    page = read_page(
        {
            "payloads": [
                {
                    "timestamp": "2026-11-24T10:00:00.000Z",
                    "baseTransactionNumber": 4,
                    "payloadFormat": "v0",
                    "error": True,
                    "code": "INVALID_HOOK",
                }
            ],
            "cursor": 2,
            "mightHaveMore": False,
        },
        {},
    )

    assert (True, "INVALID_HOOK", ()) == (page.is_broken, page.broken_reason, page.changes)


def test_a_change_without_previous_values_does_not_guess_them(
    connector: AirtableConnector,
) -> None:
    payload = {
        "timestamp": "2026-11-24T10:00:00.000Z",
        "baseTransactionNumber": 4,
        "actionMetadata": {"source": "automation", "sourceMetadata": {"automationId": "wfl1"}},
        "changedTablesById": {
            CLIENTS: {
                "changedRecordsById": {
                    CLIENT_0: {"current": {"cellValuesByFieldId": {NAME: "New", "fldUnknown": 1}}}
                }
            },
            "tblUnknown": {"destroyedRecordIds": ["rec1"], "createdRecordsById": {"rec2": {}}},
        },
    }

    page = read_page({"payloads": [payload], "cursor": 5}, connector.discover())

    assert {NAME: CellChange(current="New", previous=MISSING)} == page.changes[0].cells
    assert "airtable automation" == page.changes[0].actor
    assert ["rec2", "rec1"] == [change.external_id for change in page.changes[1:]]


# Both forms of a value

WRITTEN: dict[str, tuple[Any, Any]] = {
    "Key": ("text", "ü🙂"),
    "Long": ("two\nlines", "  "),
    "Rich": ("* x", "a **b**\n"),
    "Mail": ("a@example.com", "b@example.com"),
    "Link": ("https://example.com", "https://example.org"),
    "Phone": ("+49 30 1", "+49 30 2"),
    "Number": (-1.25, 1e9),
    "Percent": (0.123, 0.0),
    "Money": (9.99, 0.1),
    "Duration": (3661, 60),
    "Rating": (5, 1),
    "Done": (True, False),
    "Day": ("2026-02-03", "2026-10-25"),
    "Moment": ("2026-10-25T00:30:00Z", "2026-03-29T01:30:00Z"),
    "One": ("red", "blue"),
    "Many": (["b", "a"], ["c"]),
    "Person": ({"id": ADA["id"]}, None),
    "People": ([{"id": ADA["id"]}], None),
    "Code": ({"text": "123", "type": "ean8"}, {"text": "4"}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_payload_says_of_each_type_what_a_read_says(
    connector: AirtableConnector, loaded: SandboxServer, hook: str, name: str
) -> None:
    record = loaded.edit(BASE, KITCHEN, create=[{"fields": {}}])["rows"][0]["id"]
    read: list[Value] = [None]
    for value in (*WRITTEN[name], None):
        loaded.edit(BASE, KITCHEN, update=[{"id": record, "fields": {name: value}}])
        cells = connector.read_records(KITCHEN_ADDRESS, [record], ROUTINE)[record].fields
        shown = cells.get(field(name)) or None
        read += [shown] if shown != read[-1] else []

    told = [
        change.cells[field(name)]
        for change in changes(connector, hook)
        if field(name) in change.cells and change.kind is ChangeKind.CHANGED
    ]

    assert read == [told[0].previous or None, *(cell.current or None for cell in told)]
    assert len(read) > 1
    # Nobody sees the vendor's JSON.
    assert not any(str(value).startswith(("{", "[{", "['{")) for value in read)


def test_computed_cells_are_told_as_they_are_read(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    record = loaded.edit(BASE, KITCHEN, create=[{"fields": {"Number": 2, "Day": "2026-01-31"}}])[
        "rows"
    ][0]["id"]
    loaded.edit(BASE, KITCHEN, update=[{"id": record, "fields": {"Number": 2.5}}])
    read = connector.read_records(KITCHEN_ADDRESS, [record], ROUTINE)[record]

    latest: dict[str, Value] = {}
    for change in changes(connector, hook):
        latest |= {each: cell.current for each, cell in change.cells.items()}

    assert 5 == read.fields[field("Double")]
    assert {each: read.fields[each] for each in latest if each in read.fields} == {
        each: value for each, value in latest.items() if each in read.fields
    }


def test_a_lookup_is_told_as_it_is_read(
    connector: AirtableConnector, loaded: SandboxServer, hook: str
) -> None:
    edit(loaded, CLIENT_0, Stage="Won")
    lookup = field("Client stage")
    address = replace(DEALS_ADDRESS, fields=(lookup,))

    read = connector.read_records(address, [DEAL_0], ROUTINE)[DEAL_0].fields[lookup]
    told = changes(connector, hook)[-1]

    assert "Won" == read
    assert (DEAL_0, read) == (told.external_id, told.cells[lookup].current)
