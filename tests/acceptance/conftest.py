"""Which browser do the tests of pages use?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from grid_page import GridPage, OpenGrid
from playwright.sync_api import Browser, sync_playwright
from sandbox_server import SandboxServer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("Chromium is not installed: install the package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture
def open_grid(browser: Browser, sandbox: SandboxServer) -> Iterator[OpenGrid]:
    """Opens windows; at the end none may have logged an error or asked another host."""
    pages: list[GridPage] = []

    def open_one(table: str, query: str = "", **given: Any) -> GridPage:
        pages.append(GridPage(browser, sandbox.url, **given))
        return pages[-1].open(table, query)

    yield open_one
    trouble = [line for page in pages for line in page.trouble]
    for page in pages:
        page.close()

    assert trouble == []
