"""What is read back of what was written, for each field type and in each form?"""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_base import ADA, BASE, KITCHEN, field, sample
from sandbox_server import SandboxServer

TABLE = f"/v0/{BASE}/{KITCHEN}"
RED = {"id": "selOnered00000000", "name": "red", "color": "blueLight2"}
A = {"id": "selManya000000000", "name": "a", "color": "blueLight2"}
ADA_SHOWN = {"id": ADA["id"], "email": "ada@example.com", "name": "Ada"}
HOOK: dict[str, Any] = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
SAME = object()


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample())
    return sandbox


# field, written, read back, in webhook payloads (SAME as read back)
VALUES: list[tuple[str, Any, Any, Any]] = [
    ("Key", "text", "text", SAME),
    ("Key", "", None, SAME),
    ("Long", "two\nlines 🙂", "two\nlines 🙂", SAME),
    ("Rich", "* x", "- x\n", SAME),
    ("Rich", "a **b**\n", "a **b**\n", SAME),
    ("Mail", "not an address", "not an address", SAME),  # not validated
    ("Link", "https://example.com", "https://example.com", SAME),
    ("Phone", "+49 30 1", "+49 30 1", SAME),
    ("Number", 0, 0, SAME),
    ("Number", -1.25, -1.25, SAME),
    ("Number", 5.0, 5, SAME),
    ("Percent", 0.123, 0.123, SAME),
    ("Percent", 12, 12, SAME),  # above 100 %, stored as given
    ("Money", 9.99, 9.99, SAME),
    ("Duration", 3661, 3661, SAME),
    ("Rating", 5, 5, SAME),
    ("Done", True, True, SAME),
    ("Done", False, None, SAME),
    ("Day", "2026-02-03", "2026-02-03", SAME),
    ("Day", "2026-02-03T23:00:00.000Z", "2026-02-03", SAME),
    ("Moment", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", SAME),
    ("Moment", "2026-01-01T12:00:00", "2026-01-01T11:00:00.000Z", SAME),  # the field's zone
    ("Moment", "2026-07-01T12:00:00", "2026-07-01T10:00:00.000Z", SAME),  # in summer
    ("Moment", "2026-01-01", "2025-12-31T23:00:00.000Z", SAME),
    ("Moment", 1767225600000, "2026-01-01T00:00:00.000Z", SAME),
    ("One", "red", "red", RED),
    ("Many", ["a"], ["a"], [A]),
    ("Many", ["a", "a"], ["a"], [A]),
    ("Many", [], None, SAME),
    ("Person", {"id": ADA["id"]}, ADA_SHOWN, {**ADA_SHOWN, "permissionLevel": "create"}),
    ("Person", {"email": "ada@example.com"}, ADA_SHOWN,
     {**ADA_SHOWN, "permissionLevel": "create"}),
    ("People", [{"id": ADA["id"]}], [ADA_SHOWN], [{**ADA_SHOWN, "permissionLevel": "create"}]),
    ("People", [ADA["id"]], [ADA_SHOWN], [{**ADA_SHOWN, "permissionLevel": "create"}]),
    ("Code", {"text": "123", "type": "ean8"}, {"text": "123", "type": "ean8"}, SAME),
]  # fmt: skip


@pytest.mark.parametrize(("name", "written", "read", "payload"), VALUES)
def test_what_is_written_is_read_back_in_both_forms(
    loaded: SandboxServer, name: str, written: Any, read: Any, payload: Any
) -> None:
    hook = loaded.call("POST", f"/v0/bases/{BASE}/webhooks", HOOK)[1]["id"]
    status, made = loaded.call("POST", TABLE, {"fields": {name: written}})
    told = loaded.call("GET", f"/v0/bases/{BASE}/webhooks/{hook}/payloads")[1]["payloads"][0]
    created = told["changedTablesById"][KITCHEN]["createdRecordsById"][made["id"]]

    assert 200 == status
    assert read == made["fields"].get(name)
    expected = read if payload is SAME else payload
    assert expected == created["cellValuesByFieldId"].get(field(name))
    assert made == loaded.call("GET", f"{TABLE}/{made['id']}")[1]


REFUSED: list[tuple[str, Any]] = [
    ("Key", 5),
    ("Key", ["x"]),
    ("Number", "5"),
    ("Number", True),
    ("Number", 1e400),
    ("Number", 10**400),
    ("Rating", 0),
    ("Rating", 6),
    ("Rating", 2.5),
    ("Done", "true"),
    ("Done", 1),
    ("Day", "3/4/2026"),
    ("Day", "2026-02-30"),
    ("Day", 20260203),
    ("Moment", "soon"),
    ("Moment", 1e30),
    ("One", ["red"]),
    ("One", "green"),
    ("One", RED),  # the payload's form is not what the API takes
    ("Many", "a"),
    ("Person", "Ada"),
    ("Person", {"id": "usrNobody00000000"}),
    ("People", {"id": ADA["id"]}),
    ("Self", ["recNobody00000000"]),
    ("Files", [{"filename": "x"}]),
    ("Files", [{"url": "ftp://example.com/x"}]),
    ("Files", [{"id": "attNever000000000"}]),
    ("Code", "123"),
    ("Auto", 1),
    ("Made", "2026-01-01T00:00:00Z"),
    ("Double", 1),
    ("Changed by", {"id": ADA["id"]}),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_does_not_fit_is_refused(loaded: SandboxServer, name: str, value: Any) -> None:
    raw = b'{"fields": {"Number": 1e400}}' if value == 1e400 else None
    status, answer = loaded.call("POST", TABLE, {"fields": {name: value}}, raw=raw)

    assert 422 == status, answer
    assert [] == loaded.call("GET", TABLE)[1]["records"]


CAST: list[tuple[str, str, Any]] = [
    ("Number", "$1,200.50", 1200.5),
    ("Number", "none", None),
    ("Percent", "12.5%", 0.125),
    ("Duration", "1:01:01", 3661),
    ("Done", "checked", True),
    ("Day", "3/4/2026", "2026-03-04"),
    ("Moment", "2026-01-01 10:00", "2026-01-01T09:00:00.000Z"),
    ("One", "RED", "red"),
    ("One", "green", "green"),
    ("Many", "a, z", ["a", "z"]),
    ("Person", "ada@example.com", ADA_SHOWN),
    ("Code", "123", {"text": "123"}),
]


@pytest.mark.parametrize(("name", "text", "read"), CAST)
def test_typecast_makes_the_best_of_a_text(
    loaded: SandboxServer, name: str, text: str, read: Any
) -> None:
    status, made = loaded.call("POST", TABLE, {"fields": {name: text}, "typecast": True})

    assert (200, read) == (status, made["fields"].get(name))


def test_null_clears_every_type_at_once(loaded: SandboxServer) -> None:
    names = {name: written for name, written, read, _ in VALUES if read is not None}
    made = loaded.call("POST", TABLE, {"fields": names})[1]
    cleared = dict.fromkeys(names)
    after = loaded.call("PATCH", f"{TABLE}/{made['id']}", {"fields": cleared})[1]["fields"]

    assert len(names) == len(set(made["fields"]) & set(names))
    # A rich text that is cleared is read back as a lone newline.
    assert {"Rich": "\n"} == {name: after[name] for name in names if name in after}


def test_an_empty_record_has_only_its_computed_cells(loaded: SandboxServer) -> None:
    made = loaded.call("POST", TABLE, {"fields": {}})[1]["fields"]

    assert {"Auto", "Made", "Made by", "Changed by", "Double", "Next day"} == set(made)
    assert (1, 0) == (made["Auto"], made["Double"])


def test_computed_cells_are_there_in_the_answer(loaded: SandboxServer) -> None:
    made = loaded.call("POST", TABLE, {"fields": {"Number": 21}}, token="patEditor")[1]
    loaded.advance(1)
    changed = loaded.call("PATCH", f"{TABLE}/{made['id']}", {"fields": {"Number": 4}})[1]

    assert 42 == made["fields"]["Double"]
    assert made["createdTime"] == made["fields"]["Made"] == made["fields"]["Changed"]
    assert "Ada" == made["fields"]["Made by"]["name"] == changed["fields"]["Made by"]["name"]
    assert "Owner" == changed["fields"]["Changed by"]["name"]
    assert changed["fields"]["Changed"] > made["fields"]["Changed"]
    assert 8 == changed["fields"]["Double"]


def test_a_formula_of_a_day_answers_a_day_and_one_without_a_day_an_error(
    loaded: SandboxServer,
) -> None:
    made = loaded.call("POST", TABLE, {"fields": {"Day": "2026-02-28"}})[1]["fields"]
    empty = loaded.call("POST", TABLE, {"fields": {}})[1]["fields"]

    assert "2026-03-01" == made["Next day"]
    assert {"error": "#ERROR!"} == empty["Next day"]


def test_a_watched_fields_time_stands_still_for_others(loaded: SandboxServer) -> None:
    made = loaded.call("POST", TABLE, {"fields": {"Number": 1}})[1]
    changed = loaded.call("PATCH", f"{TABLE}/{made['id']}", {"fields": {"Key": "x"}})[1]

    assert made["fields"]["Changed"] == changed["fields"]["Changed"]


def test_attachments_are_kept_by_id_and_replaced_as_a_whole(loaded: SandboxServer) -> None:
    files = [{"url": "http://127.0.0.1:9/a.txt"}, {"url": "http://127.0.0.1:9/b", "filename": "c"}]
    made = loaded.call("POST", TABLE, {"fields": {"Files": files}})[1]
    first, second = made["fields"]["Files"]
    kept = [{"id": second["id"], "size": 5}]
    after = loaded.call("PATCH", f"{TABLE}/{made['id']}", {"fields": {"Files": kept}})[1]

    assert ("a.txt", "c") == (first["filename"], second["filename"])
    assert [second["id"]] == [each["id"] for each in after["fields"]["Files"]]


STRINGS: list[tuple[str, Any, str]] = [
    ("Money", 1234.5, "€1,234.50"),
    ("Percent", 0.125, "12.5%"),
    ("Duration", 3661, "1:01:01"),
    ("Done", True, "checked"),
    ("Day", "2026-02-03", "2026-02-03"),
    ("Moment", "2026-01-01T12:00:00Z", "2026-01-01 13:00"),
    ("Many", ["a", "b"], "a, b"),
    ("People", [ADA["id"]], "Ada"),
]


@pytest.mark.parametrize(("name", "written", "text"), STRINGS)
def test_cells_can_be_read_as_text(
    loaded: SandboxServer, name: str, written: Any, text: str
) -> None:
    made = loaded.call("POST", TABLE, {"fields": {name: written}})[1]
    query = "cellFormat=string&timeZone=UTC&userLocale=en-gb"

    assert text == loaded.call("GET", f"{TABLE}/{made['id']}?{query}")[1]["fields"][name]


def test_a_renamed_option_shows_in_every_cell(loaded: SandboxServer) -> None:
    made = loaded.call("POST", TABLE, {"fields": {"One": "red"}})[1]["id"]
    loaded.rename_choice(BASE, KITCHEN, "One", "red", "crimson")

    assert "crimson" == loaded.call("GET", f"{TABLE}/{made}")[1]["fields"]["One"]
    assert 422 == loaded.call("POST", TABLE, {"fields": {"One": "red"}})[0]
