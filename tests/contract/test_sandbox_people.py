"""Do people's edits in the grid behave, and does every open grid hear of every change?"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sandbox_base import BASE, CLIENT_0, CLIENT_1, CLIENTS, DEAL_0, DEALS, field, sample
from sandbox_server import SandboxServer

EDITS = f"/_ui/bases/{BASE}/tables/{CLIENTS}/edits"
NAME, STAGE = field("Name"), field("Stage")


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


class Events:
    """An open event stream."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response

    def message(self) -> tuple[int | None, dict[str, Any]]:
        """The next message: its id and its content."""
        number = None
        while True:
            line = self._response.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                return number, json.loads(line[6:])

    def change(self) -> tuple[int | None, dict[str, Any]]:
        while True:
            number, body = self.message()
            if "people" not in body:
                return number, body


@contextmanager
def listening(server: SandboxServer, query: str = "", **headers: str) -> Iterator[Events]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", f"/_ui/bases/{BASE}/events{query}", headers=headers)
    response = connection.getresponse()
    assert response.getheader("Content-Type", "").startswith("text/event-stream")
    assert response.readline().startswith(b":")
    yield Events(response)
    connection.close()


def edit(server: SandboxServer, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
    return server.call("POST", EDITS, {"user": "Alex", **body}, token=None, headers=headers)


def test_bases_schema_and_rows_are_answered(loaded: SandboxServer) -> None:
    _, bases = loaded.call("GET", "/_ui/bases", token=None)
    _, base = loaded.call("GET", f"/_ui/bases/{BASE}", token=None)
    _, rows = loaded.call("GET", f"/_ui/bases/{BASE}/tables/{CLIENTS}/rows?limit=2", token=None)

    assert ["Clients", "Deals", "Kitchen / sink"] == [
        table["name"] for table in bases["bases"][0]["tables"]
    ]
    assert (0, "Ada") == (base["transaction"], base["people"][0])
    assert ["C0", "C1"] == [row["fields"][NAME] for row in rows["rows"]]
    _, rest = loaded.call(
        "GET",
        f"/_ui/bases/{BASE}/tables/{CLIENTS}/rows?limit=2&offset={rows['next']}",
        token=None,
    )
    assert ["C2"] == [row["fields"][NAME] for row in rest["rows"]]
    assert "next" not in rest


def test_an_edit_of_many_rows_is_one_transaction(loaded: SandboxServer) -> None:
    status, answer = edit(
        loaded,
        {
            "create": [{"fields": {NAME: f"N{number}"}} for number in range(200)],
            "update": [{"id": CLIENT_0, "fields": {STAGE: "Won"}}],
            "delete": [CLIENT_1],
        },
    )

    assert (200, 1) == (status, answer["transaction"])
    assert [*(f"N{number}" for number in range(200)), "C0"] == [
        row["fields"][NAME] for row in answer["rows"]
    ]
    assert "Alex" == answer["rows"][-1]["lastEditedBy"]
    assert {1} == {each["transaction"] for each in loaded.edits()}


def test_a_refused_edit_changes_nothing(loaded: SandboxServer) -> None:
    before = loaded.save()
    status, answer = edit(
        loaded,
        {"create": [{"fields": {NAME: "x"}}], "update": [{"id": CLIENT_0, "fields": {STAGE: "?"}}]},
    )

    assert (422, "INVALID_MULTIPLE_CHOICE_OPTIONS") == (status, answer["error"]["type"])
    assert before == loaded.save()


def test_a_new_option_comes_with_typecast(loaded: SandboxServer) -> None:
    body = {"update": [{"id": CLIENT_0, "fields": {STAGE: "New"}}], "typecast": True}

    assert "New" == edit(loaded, body)[1]["rows"][0]["fields"][STAGE]


def test_a_deleted_row_comes_back_under_its_id(loaded: SandboxServer) -> None:
    row = loaded.call("GET", f"/_ui/bases/{BASE}/tables/{CLIENTS}/rows", token=None)[1]["rows"][0]
    edit(loaded, {"delete": [CLIENT_0]})
    writable = {key: row["fields"][key] for key in (NAME, STAGE, field("Deals"))}
    _, answer = edit(loaded, {"create": [{"id": CLIENT_0, "fields": writable}]})

    assert CLIENT_0 == answer["rows"][0]["id"]
    assert row["createdTime"] == answer["rows"][0]["createdTime"]
    deal = loaded.call("GET", f"/v0/{BASE}/{DEALS}/{DEAL_0}")[1]
    assert [CLIENT_0] == deal["fields"]["Client"]


def test_an_id_that_never_was_is_refused(loaded: SandboxServer) -> None:
    body = {"create": [{"id": "recNever000000000", "fields": {}}]}

    assert 422 == edit(loaded, body)[0]


def test_a_foreign_site_cannot_edit(loaded: SandboxServer) -> None:
    body: dict[str, Any] = {"update": [{"id": CLIENT_0, "fields": {STAGE: "Won"}}]}

    assert 403 == edit(loaded, body, Origin="http://evil.example")[0]
    assert 403 == edit(loaded, body, **{"Sec-Fetch-Site": "cross-site"})[0]
    assert 415 == edit(loaded, body, **{"Content-Type": "text/plain"})[0]
    assert 200 == edit(loaded, body, Origin=loaded.url, **{"Sec-Fetch-Site": "same-origin"})[0]


def test_every_change_reaches_an_open_grid_in_order(loaded: SandboxServer) -> None:
    with listening(loaded, "?after=0") as events:
        edit(loaded, {"update": [{"id": CLIENT_0, "fields": {STAGE: "Won"}}]})
        loaded.call("PATCH", f"/v0/{BASE}/{DEALS}/{DEAL_0}", {"fields": {"Amount": 5}})
        loaded.call("DELETE", f"/v0/{BASE}/{CLIENTS}/{CLIENT_1}")
        heard = [events.change() for _ in range(6)]

    tables = [(number, body["table"]) for number, body in heard]
    # A stage shows in the deals' lookup, an amount in the client's total, a deletion in the link.
    assert [(1, CLIENTS), (1, DEALS), (2, DEALS), (2, CLIENTS), (3, CLIENTS), (3, DEALS)] == sorted(
        tables, key=lambda each: (each[0], tables.index(each))
    )
    assert ("Alex", "client") == (heard[0][1]["user"], heard[0][1]["source"])
    assert "Won" == heard[0][1]["upserted"][0]["fields"][STAGE]
    assert [CLIENT_1] in [body["deleted"] for _, body in heard]


def test_a_stream_resumes_after_what_was_heard(loaded: SandboxServer) -> None:
    for number in range(3):
        edit(loaded, {"update": [{"id": CLIENT_1, "fields": {NAME: f"N{number}"}}]})
    with listening(loaded, "", **{"Last-Event-ID": "1"}) as events:
        numbers: list[int | None] = []
        while len(set(numbers)) < 2:
            numbers.append(events.change()[0])

    assert {2, 3} == set(numbers)


def test_a_place_that_is_not_known_means_reading_again(loaded: SandboxServer) -> None:
    with listening(loaded, "?after=99") as events:
        assert {"reset": True} == events.change()[1]


def test_a_changed_schema_is_told(loaded: SandboxServer) -> None:
    with listening(loaded, "?after=0") as events:
        loaded.call(
            "POST",
            f"/v0/meta/bases/{BASE}/tables/{CLIENTS}/fields",
            {"name": "More", "type": "singleLineText"},
        )
        _, body = events.change()

    assert (CLIENTS, True) == (body["table"], body["schema_changed"])


def test_those_who_look_are_told_of_each_other(loaded: SandboxServer) -> None:
    with listening(loaded, "?user=Alex") as events:
        assert {"people": ["Alex"]} == events.message()[1]
        with listening(loaded, "?user=Robin"):
            assert {"people": ["Alex", "Robin"]} == events.message()[1]


def test_people_have_no_rate_limit(loaded: SandboxServer) -> None:
    for number in range(30):
        body = {"update": [{"id": CLIENT_0, "fields": {NAME: f"N{number}"}}]}
        assert 200 == edit(loaded, body)[0]


def test_a_copied_row_has_the_same_cells_under_an_id_of_its_own(loaded: SandboxServer) -> None:
    loaded.edit(BASE, CLIENTS, update=[{"id": CLIENT_0, "fields": {"Hub ID": "h"}}])
    (copy,) = loaded.duplicate(BASE, CLIENTS, [CLIENT_0])["rows"]

    assert copy["id"] != CLIENT_0
    assert ("C0", "h") == (copy["fields"][NAME], copy["fields"][field("Hub ID")])
    deal = loaded.call("GET", f"/v0/{BASE}/{DEALS}/{DEAL_0}")[1]
    assert [CLIENT_0, copy["id"]] == deal["fields"]["Client"]


def test_a_base_that_is_taken_away_is_gone(loaded: SandboxServer) -> None:
    loaded.remove(BASE)

    assert 403 == loaded.call("GET", f"/v0/{BASE}/{CLIENTS}")[0]
    assert {"bases": []} == loaded.call("GET", "/_ui/bases", token=None)[1]
