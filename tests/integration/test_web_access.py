"""Who may come in to the web process, and what does every answer carry?"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from web_site import built_app, client_of

from hub.access import Access, is_loopback, listening_host
from hub.errors import ConfigError

PAGE = {"Accept": "text/html"}
TOKEN = "correct-horse-battery-staple"


# Nobody gets as far as these servers: who comes in is decided before.
NOWHERE = ("postgresql://hub:x@127.0.0.1:1/hub", "redis://127.0.0.1:1/0")
ANYWHERE = "0.0.0.0"  # noqa: S104  # what is refused here


@pytest.fixture
def open_site(tmp_path: Path) -> TestClient:
    return client_of(built_app(tmp_path, *NOWHERE))


@pytest.fixture
def locked_site(tmp_path: Path) -> TestClient:
    return client_of(built_app(tmp_path, *NOWHERE, HUB_ACCESS_TOKEN=TOKEN))


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def test_this_machine_comes_in_without_a_token(open_site: TestClient) -> None:
    assert open_site.get("/graphql", headers=PAGE).status_code == 200


def test_a_foreign_host_name_is_refused(open_site: TestClient) -> None:
    answer = open_site.get("/", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["error"]) == (400, "WRONG_HOST")


def test_without_a_token_nobody_comes_in_through_another_address(
    tmp_path: Path,
) -> None:
    app = built_app(tmp_path, *NOWHERE)
    outside = TestClient(app, base_url="http://192.0.2.7", headers={"Host": "localhost"})

    answer = outside.get("/health")

    assert (answer.status_code, answer.json()["error"]) == (403, "LOOPBACK_ONLY")


@pytest.mark.parametrize("host", [ANYWHERE, "::", "192.0.2.7", "hub.example.com"])
def test_without_a_token_the_hub_refuses_to_listen_elsewhere(host: str) -> None:
    with pytest.raises(ConfigError, match="HUB_ACCESS_TOKEN"):
        Access().check_bind(host)


def test_without_a_token_the_hub_refuses_to_answer_to_a_foreign_name() -> None:
    with pytest.raises(ConfigError, match="allowed_hosts"):
        Access(hosts=("localhost", "hub.example.com")).check_bind("127.0.0.1")


def test_without_a_token_nothing_but_the_hooks_answers_to_the_public_name(tmp_path: Path) -> None:
    app = built_app(tmp_path, *NOWHERE, HUB_PUBLIC_URL="https://hub.example.com")
    tunnel = TestClient(app, base_url="http://127.0.0.1", headers={"Host": "hub.example.com"})

    assert tunnel.get("/", headers=PAGE).status_code == 400
    assert tunnel.post("/graphql", json={"query": "{ __typename }"}).status_code == 400
    assert tunnel.post("/hooks/nobody").status_code == 404


def test_with_a_token_the_public_name_serves_everything(tmp_path: Path) -> None:
    app = built_app(
        tmp_path, *NOWHERE, HUB_PUBLIC_URL="https://hub.example.com", HUB_ACCESS_TOKEN=TOKEN
    )
    tunnel = TestClient(app, base_url="http://127.0.0.1", headers={"Host": "hub.example.com"})

    assert tunnel.get("/graphql", headers=PAGE).status_code == 401
    assert tunnel.get("/graphql", headers=PAGE | basic("ana", TOKEN)).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "/run/hub.sock", None])
def test_loopback_needs_no_token(host: str | None) -> None:
    assert is_loopback(host)
    Access().check_bind(host)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["uvicorn", "hub.app:create_app"], None, None),
        (["uvicorn", "--host", ANYWHERE], None, ANYWHERE),
        (["uvicorn", f"--host={ANYWHERE}"], None, ANYWHERE),
        (["uvicorn"], ANYWHERE, ANYWHERE),
        (["uvicorn", "--host"], "10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_host_to_listen_on_is_what_uvicorn_was_told(
    arguments: list[str], environment: str | None, expected: str | None
) -> None:
    assert listening_host(arguments, environment) == expected


def test_a_name_and_the_token_as_password_come_in(locked_site: TestClient) -> None:
    assert locked_site.get("/graphql", headers=PAGE | basic("ana", TOKEN)).status_code == 200


def test_the_token_as_bearer_comes_in(locked_site: TestClient) -> None:
    answer = locked_site.get("/graphql", headers=PAGE | {"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("ana", "wrong"),
        basic("ana", ""),
        {"Authorization": "Basic !!!"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": TOKEN},
    ],
)
def test_without_the_token_nobody_sees_a_page(
    locked_site: TestClient, headers: dict[str, str]
) -> None:
    for path in ("/", "/pulse", "/graphql", "/rq/", "/clients/warmup.csv"):
        answer = locked_site.get(path, headers=headers)
        assert (path, answer.status_code) == (path, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_health_and_styles_need_no_token(locked_site: TestClient) -> None:
    assert locked_site.get("/health").status_code == 200
    assert locked_site.get("/health/ready").status_code == 503
    assert locked_site.get("/static/css/base.css").status_code == 200


def test_the_name_becomes_the_actor() -> None:
    access = Access(token=TOKEN)

    assert access.actor(basic("ana", TOKEN)["Authorization"]) == "ana"
    assert access.actor(basic("a\x00n\na", TOKEN)["Authorization"]) == "ana"
    assert access.actor(basic("", TOKEN)["Authorization"]) == "api"
    assert access.actor(f"Bearer {TOKEN}") == "api"
    assert Access().actor(None) == "local"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_may_not_write(
    open_site: TestClient, headers: dict[str, str]
) -> None:
    for path in ("/graphql", "/rq/queue/live/failed/empty", "/hooks/crm"):
        answer = open_site.post(path, json={"query": "{ __typename }"}, headers=headers)
        assert (path, answer.status_code) == (path, 403)
        assert answer.json()["error"] == "FOREIGN_ORIGIN"


def test_our_own_pages_and_programs_may_write(open_site: TestClient) -> None:
    for headers in ({}, {"Origin": "http://127.0.0.1"}, {"Sec-Fetch-Site": "same-origin"}):
        answer = open_site.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert answer.status_code == 200


def test_every_answer_carries_the_strict_policy(open_site: TestClient) -> None:
    for path in ("/", "/pulse", "/health", "/nothing", "/graphql"):
        headers = open_site.get(path, headers={"Accept": "text/html"}).headers
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_is_relaxed_below_rq_only(open_site: TestClient) -> None:
    policy = open_site.get("/rq/").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval';" in policy


def test_a_person_reads_a_page_and_a_program_one_line(open_site: TestClient) -> None:
    page = open_site.get("/nothing", headers={"Accept": "text/html"})
    line = open_site.get("/nothing", headers={"Accept": "application/json"})

    assert page.status_code == line.status_code == 404
    assert "<h1>There is nothing here</h1>" in page.text
    assert line.json()["error"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Host": "evil.example"}],
)
def test_a_foreign_page_opens_no_websocket(open_site: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        open_site.websocket_connect("ws://127.0.0.1/graphql", headers=headers),
    ):
        pass

    assert refused.value.code == 1008
