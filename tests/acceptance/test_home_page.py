"""Are the hub's own pages fit to show, live and usable by everybody, in a real browser?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text
from web_site import built_app, served

from hub.demo.company import build
from hub.demo.loading import load_central
from hub.queue import JobKind, JobQueue
from hub.store.database import Database, Provenance
from hub.store.integration import Alert, Run, StreamState

pytestmark = pytest.mark.browser

DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
LOOKS = [(size, dark) for size in (DESK, PHONE) for dark in (False, True)]
LOOK_NAMES = ["desk-light", "desk-dark", "phone-light", "phone-dark"]
# GraphiQL's tabs and its editor's scrolled box; nothing of ours is on the list.
KEPT = {"nested-interactive", "scrollable-region-focusable"}
TEST = Provenance(actor="test", origin="test")
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: install the package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture
def company(database: Database) -> None:
    """The demo company, and a stream of each feeling."""
    load_central(build(), database)
    now = datetime.now(UTC)
    with database.unit_of_work(TEST) as session:
        feelings: dict[str, dict[str, Any]] = {
            "clients": {},
            "deals": {"failing_since": now, "error_message": "[airtable] read deals: no."},
        }
        for name, given in feelings.items():
            session.add(
                StreamState(
                    connection="crm", stream=name, backfilled_at=now, pulled_at=now, **given
                )
            )
        session.add(
            Run(
                connection="crm",
                stream="clients",
                kind="pull",
                trigger="hook",
                status="succeeded",
                started_at=now - timedelta(seconds=3),
                finished_at=now,
            )
        )
        session.add(Alert(key="a", severity="error", title="It stopped", next_step="Mend it."))


@pytest.fixture
def site(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[str]:
    with served(built_app(tmp_path, database_url, redis_url)) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """Opens windows; at the end none may have logged an error or asked another host."""
    trouble: list[str] = []
    contexts = []

    def heard(message: Any) -> None:
        if message.type in {"error", "warning"}:
            trouble.append(f"console {message.type}: {message.text}")

    def asked(address: str) -> None:
        if not address.startswith((site, "data:", "about:", "blob:")):
            trouble.append(f"request to {address}")

    def open_one(path: str, viewport: ViewportSize = DESK, *, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport=viewport, color_scheme="dark" if dark else "light", locale="en-GB"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: trouble.append(f"error: {error.message}"))
        page.on("request", lambda request: asked(request.url))
        page.goto(f"{site}{path}")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert trouble == []


def violations(page: Page, kept: frozenset[str] | set[str] = frozenset()) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["id"] not in kept
        for node in one["nodes"]
    ]


def is_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(("viewport", "dark"), LOOKS, ids=LOOK_NAMES)
def test_the_overview_is_usable_by_everybody(
    open_page: Open, viewport: ViewportSize, dark: bool
) -> None:
    page = open_page("/", viewport, dark=dark)
    expect(page.locator("canvas")).to_have_count(2)
    page.locator("details > summary").click()

    assert violations(page) == []
    assert not is_wider_than_the_window(page)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_an_empty_hub_is_usable_by_everybody(open_page: Open, viewport: ViewportSize) -> None:
    page = open_page("/", viewport)

    assert violations(page) == []
    assert not is_wider_than_the_window(page)


@pytest.mark.parametrize(("viewport", "dark"), LOOKS, ids=LOOK_NAMES)
def test_the_explorer_is_usable_by_everybody(
    open_page: Open, viewport: ViewportSize, dark: bool
) -> None:
    page = open_page("/graphql", viewport, dark=dark)
    page.locator(".graphiql-execute-button").wait_for()

    assert violations(page, KEPT) == []
    assert not is_wider_than_the_window(page)


@pytest.mark.usefixtures("company")
def test_the_explorer_answers_a_question_without_the_internet(open_page: Open) -> None:
    page = open_page("/graphql?query=%7B%20__typename%20%7D")

    page.locator(".graphiql-execute-button").click()

    expect(page.locator(".result-window")).to_contain_text('"__typename": "Query"')


@pytest.mark.usefixtures("company")
def test_the_overview_renews_itself_and_keeps_the_focus(
    open_page: Open, database: Database
) -> None:
    page = open_page("/")
    picker = page.get_by_label("Client", exact=True)
    picker.focus()
    row = page.locator("#stream-crm-clients")
    expect(row).to_contain_text("Fresh")

    with database.unit_of_work(TEST) as session:
        session.execute(text("update hub.stream_state set is_paused = true"))

    expect(row).to_contain_text("Paused", timeout=8_000)
    expect(picker).to_be_focused()


@pytest.mark.usefixtures("company")
def test_a_chosen_client_and_period_stand_in_the_address(open_page: Open) -> None:
    page = open_page("/")
    name = page.locator("#pick-client option").nth(3).inner_text()

    page.get_by_label("Client", exact=True).select_option(label=name)
    expect(page.locator("#client-name")).to_have_text(name)
    page.get_by_label("Period").select_option("28")

    page.wait_for_url("**days=28**")
    expect(page.locator("#client-name")).to_have_text(name)
    assert "client=" in page.url


@pytest.mark.usefixtures("company")
def test_pointing_at_the_curve_reads_the_day(open_page: Open) -> None:
    page = open_page("/")
    plot = page.locator('[data-plot="volume"] .u-over')
    plot.scroll_into_view_if_needed()

    plot.hover(position={"x": 200, "y": 80})

    expect(page.locator('[data-readout="volume"]')).to_contain_text("planned")


@pytest.mark.usefixtures("company")
def test_the_theme_is_changed_by_hand_and_kept(open_page: Open) -> None:
    page = open_page("/")

    page.locator("[data-theme-toggle]").click()
    page.locator("[data-theme-toggle]").click()
    page.reload()

    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    assert violations(page) == []


def test_a_job_is_deleted_in_the_dashboard(open_page: Open, redis_url: str) -> None:
    queue = JobQueue(redis_url)
    queue.enqueue(
        JobKind(function="operator.truediv", queue="live"), 1, 0, description="crm: break"
    )
    worker = SimpleWorker(["live"], connection=queue.connection(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")
    page = open_page("/rq/0/view/jobs/live/failed/8/asc/1")
    expect(page.locator("body")).to_contain_text("crm: break")

    page.locator("[data-role=delete-job-btn]").first.click()
    page.locator("#confirmation-modal-yes").click()

    expect(page.locator("body")).not_to_contain_text("crm: break")
    assert queue.connection().zcard("rq:failed:live") == 0
    queue.close()
