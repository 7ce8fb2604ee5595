"""Does the grid take in each kind of cell what a person means?"""

from __future__ import annotations

from typing import Any

import pytest
from grid_page import OpenGrid, cells
from sandbox_base import (
    BASE,
    CLIENT_0,
    CLIENT_1,
    CLIENT_2,
    CLIENTS,
    DEAL_0,
    DEALS,
    KITCHEN,
    field,
    sample,
)
from sandbox_server import SandboxServer

from hub.sandbox.airtable.pages.assets import asset

pytestmark = pytest.mark.browser

NAME, STAGE, AMOUNT = field("Name"), field("Stage"), field("Amount")
CLIENT = field("Client")


def test_an_edit_in_a_cell_is_saved_and_the_api_answers_it(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(clients=3))
    grid = open_grid(CLIENTS)

    grid.write(CLIENT_1, NAME, "Acme Corporation")
    grid.wait_saved()

    assert cells(sandbox, CLIENTS, CLIENT_1)[NAME] == "Acme Corporation"
    assert grid.text(CLIENT_1, NAME) == "Acme Corporation"
    assert sandbox.edits()[-1]["user"] == "Alex"


WRITTEN: list[tuple[str, str, Any]] = [
    # field, what a person types, what the API answers
    ("Long", "first", "first"),
    ("Mail", "a@example.com", "a@example.com"),
    ("Link", "https://example.com/x", "https://example.com/x"),
    ("Number", "1,234.5", 1234.5),
    ("Number", "(7)", -7),
    ("Percent", "45%", 0.45),
    ("Percent", "12.5", 0.125),
    ("Money", "1.200,50 €", 1200.5),
    ("Duration", "1:30:05", 5405),
    ("Rating", "4", 4),
    ("Day", "24 Nov 2026", "2026-11-24"),
    ("Day", "2026-11-25", "2026-11-25"),
    ("Moment", "2026-11-24 10:31", "2026-11-24T09:31:00.000Z"),
    ("One", "blue", "blue"),
    ("Many", "b", ["b"]),
    ("Code", "4006381333931", {"text": "4006381333931"}),
]


def test_each_kind_of_field_takes_what_a_person_types(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample())
    create = [{"fields": {field("Key"): f"row {number}"}} for number in range(len(WRITTEN))]
    rows = [made["id"] for made in sandbox.edit(BASE, KITCHEN, create=create)["rows"]]
    grid = open_grid(KITCHEN)

    for row, (name, typed, _) in zip(rows, WRITTEN, strict=True):
        grid.write(row, field(name), typed, end="Tab")
    grid.wait_saved()

    answered = [
        (name, typed, cells(sandbox, KITCHEN, row).get(field(name)))
        for row, (name, typed, _) in zip(rows, WRITTEN, strict=True)
    ]
    assert answered == WRITTEN


