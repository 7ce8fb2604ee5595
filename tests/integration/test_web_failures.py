"""What does the web process say while a server is away, and does it come back by itself?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from web_site import built_app, client_of

from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.valkey import EmbeddedValkey
from hub.store.migrate import head_revision, upgrade
from hub.web.failures import HANDLERS

PAGE = {"Accept": "text/html"}


@pytest.fixture
def own_postgres(servers_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A Postgres that the test may stop."""
    server = EmbeddedPostgres(servers_folder / "own-postgres", durable=False)
    yield server
    server.erase()


@pytest.fixture
def own_valkey(servers_folder: Path) -> Iterator[EmbeddedValkey]:
    """A Redis-protocol server that the test may stop."""
    server = EmbeddedValkey(servers_folder / "own-valkey", durable=False)
    yield server
    server.erase()


def said(client: TestClient, part: str) -> tuple[bool, str]:
    check = client.get("/health/ready").json()["checks"][part]
    return check["ok"], check["message"]


def test_everything_is_ready(tmp_path: Path, database_url: str, redis_url: str) -> None:
    answer = client_of(built_app(tmp_path, database_url, redis_url)).get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["ready"]
    assert answer.json()["checks"]["migrations"] == {
        "ok": True,
        "message": f"The database stands at {head_revision()}, as the code needs.",
    }


def test_a_stopped_postgres_is_said_and_waited_for(
    tmp_path: Path, own_postgres: EmbeddedPostgres, redis_url: str
) -> None:
    url = own_postgres.start()
    upgrade(url)
    client = client_of(built_app(tmp_path, url, redis_url))
    assert client.get("/", headers=PAGE).status_code == 200

    own_postgres.stop()
    page = client.get("/", headers=PAGE)
    part = client.get("/pulse", headers={"HX-Request": "true"})

    assert page.status_code == part.status_code == 503
    assert "<h1>The central database does not answer</h1>" in page.text
    assert '<meta http-equiv="refresh"' in page.text
    assert part.text.startswith('<section id="pulse"')
    assert client.get("/").json()["error"] == "STORE_UNAVAILABLE"
    assert said(client, "database")[0] is False
    assert client.get("/health").status_code == 200

    own_postgres.start()

    assert client.get("/", headers=PAGE).status_code == 200
    assert said(client, "database")[0] is True


def test_a_stopped_redis_is_said_and_waited_for(
    tmp_path: Path, database_url: str, own_valkey: EmbeddedValkey
) -> None:
    client = client_of(built_app(tmp_path, database_url, own_valkey.start()))
    assert client.get("/rq/", headers=PAGE).status_code == 200

    own_valkey.stop()
    page = client.get("/rq/", headers=PAGE)

    assert page.status_code == 503
    assert "<h1>The Redis server does not answer</h1>" in page.text
    assert said(client, "redis")[0] is False
    assert client.get("/", headers=PAGE).status_code == 200

    own_valkey.start()

    assert client.get("/rq/", headers=PAGE).status_code == 200
    assert said(client, "redis")[0] is True


def test_a_database_without_tables_is_told_how_to_get_them(
    tmp_path: Path, empty_database_url: str, redis_url: str
) -> None:
    client = client_of(built_app(tmp_path, empty_database_url, redis_url))

    page = client.get("/", headers=PAGE)

    assert page.status_code == 503
    assert "alembic upgrade head" in page.text
    assert said(client, "migrations") == (
        False,
        f"The database stands at no revision, the code needs {head_revision()};"
        " run: alembic upgrade head",
    )


@pytest.mark.parametrize("client_id", ["no-uuid", "00000000-0000-7000-8000-000000000000"])
def test_an_address_of_no_client_is_not_found(
    tmp_path: Path, database_url: str, redis_url: str, client_id: str
) -> None:
    client = client_of(built_app(tmp_path, database_url, redis_url))

    assert client.get(f"/?client={client_id}", headers=PAGE).status_code == 404


def test_a_bug_shows_a_person_no_traceback() -> None:
    def broken(_request: Request) -> Response:
        raise ZeroDivisionError("secret detail")

    app = Starlette(routes=[Route("/", broken)], exception_handlers=dict(HANDLERS))
    client = TestClient(app, raise_server_exceptions=False)

    page, line = client.get("/", headers=PAGE), client.get("/")

    assert page.status_code == line.status_code == 500
    assert "<h1>Something went wrong in the hub</h1>" in page.text
    assert line.json()["error"] == "HUB_ERROR"
    assert "secret detail" not in page.text + line.text
