"""Do several people see and respect each other's edits in the grid?"""

from __future__ import annotations

import time

import pytest
from grid_page import OpenGrid, cells
from sandbox_base import (
    BASE,
    CLIENT_0,
    CLIENT_1,
    CLIENT_2,
    CLIENTS,
    field,
    sample,
)
from sandbox_server import SandboxServer

pytestmark = pytest.mark.browser

NAME, STAGE = field("Name"), field("Stage")


def test_a_second_browser_sees_an_edit(sandbox: SandboxServer, open_grid: OpenGrid) -> None:
    sandbox.load(sample(clients=3))
    mine, theirs = open_grid(CLIENTS), open_grid(CLIENTS, name="Robin")

    mine.write(CLIENT_0, NAME, "seen by all")
    began = time.monotonic()
    theirs.wait_text(CLIENT_0, NAME, "seen by all")
    print(f"seen in the second browser after {time.monotonic() - began:.2f} s")
    theirs.cell(CLIENT_0, STAGE).click()

    theirs.page.locator("#last-edit", has_text="Alex edited this row").wait_for()
    mine.page.locator("#people", has_text="R").wait_for()


def test_a_change_by_the_api_flashes_in_the_open_grid(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(clients=3))
    grid = open_grid(CLIENTS)

    body = {"fields": {"Stage": "Won"}}
    status, _ = sandbox.call("PATCH", f"/v0/{BASE}/{CLIENTS}/{CLIENT_2}", body)
    assert status == 200

    flashing = grid.page.locator(f".tabulator-row[data-id={CLIENT_2}] .flash", has_text="Won")
    flashing.wait_for(timeout=2000)


def test_a_change_to_the_cell_being_edited_is_said_and_either_side_can_win(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(clients=3))
    grid = open_grid(CLIENTS)

    for row in (CLIENT_0, CLIENT_1):
        grid.cell(row, NAME).click()
        grid.page.keyboard.type("mine")
        sandbox.edit(BASE, CLIENTS, user="Robin", update=[{"id": row, "fields": {NAME: "theirs"}}])
        grid.page.locator(".editor-note", has_text="Robin made this “theirs”").wait_for()
        if row == CLIENT_0:
            grid.press("Enter")
        else:
            grid.page.get_by_role("button", name="Take theirs").click()
    grid.wait_saved()

    assert cells(sandbox, CLIENTS, CLIENT_0)[NAME] == "mine"
    assert cells(sandbox, CLIENTS, CLIENT_1)[NAME] == "theirs"


def test_an_edit_made_offline_is_sent_when_the_server_answers_again(
    sandbox: SandboxServer, open_grid: OpenGrid
) -> None:
    sandbox.load(sample(clients=3))
    grid = open_grid(CLIENTS)

    grid.context.set_offline(True)
    grid.write(CLIENT_0, NAME, "kept")
    grid.page.locator("#status", has_text="Offline").wait_for()
    grid.context.set_offline(False)
    grid.wait_saved()
    grid.trouble.clear()  # the browser itself logs that the network was gone

    assert cells(sandbox, CLIENTS, CLIENT_0)[NAME] == "kept"