READ = """async ([address, field, text]) => {
    const { parse } = await import(address);
    const known = { acme: ["recA"], "ann, inc.": ["recB"], twins: ["recC", "recD"] };
    return parse(field, text, (table, name) => known[name.toLowerCase()] ?? []);
}"""
EUROPEAN = {"dateFormat": {"name": "european"}}
BERLIN = {"timeZone": "Europe/Berlin", "dateFormat": {"name": "iso"}}
LINK = {"linkedTableId": "tblClients"}
MEANT: list[tuple[str, dict[str, Any], str, Any]] = [
    # type, options, text, value (or "refused")
    ("number", {}, "1,200", 1200),
    ("number", {}, "1.200.300", 1200300),
    ("number", {}, "1,5", 1.5),
    ("number", {}, "\N{MINUS SIGN}12", -12),
    ("number", {}, "12,34,56", "refused"),
    ("number", {}, "1e3", 1000),
    ("currency", {}, "$1,299.99", 1299.99),
    ("currency", {}, "(€ 20)", -20),
    ("percent", {}, "0.7%", 0.007),
    ("rating", {"max": 5}, "6", "refused"),
    ("duration", {}, "90", 5400),
    ("checkbox", {}, "TRUE", True),
    ("checkbox", {}, "no", None),
    ("checkbox", {}, "perhaps", "refused"),
    ("date", EUROPEAN, "3/4/2026", "2026-04-03"),
    ("date", {"dateFormat": {"name": "us"}}, "3/4/2026", "2026-03-04"),
    ("date", {}, "Tue, 24 November 2026", "2026-11-24"),
    ("date", {}, "2026-11-24T10:00:00Z", "2026-11-24"),
    ("date", {}, "31 Feb 2026", "refused"),
    ("date", {}, "soon", "refused"),
    ("dateTime", BERLIN, "2026-07-01 12:00", "2026-07-01T10:00:00.000Z"),
    ("dateTime", BERLIN, "2026-12-01 1:05 pm", "2026-12-01T12:05:00.000Z"),
    ("dateTime", BERLIN, "2026-12-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
    ("dateTime", BERLIN, "2026-12-01 25:00", "refused"),
    ("singleLineText", {}, "two\r\nlines", "two lines"),
    ("multipleRecordLinks", LINK, "Acme", ["recA"]),
    ("multipleRecordLinks", LINK, '"Ann, Inc.", acme', ["recB", "recA"]),
    ("multipleRecordLinks", LINK, "Ann, Inc.", ["recB"]),
    ("multipleRecordLinks", LINK, "twins", "refused"),
    ("multipleRecordLinks", LINK, "nobody", "refused"),
    ("formula", {}, "1", "refused"),
    ("number", {}, "", None),
]


def test_pasted_texts_mean_what_people_mean(sandbox: SandboxServer, open_grid: OpenGrid) -> None:
    sandbox.load(sample())
    page = open_grid(CLIENTS).page

    read = []
    for kind, options, text, _ in MEANT:
        given = {"id": "fldX", "name": "X", "type": kind, "options": options}
        answer = page.evaluate(READ, [asset("js/parse.js"), given, text])
        read.append((kind, options, text, "refused" if "refused" in answer else answer["value"]))

    assert read == MEANT


def test_a_checkbox_is_toggled_by_enter_and_by_a_click(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample())
    row = sandbox.edit(BASE, KITCHEN, create=[{"fields": {field("Key"): "one"}}])["rows"][0]["id"]
    grid = open_grid(KITCHEN)

    grid.cell(row, field("Done")).click(position={"x": 6, "y": 6})
    grid.press("Enter")
    grid.wait_saved()
    after_enter = cells(sandbox, KITCHEN, row).get(field("Done"))
    grid.cell(row, field("Done")).locator(".box").click()
    grid.wait_saved()

    assert after_enter is True
    assert field("Done") not in cells(sandbox, KITCHEN, row)


def test_what_a_field_cannot_hold_stays_in_the_editor_with_the_reason(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(deals=1))
    grid = open_grid(DEALS)

    grid.write(DEAL_0, AMOUNT, "a lot")
    note = grid.page.locator(".editor-note").inner_text()
    grid.press("Escape")

    assert note == "“a lot” is not a number"
    assert cells(sandbox, DEALS, DEAL_0)[AMOUNT] == 0


def test_a_computed_cell_is_not_edited_and_says_why(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(deals=1))
    grid = open_grid(CLIENTS)

    grid.write(CLIENT_0, field("Deal count"), "9", end="Escape")

    grid.wait_toast("“Deal count” is computed")
    assert grid.page.locator(".editor").count() == 0


def test_links_are_picked_by_searching(sandbox: SandboxServer, open_grid: OpenGrid) -> None:
    sandbox.load(sample(clients=3, deals=1))
    grid = open_grid(DEALS)
    grid.wait_text(DEAL_0, CLIENT, "C0")

    grid.cell(DEAL_0, CLIENT).click()
    grid.press("Enter")
    grid.page.locator("dialog .input").fill("c2")
    grid.press("Enter")
    grid.wait_text(DEAL_0, CLIENT, "C2")
    grid.wait_saved()

    assert cells(sandbox, DEALS, DEAL_0)[CLIENT] == [CLIENT_2]


def test_an_option_that_is_missing_can_be_added_while_editing_and_after_a_paste(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(clients=4))
    grid = open_grid(CLIENTS)

    grid.write(CLIENT_0, STAGE, "Paused")
    grid.wait_text(CLIENT_0, STAGE, "Paused")
    grid.wait_saved()
    grid.cell(CLIENT_1, STAGE).click()
    grid.paste("Warming\nWarming\nWon")
    grid.wait_toast("2 cells refused")
    grid.page.get_by_role("button", name="Show", exact=True).click()
    grid.page.get_by_role("button", name="Add 1 option and paste").click()
    grid.wait_text(CLIENT_2, STAGE, "Warming")
    grid.wait_saved()

    stages = [cells(sandbox, CLIENTS, row)[STAGE] for row in (CLIENT_0, CLIENT_1, CLIENT_2)]
    _, schema = sandbox.call("GET", f"/v0/meta/bases/{BASE}/tables")
    choices = schema["tables"][0]["fields"][1]["options"]["choices"]
    assert stages == ["Paused", "Warming", "Warming"]
    assert [choice["name"] for choice in choices] == ["Lead", "Won", "Lost", "Paused", "Warming"]
