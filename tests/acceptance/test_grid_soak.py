"""Do two windows that edit at once, fast and for a while, end with what the API answers?"""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from grid_page import GridPage, OpenGrid
from sandbox_base import BASE, CLIENTS, field, record, sample
from sandbox_server import SandboxServer

pytestmark = pytest.mark.browser

ROWS = 12
COLUMNS = {field("Name"): 0, field("Stage"): 1, field("Hub ID"): 2}
EDITS_A_SECOND = 30
# Key by key what a person does, at a pace that no person has: go to the cell, then write into it,
# clear it, or take the last edit back. The handlers of the page do the rest.
EDITING = """
([edits, pause]) => {
  const holder = document.querySelector('.grid:not([hidden]) .tabulator-tableholder');
  const press = (target, key, more = {}) => target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  const edit = ([row, column, text]) => {
    if (text === 'undo') { press(document.body, 'z', { ctrlKey: true }); return; }
    press(holder, 'Home', { ctrlKey: true });
    for (let at = 0; at < row; at += 1) press(holder, 'ArrowDown');
    for (let at = 0; at < column; at += 1) press(holder, 'ArrowRight');
    if (text === '') { press(holder, 'Delete'); return; }
    press(holder, text[0]);
    const control = document.querySelector('.editor-control');
    control.value = text;
    control.dispatchEvent(new Event('input', { bubbles: true }));
    press(control, 'Enter');
  };
  const begun = performance.now();
  window.soaked = null;
  (async () => {
    for (const [place, each] of edits.entries()) {
      const wait = begun + place * pause - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
      edit(each);
    }
    window.soaked = (performance.now() - begun) / 1000;
  })().catch((error) => { window.soaked = String(error.stack); });
}
"""
SHOWN = """
() => Object.fromEntries([...document.querySelectorAll('.grid:not([hidden]) .tabulator-row')].map(
  (row) => [row.dataset.id, Object.fromEntries([...row.querySelectorAll('.tabulator-cell')].map(
    (cell) => [cell.getAttribute('tabulator-field'), cell.innerText.trim()]))]))
"""
Shown = dict[str, dict[str, str]]


@pytest.mark.parametrize(
    "seconds", [10, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(400)])]
)
def test_two_windows_that_edit_at_once_end_equal(
    sandbox: SandboxServer, open_grid: OpenGrid, seconds: int
) -> None:
    sandbox.load(sample(clients=ROWS))
    windows = [open_grid(CLIENTS, name=name) for name in ("Alex", "Robin")]
    count = seconds * EDITS_A_SECOND // len(windows)

    begun = time.monotonic()
    for place, window in enumerate(windows):
        edits = _edits(random.Random(place), "ar"[place], count)  # noqa: S311  repeatable
        window.page.evaluate(EDITING, [edits, 1000 * len(windows) / EDITS_A_SECOND])
    for window in windows:
        _wait_all_saved(window, seconds)
    took = time.monotonic() - begun
    made = len({edit["transaction"] for edit in sandbox.edits()})
    print(f"{made} edits of two windows in {took:.1f} s: {made / took:.1f} a second")

    assert _settled(sandbox, windows)
    # Some edits change nothing: a cell that is empty is cleared, there is nothing to take back.
    assert made > 2 * count * 0.85
    authors = {edit["user"] for edit in sandbox.edits()}
    assert {"Alex", "Robin"} == authors


def _edits(chance: random.Random, letter: str, count: int) -> list[tuple[int, int, str]]:
    """What one window does: mostly text in two columns, some cells cleared, some edits undone."""
    edits = []
    for number in range(count):
        row = chance.randrange(ROWS)
        draw = chance.random()
        if draw < 0.05:
            edits.append((0, 0, "undo"))
        elif draw < 0.1:
            edits.append((row, chance.choice(tuple(COLUMNS.values())), ""))
        else:
            edits.append((row, chance.choice((0, 2)), f"{letter}{number}"))
    return edits


def _wait_all_saved(window: GridPage, seconds: int) -> None:
    """Until every edit was made and its answer is there; a busy machine may take its time."""
    window.page.wait_for_function("() => window.soaked !== null", timeout=5 * seconds * 1000)
    took = window.page.evaluate("() => window.soaked")
    assert isinstance(took, int | float), took
    window.page.locator("#status", has_text="Saved").wait_for(timeout=5 * seconds * 1000)


def _settled(sandbox: SandboxServer, windows: list[GridPage]) -> Shown:
    """What both windows and the API say, once they say the same."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        first, second = (window.page.evaluate(SHOWN) for window in windows)
        answered = _answered(sandbox)
        if first == second and answered == _stored(first):
            assert {record(f"Client{number:05d}") for number in range(ROWS)} == set(first)
            shown: Shown = first
            return shown
    assert first == second
    assert answered == _stored(first)
    raise AssertionError("unreachable")


def _stored(shown: Shown) -> Shown:
    return {
        row: {name: cells[name] for name in COLUMNS if cells.get(name)}
        for row, cells in shown.items()
    }


def _answered(sandbox: SandboxServer) -> Shown:
    status, answer = sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}?returnFieldsByFieldId=true")
    assert 200 == status
    records: list[dict[str, Any]] = answer["records"]
    return {
        each["id"]: {name: each["fields"][name] for name in COLUMNS if each["fields"].get(name)}
        for each in records
    }
