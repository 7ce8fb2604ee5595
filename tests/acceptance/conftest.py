"""Which browser, and which company, do the tests of the whole product use?"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_process import SHEETS
from grid_page import GridPage, OpenGrid
from playwright.sync_api import Browser, sync_playwright
from sandbox_server import SandboxServer

from hub.cli.demo_data import DemoFolder

ROWS = 12


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


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hub-demo-"))
    folder.chmod(0o711)
    yield folder
    DemoFolder(folder).erase()
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first rows of the demo's sheets: a company that is read in seconds."""
    folder = tmp_path_factory.mktemp("sheets")
    for name in ("accounts", "products", "sales_pipeline", "sales_teams"):
        lines = (SHEETS / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.csv").write_text("\n".join(lines[:ROWS]) + "\n", encoding="utf-8")
    return folder
