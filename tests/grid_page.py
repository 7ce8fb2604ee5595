"""How does a test drive the grid page, as a person with a browser would?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize
from sandbox_base import BASE
from sandbox_server import SandboxServer

DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


def cells(sandbox: SandboxServer, table: str, row: str) -> dict[str, Any]:
    """The record as the public API answers it."""
    status, answer = sandbox.call("GET", f"/v0/{BASE}/{table}/{row}?returnFieldsByFieldId=true")
    assert status == 200
    found: dict[str, Any] = answer["fields"]
    return found


class GridPage:
    """One browser window on a base. `trouble` collects what a page must never do."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        viewport: ViewportSize = DESK,
        dark: bool = False,
        name: str = "Alex",
    ) -> None:
        self.url = url
        self.trouble: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=viewport,
            color_scheme="dark" if dark else "light",
            has_touch=viewport["width"] < 500,
            locale="en-GB",
        )
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.context.add_init_script(f"localStorage.setItem('name', {json.dumps(name)})")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error.message}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"console {message.type}: {message.text}")

    def _asked(self, address: str) -> None:
        if not address.startswith((self.url, "data:", "about:")):
            self.trouble.append(f"request to {address}")

    def open(self, table: str, query: str = "") -> GridPage:
        """Open a table and wait until all its rows are read."""
        self.page.goto(f"{self.url}/{BASE}/{table}{query}")
        self.page.wait_for_function(
            "() => /record/.test(document.querySelector('#shown').textContent)"
            " && !/so far/.test(document.querySelector('#shown').textContent)"
        )
        return self

    def close(self) -> None:
        self.context.close()

    # Cells

    def cell(self, row: str, field: str) -> Locator:
        return self.page.locator(
            f".grid:not([hidden]) .tabulator-row[data-id={row}]"
            f" .tabulator-cell[tabulator-field={field}]"
        )

    def text(self, row: str, field: str) -> str:
        return self.cell(row, field).inner_text().strip()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, row: str, field: str, text: str, *, end: str = "Enter") -> None:
        """Select a cell, write into it, leave it."""
        self.cell(row, field).click(position={"x": 6, "y": 6})
        self.page.keyboard.type(text)
        self.press(end)

    def add_row(self) -> None:
        """Add a row, and leave the editor that opens on it once the row is saved."""
        self.page.locator("button", has_text="Add row").first.click()
        editor = self.page.locator("#overlay .editor-control")
        editor.wait_for()
        self.press("Escape")
        editor.wait_for(state="hidden")

    def paste(self, text: str) -> None:
        """Put a text on the clipboard and paste it at the selection."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.press("Control+v")

    def copied(self) -> str:
        self.press("Control+c")
        return str(self.page.evaluate("() => navigator.clipboard.readText()"))

    # What the page says

    def wait_text(self, row: str, field: str, text: str, *, seconds: float = 10) -> None:
        cell = self.cell(row, field)
        cell.filter(has_text=text).wait_for(timeout=seconds * 1000)

    def wait_saved(self) -> None:
        self.page.locator("#status", has_text="Saved").wait_for()

    def wait_toast(self, text: str) -> None:
        self.page.locator(".toast", has_text=text).first.wait_for()

    def wait_active(self, text: str) -> None:
        """Wait until the active cell is the one that says exactly this."""
        exactly = re.compile(f"^{re.escape(text)}$")
        self.page.locator("#active-cell", has_text=exactly).wait_for()

    def shown(self) -> str:
        return self.page.locator("#shown").inner_text()

    def wait_shown(self, text: str) -> None:
        self.page.locator("#shown", has_text=text).wait_for()

    def rows_in_document(self) -> int:
        return self.page.locator(".grid:not([hidden]) .tabulator-row").count()


OpenGrid = Callable[..., GridPage]
