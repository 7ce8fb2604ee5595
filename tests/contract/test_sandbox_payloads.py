"""Does a webhook hear what its specification asks for, and nothing else?"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_base import (
    BASE,
    CLIENT_0,
    CLIENT_1,
    CLIENT_2,
    CLIENTS,
    DEAL_0,
    DEALS,
    field,
    sample,
)
from sandbox_server import SandboxServer

HOOKS = f"/v0/bases/{BASE}/webhooks"
WEEK = 7 * 86400
NAME, STAGE = field("Name"), field("Stage")


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


def hook(
    server: SandboxServer, *data_types: str, includes: dict[str, Any] | None = None, **filters: Any
) -> str:
    options: dict[str, Any] = {
        "filters": {"dataTypes": list(data_types) or ["tableData"], **filters}
    }
    if includes:
        options["includes"] = includes
    status, made = server.call("POST", HOOKS, {"specification": {"options": options}})
    assert 200 == status, made
    return str(made["id"])


def payloads(server: SandboxServer, hook_id: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.call("GET", f"{HOOKS}/{hook_id}/payloads{query}")[1][
        "payloads"
    ]
    return found


def set_stage(server: SandboxServer, client: str, stage: str | None) -> None:
    server.edit(BASE, CLIENTS, update=[{"id": client, "fields": {"Stage": stage}}])


def test_a_change_tells_new_old_and_unchanged_values(loaded: SandboxServer) -> None:
    hook_id = hook(
        loaded,
        includes={"includePreviousCellValues": True, "includeCellValuesInFieldIds": [NAME]},
        watchDataInFieldIds=[STAGE],
    )
    set_stage(loaded, CLIENT_0, None)
    (payload,) = payloads(loaded, hook_id)
    change = payload["changedTablesById"][CLIENTS]["changedRecordsById"][CLIENT_0]

    assert {"cellValuesByFieldId": {STAGE: None}} == change["current"]
    assert "Lead" == change["previous"]["cellValuesByFieldId"][STAGE]["name"]
    assert {"cellValuesByFieldId": {NAME: "C0"}} == change["unchanged"]
    assert ("v0", 1) == (payload["payloadFormat"], payload["baseTransactionNumber"])


def test_old_values_come_only_when_asked_for(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    set_stage(loaded, CLIENT_0, "Won")
    change = payloads(loaded, hook_id)[0]["changedTablesById"][CLIENTS]["changedRecordsById"]

    assert ["current"] == list(change[CLIENT_0])


def test_a_link_shows_in_the_same_payload_on_both_sides(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    loaded.edit(BASE, DEALS, update=[{"id": DEAL_0, "fields": {"Client": [CLIENT_1]}}])
    tables = payloads(loaded, hook_id)[0]["changedTablesById"]
    deal = tables[DEALS]["changedRecordsById"][DEAL_0]["current"]["cellValuesByFieldId"]

    assert [{"id": CLIENT_1, "name": "C1"}] == deal[field("Client")]
    assert {CLIENT_0, CLIENT_1} == set(tables[CLIENTS]["changedRecordsById"])


def test_lookups_are_grouped_by_linked_record_in_a_payload_of_their_own(
    loaded: SandboxServer,
) -> None:
    hook_id = hook(loaded)
    set_stage(loaded, CLIENT_0, "Won")
    first, second = payloads(loaded, hook_id)
    deal = second["changedTablesById"][DEALS]["changedRecordsById"][DEAL_0]["current"]
    lookup = deal["cellValuesByFieldId"][field("Client stage")]

    assert [CLIENT_0] == lookup["linkedRecordIds"]
    assert "Won" == lookup["valuesByLinkedRecordId"][CLIENT_0][0]["name"]
    for name in ("timestamp", "baseTransactionNumber", "actionMetadata"):
        assert first[name] == second[name]


def test_creations_and_destructions_are_told(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    made = loaded.call("POST", f"/v0/{BASE}/{CLIENTS}", {"fields": {"Name": "n"}})[1]
    loaded.call("DELETE", f"/v0/{BASE}/{CLIENTS}/{made['id']}")
    first, second = (payload["changedTablesById"][CLIENTS] for payload in payloads(loaded, hook_id))

    created = first["createdRecordsById"][made["id"]]
    assert made["createdTime"] == created["createdTime"]
    assert "n" == created["cellValuesByFieldId"][NAME]
    assert {"destroyedRecordIds": [made["id"]]} == second


def test_the_authors_door_and_name_are_told(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    set_stage(loaded, CLIENT_2, "Won")
    loaded.call("PATCH", f"/v0/{BASE}/{CLIENTS}/{CLIENT_2}", {"fields": {"Stage": "Lost"}})
    actions = [each["actionMetadata"] for each in payloads(loaded, hook_id)]

    assert ["client", "publicApi"] == [each["source"] for each in actions]
    assert ["Alex", "Owner"] == [each["sourceMetadata"]["user"]["name"] for each in actions]


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["add", "update", "remove"]),
    ({"changeTypes": ["add"]}, ["add"]),
    ({"changeTypes": ["remove", "update"]}, ["update", "remove"]),
    ({"fromSources": ["client"]}, ["add", "update", "remove"]),
    ({"fromSources": ["publicApi"]}, []),
    ({"recordChangeScope": CLIENTS}, ["add", "update", "remove"]),
    ({"recordChangeScope": DEALS}, []),
    ({"watchDataInFieldIds": [NAME]}, ["add", "update", "remove"]),
    ({"watchDataInFieldIds": [field("HubID")]}, ["add", "remove"]),
]


@pytest.mark.parametrize(("filters", "heard"), FILTERS)
def test_filters_keep_the_rest_away(
    loaded: SandboxServer, filters: dict[str, Any], heard: list[str]
) -> None:
    hook_id = hook(loaded, **filters)
    made = loaded.edit(BASE, CLIENTS, create=[{"fields": {"Name": "n"}}])["rows"][0]["id"]
    loaded.edit(BASE, CLIENTS, update=[{"id": made, "fields": {"Name": "m"}}])
    loaded.edit(BASE, CLIENTS, delete=[made])
    kinds = {"createdRecordsById": "add", "changedRecordsById": "update",
             "destroyedRecordIds": "remove"}  # fmt: skip

    assert heard == [
        kinds[key]
        for payload in payloads(loaded, hook_id)
        for key in payload["changedTablesById"][CLIENTS]
    ]


def test_a_view_tells_who_enters_and_who_leaves(loaded: SandboxServer) -> None:
    hook_id = hook(loaded, recordChangeScope="viwWon00000000000")
    set_stage(loaded, CLIENT_0, "Won")
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": "in"}}])
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_1, "fields": {"Name": "out"}}])
    set_stage(loaded, CLIENT_0, "Lost")
    views = [
        payload["changedTablesById"][CLIENTS]["changedViewsById"]["viwWon00000000000"]
        for payload in payloads(loaded, hook_id)
    ]

    assert ["createdRecordsById", "changedRecordsById", "destroyedRecordIds"] == [
        next(iter(view)) for view in views
    ]
    assert [CLIENT_0] == views[2]["destroyedRecordIds"]


def test_schema_changes_are_told_to_those_who_ask(loaded: SandboxServer) -> None:
    fields_hook = hook(loaded, "tableFields", includes={"includePreviousFieldDefinitions": True})
    table_hook = hook(loaded, "tableMetadata")
    table = f"/v0/meta/bases/{BASE}/tables/{CLIENTS}"
    made = loaded.call("POST", f"{table}/fields", {"name": "F", "type": "singleLineText"})[1]["id"]
    loaded.call("PATCH", f"{table}/fields/{made}", {"name": "G"})
    loaded.call("PATCH", table, {"name": "Customers"})
    loaded.remove(BASE, CLIENTS, made)
    loaded.call("POST", f"/v0/meta/bases/{BASE}/tables",
                {"name": "T", "fields": [{"name": "N", "type": "singleLineText"}]})  # fmt: skip
    loaded.remove(BASE, "T")

    created, renamed, destroyed = (
        each["changedTablesById"][CLIENTS] for each in payloads(loaded, fields_hook)
    )
    assert {made: {"name": "F", "type": "singleLineText"}} == created["createdFieldsById"]
    assert {made: {"current": {"name": "G"}, "previous": {"name": "F"}}} == renamed[
        "changedFieldsById"
    ]
    assert [made] == destroyed["destroyedFieldIds"]
    table_payloads = payloads(loaded, table_hook)
    assert {"current": {"name": "Customers"}, "previous": {"name": "Clients"}} == table_payloads[0][
        "changedTablesById"
    ][CLIENTS]["changedMetadata"]
    (made_table,) = table_payloads[1]["createdTablesById"]
    assert [made_table] == table_payloads[2]["destroyedTableIds"]


@pytest.mark.parametrize(
    ("filters", "field_name", "code"),
    [
        ({"watchDataInFieldIds": [STAGE]}, "Stage", "INVALID_FILTERS"),
        ({"recordChangeScope": CLIENTS}, None, "INVALID_HOOK"),
    ],
)
def test_a_hook_breaks_for_good_when_what_it_watches_goes(
    loaded: SandboxServer, filters: dict[str, Any], field_name: str | None, code: str
) -> None:
    hook_id = hook(loaded, **filters)
    loaded.remove(BASE, CLIENTS, field_name)
    loaded.edit(BASE, DEALS, create=[{"fields": {"Title": "later"}}])
    (*_, payload) = payloads(loaded, hook_id)

    assert (True, code) == (payload["error"], payload["code"])
    assert not loaded.call("GET", HOOKS)[1]["webhooks"][0]["isHookEnabled"]


def test_a_field_that_is_only_included_may_go(loaded: SandboxServer) -> None:
    hook_id = hook(loaded, includes={"includeCellValuesInFieldIds": [STAGE]})
    loaded.remove(BASE, CLIENTS, "Stage")
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Name": "n"}}])

    assert "error" not in payloads(loaded, hook_id)[-1]


def test_pages_hold_fifty_and_the_cursor_goes_on(loaded: SandboxServer) -> None:
    hook_id = hook(loaded, watchDataInFieldIds=[NAME])
    for number in range(60):
        loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_2, "fields": {"Name": f"N{number}"}}])
    path = f"{HOOKS}/{hook_id}/payloads"
    first = loaded.call("GET", path)[1]
    second = loaded.call("GET", f"{path}?cursor={first['cursor']}")[1]
    third = loaded.call("GET", f"{path}?cursor={second['cursor']}")[1]

    assert (50, 51, True) == (len(first["payloads"]), first["cursor"], first["mightHaveMore"])
    assert (10, 61, False) == (len(second["payloads"]), second["cursor"], second["mightHaveMore"])
    assert ([], 61) == (third["payloads"], third["cursor"])
    assert 61 == loaded.call("GET", HOOKS)[1]["webhooks"][0]["cursorForNextPayload"]
    assert 1 == len(payloads(loaded, hook_id, "?cursor=60&limit=5"))


@pytest.mark.parametrize("query", ["?cursor=0", "?cursor=x", "?limit=51", "?limit=0"])
def test_a_cursor_or_limit_that_cannot_be_is_refused(loaded: SandboxServer, query: str) -> None:
    assert 422 == loaded.call("GET", f"{HOOKS}/{hook(loaded)}/payloads{query}")[0]


def test_an_action_that_changes_nothing_is_not_told(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    loaded.call("PATCH", f"/v0/{BASE}/{CLIENTS}/{CLIENT_0}", {"fields": {"Name": "C0"}})

    assert [] == payloads(loaded, hook_id)
    assert [] == loaded.edits()


def test_a_hook_expires_after_seven_days_and_is_forgotten_after_fourteen(
    loaded: SandboxServer,
) -> None:
    hook_id = hook(loaded)
    set_stage(loaded, CLIENT_2, "Won")
    loaded.advance(WEEK - 60)
    assert 1 == len(payloads(loaded, hook_id))  # which also extends it
    loaded.advance(WEEK - 60)
    assert loaded.call("GET", HOOKS)[1]["webhooks"][0]["isHookEnabled"]
    loaded.advance(120)
    assert not loaded.call("GET", HOOKS)[1]["webhooks"][0]["isHookEnabled"]
    assert 422 == loaded.call("POST", f"{HOOKS}/{hook_id}/refresh")[0]
    set_stage(loaded, CLIENT_2, "Lost")
    assert [] == payloads(loaded, hook_id)
    loaded.advance(WEEK)
    assert [] == loaded.call("GET", HOOKS)[1]["webhooks"]


def test_payloads_are_gone_after_seven_days(loaded: SandboxServer) -> None:
    hook_id = hook(loaded)
    set_stage(loaded, CLIENT_2, "Won")
    loaded.advance(WEEK - 60)
    loaded.call("POST", f"{HOOKS}/{hook_id}/refresh")
    loaded.advance(120)
    set_stage(loaded, CLIENT_2, "Lost")
    answer = loaded.call("GET", f"{HOOKS}/{hook_id}/payloads")[1]

    assert (1, 3) == (len(answer["payloads"]), answer["cursor"])


BAD_SPECIFICATIONS: list[Any] = [
    None,
    {},
    {"options": {}},
    {"options": {"filters": {}}},
    {"options": {"filters": {"dataTypes": []}}},
    {"options": {"filters": {"dataTypes": ["cells"]}}},
    {"options": {"filters": {"dataTypes": ["tableData"], "changeTypes": ["rename"]}}},
    {"options": {"filters": {"dataTypes": ["tableData"], "fromSources": ["moon"]}}},
    {"options": {"filters": {"dataTypes": ["tableData"], "recordChangeScope": "Clients"}}},
    {
        "options": {
            "filters": {"dataTypes": ["tableData"], "recordChangeScope": "viwForm0000000000"}
        }
    },
    {"options": {"filters": {"dataTypes": ["tableData"], "watchDataInFieldIds": ["Name"]}}},
    {"options": {"filters": {"dataTypes": ["tableData"], "wish": 1}}},
    {"options": {"filters": {"dataTypes": ["tableData"]}, "includes": {"wish": 1}}},
]


@pytest.mark.parametrize("specification", BAD_SPECIFICATIONS)
def test_a_specification_that_cannot_be_is_refused(
    loaded: SandboxServer, specification: Any
) -> None:
    assert 422 == loaded.call("POST", HOOKS, {"specification": specification})[0]


def test_a_notification_address_that_is_none_is_refused(loaded: SandboxServer) -> None:
    body = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}

    assert 422 == loaded.call("POST", HOOKS, {**body, "notificationUrl": "nowhere"})[0]
    assert 200 == loaded.call("POST", HOOKS, {**body, "notificationUrl": None})[0]
