"""How long does an edit take across the whole running product, one by one and by the hundred?

A business user at the grid page in a real browser, a program at GraphQL, and every process of the
Procfile between them. Times are printed; a test only fails where something never arrives.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_process import Demo, demo
from grid_page import GridPage
from playwright.sync_api import Browser

from hub.cli.demo_data import DemoFolder
from hub.cli.demo_start import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
EDITS = 20
ROWS = 200
ARRIVES_SECONDS = 60.0
ASK = "query($id: ID!) { client(id: $id) { accountManager } }"
COUNT = (
    "query($prefix: String!) { clients(first: 500, filter: {name: {startsWith: $prefix}})"
    " { nodes { name } } }"
)
SAVE = "mutation($input: [SaveClientInput!]!) { saveClients(input: $input) { errors { message } } }"


class Loop:
    """A running demo, seen from both ends."""

    def __init__(self, running: RunningDemo, browser: Browser) -> None:
        self.running = running
        self.grid = GridPage(browser, running.sandbox)
        tables = self.people("")["tables"]
        self.table = next(table for table in tables if table["name"] == "Clients")
        self.fields = {field["name"]: field["id"] for field in self.table["fields"]}
        self.grid.page.goto(f"{running.sandbox}/{running.base}/{self.table['id']}")
        self.grid.page.locator("#shown", has_text="record").wait_for()
        first = self.rows()[0]
        self.record = first["id"]
        self.row_id = first["fields"][self.fields["Hub ID"]]

    def to_the_top(self) -> None:
        """Leave whatever the last test did: no editor open, the first row in sight."""
        self.grid.press("Escape")
        self.grid.page.locator(".grid:not([hidden]) .tabulator-cell").first.click()
        self.grid.press("Control+Home")
        self.grid.cell(self.record, self.fields["Name"]).wait_for()

    def people(self, path: str) -> Any:
        """The people's door of the stand-in."""
        return _json(f"{self.running.sandbox}/_ui/bases/{self.running.base}{path}")

    def rows(self) -> list[dict[str, Any]]:
        """Every client as the grid shows it."""
        found: list[dict[str, Any]] = self.people(f"/tables/{self.table['id']}/rows?limit=1000")[
            "rows"
        ]
        return found

    def ask(self, query: str, **variables: Any) -> Any:
        """One GraphQL request."""
        answer = _json(self.running.graphql, {"query": query, "variables": variables})
        assert "errors" not in answer, answer
        return answer["data"]

    def writes(self) -> int:
        """Requests so far that wrote records at the stand-in."""
        counted = _json(f"{self.running.sandbox}/_control/requests?after=1000000000")
        return int(counted["writes"])

    def named(self, prefix: str) -> list[str]:
        """Names of the hub's clients that begin so."""
        nodes = self.ask(COUNT, prefix=prefix)["clients"]["nodes"]
        return [node["name"] for node in nodes]


def _json(address: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  # loopback
        address, data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # loopback
        return json.loads(answer.read())


def _until(is_there: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not is_there():
        assert time.monotonic() - began < ARRIVES_SECONDS, "it does not arrive"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def running(sheets: Path) -> Iterator[Demo]:
    # Not below pytest's own folder, which closes itself to the user that Postgres runs as.
    home = Path(tempfile.mkdtemp(prefix="hub-loop-"))
    home.chmod(0o711)
    with demo(home, sheets) as started:
        started.read_on()
        yield started
        started.process.terminate()
        started.process.wait(30)
    DemoFolder(home).erase()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def loop(running: Demo, browser: Browser) -> Iterator[Loop]:
    made = Loop(running.running(), browser)
    yield made
    trouble = made.grid.trouble
    made.grid.close()

    assert trouble == []


def test_an_edit_in_the_grid_page_is_answered_by_graphql(loop: Loop) -> None:
    manager = loop.fields["Account manager"]
    loop.to_the_top()
    seconds: list[float] = []
    for number in range(EDITS):
        value = f"Person {number:02}"
        loop.grid.write(loop.record, manager, value)
        seconds.append(
            _until(
                lambda value=value: (  # type: ignore[misc]  # the default binds the loop's value
                    loop.ask(ASK, id=loop.row_id)["client"]["accountManager"] == value
                )
            )
        )
    _print("grid page to GraphQL", seconds)


def test_a_mutation_shows_in_the_open_grid_page(loop: Loop) -> None:
    manager = loop.fields["Account manager"]
    loop.to_the_top()
    seconds: list[float] = []
    for number in range(EDITS):
        value = f"Program {number:02}"
        began = time.monotonic()
        loop.ask(SAVE, input=[{"id": loop.row_id, "accountManager": value}])
        loop.grid.wait_text(loop.record, manager, value, seconds=ARRIVES_SECONDS)
        seconds.append(time.monotonic() - began)
    _print("GraphQL to grid page", seconds)


def test_a_paste_of_200_rows_settles_without_loss(loop: Loop) -> None:
    name = loop.fields["Name"]
    before, writes = len(loop.rows()), loop.writes()
    last = loop.rows()[-1]["id"]

    loop.to_the_top()
    loop.grid.add_row()
    fresh = next(row["id"] for row in reversed(loop.rows()) if row["id"] != last)
    loop.grid.cell(fresh, name).click()
    loop.grid.paste("\r\n".join(f"Pasted {number:03}" for number in range(ROWS)) + "\r\n")
    seconds = _until(lambda: len(loop.named("Pasted ")) >= ROWS)

    names = loop.named("Pasted ")
    print(f"200 pasted rows in GraphQL after {seconds:.1f} s")
    assert ROWS == len(names) == len(set(names))
    assert before + ROWS == len(loop.rows())
    assert loop.writes() - writes <= 1.2 * ROWS / 10


def test_a_mutation_of_200_rows_settles_without_loss(loop: Loop) -> None:
    name = loop.fields["Name"]
    writes = loop.writes()

    loop.ask(SAVE, input=[{"name": f"Made {number:03}"} for number in range(ROWS)])

    def arrived() -> list[str]:
        names = [str(row["fields"].get(name, "")) for row in loop.rows()]
        return [text for text in names if text.startswith("Made ")]

    seconds = _until(lambda: len(arrived()) >= ROWS)
    made = loop.writes() - writes
    print(f"200 rows of a mutation in the grid after {seconds:.1f} s, {made} write requests")
    assert ROWS == len(arrived()) == len(set(arrived()))
    assert made <= 1.2 * ROWS / 10


def _print(what: str, seconds: list[float]) -> None:
    median, slowest = statistics.median(seconds), max(seconds)
    print(f"{what}: median {median:.2f} s of {len(seconds)}, slowest {slowest:.2f} s")
