"""Does /graphql give a browser the explorer and a program the API?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import parse
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from web_site import built_app, client_of

from hub.web.explorer import Explorer, LazyApp, SavedOperation, saved_operations

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def site(tmp_path: Path, database_url: str, redis_url: str) -> TestClient:
    return client_of(built_app(tmp_path, database_url, redis_url))


def examples(page: str) -> list[dict[str, str]]:
    found = re.search(r'<script type="application/json" id="operations">(.*?)</script>', page)
    assert found
    loaded: list[dict[str, str]] = json.loads(found[1])
    return loaded


def test_a_browser_gets_the_page_with_the_published_operations(site: TestClient) -> None:
    answer = site.get("/graphql", headers=PAGE)

    offered = examples(answer.text)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert [one["name"] for one in offered] == sorted(one["name"] for one in offered)
    assert offered
    for one in offered:
        parse(one["query"])


def test_a_program_gets_the_api(site: TestClient) -> None:
    asked = site.get("/graphql", params={"query": "{ __typename }"})
    posted = site.post("/graphql", json={"query": "{ __typename }"})

    assert asked.json() == posted.json() == {"data": {"__typename": "Query"}}


def test_no_operation_can_leave_the_page_s_data() -> None:
    evil = SavedOperation(name="evil", text="# </script><script>alert(1)</script>\n{ a }")
    page = TestClient(Explorer(PlainTextResponse("api"), [evil])).get("/", headers=PAGE).text

    assert "<script>alert" not in page
    assert examples(page) == [{"name": "evil", "query": evil.text, "variables": ""}]


def test_operations_come_with_their_example_variables(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text("query B { b }")
    (tmp_path / "a.graphql").write_text("query A($n: Int) { a }\n")
    (tmp_path / "a.json").write_text('{"n": 1}\n')

    assert saved_operations(tmp_path) == (
        SavedOperation(name="a", text="query A($n: Int) { a }\n", variables='{"n": 1}'),
        SavedOperation(name="b", text="query B { b }\n"),
    )
    assert saved_operations(tmp_path / "none") == ()


def test_an_api_is_built_once_and_on_first_need() -> None:
    built: list[int] = []

    def build() -> PlainTextResponse:
        built.append(1)
        return PlainTextResponse("api")

    app = LazyApp(build)
    client = TestClient(app)
    before = len(built)

    assert [client.get("/").text, client.get("/").text] == ["api", "api"]
    assert (before, len(built)) == (0, 1)
