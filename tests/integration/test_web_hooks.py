"""What does the door for notifications let in, and what does it answer?"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from starlette.testclient import TestClient
from web_site import built_app, client_of

from hub.store.database import Database, Provenance
from hub.store.integration import Hook

# The vector of the protocol's reference: secret, body and header as published.
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = (
    b'{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},'
    b'"timestamp":"2022-02-01T21:25:05.663Z"}'
)
MAC = "hmac-sha256=997ae1f19848fdf4e8e07db1c9650045193abc5dc4b82b4c70466ecafe7b6f7d"
HEADER = "X-Airtable-Content-MAC"


@pytest.fixture
def door(tmp_path: Path, database: Database, database_url: str, redis_url: str) -> TestClient:
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.add(Hook(connection="crm", external_id="ach00000000000000", mac_secret=SECRET))
    return client_of(built_app(tmp_path, database_url, redis_url))


def signed(body: bytes) -> str:
    return (
        "hmac-sha256="
        + hmac.new(b"0123456789abcdef0123456789abcdef", body, hashlib.sha256).hexdigest()
    )


def pings(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.execute(text("select connection, source, hook_external_id from hub.ping"))
        return [(row[0], row[1], row[2]) for row in rows]


def alerts(database: Database) -> list[tuple[str, int]]:
    with database.reading() as session:
        rows = session.execute(text("select key, seen_count from hub.alert order by key"))
        return [(row[0], row[1]) for row in rows]


def test_a_signed_notification_is_kept_and_wakes_a_worker(
    door: TestClient, database: Database, redis_url: str
) -> None:
    answer = door.post("/hooks/crm", content=BODY, headers={HEADER: MAC})

    assert (answer.status_code, answer.content) == (204, b"")
    assert pings(database) == [("crm", "hook", "ach00000000000000")]
    with redis.Redis.from_url(redis_url, decode_responses=True) as server:
        (job,) = server.lrange("rq:queue:live", 0, -1)
        assert server.hget(f"rq:job:{job}", "description") == "crm: its hook rang"


def test_a_wrong_signature_is_refused_and_told_once(door: TestClient, database: Database) -> None:
    for _ in range(3):
        answer = door.post("/hooks/crm", content=BODY, headers={HEADER: MAC[:-1] + "0"})
        assert answer.status_code == 401
        assert answer.json()["error"] == "HOOK_MAC_WRONG"

    assert pings(database) == []
    assert alerts(database) == [("hook:crm:HOOK_MAC_WRONG", 1)]


def test_a_missing_signature_is_refused(door: TestClient) -> None:
    assert door.post("/hooks/crm", content=BODY).status_code == 401


def test_an_unknown_connection_is_not_found(door: TestClient, database: Database) -> None:
    answer = door.post("/hooks/nobody", content=BODY, headers={HEADER: MAC})

    assert answer.status_code == 404
    assert "crm" in answer.json()["message"]
    assert alerts(database) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"webhook":7}',
        b"\xff\xfe",
        b"[" * 50_000,  # nested deeper than any parser goes
    ],
)
def test_a_malformed_body_is_refused_in_one_line(
    door: TestClient, database: Database, body: bytes
) -> None:
    answer = door.post("/hooks/crm", content=body, headers={HEADER: signed(body)})

    assert answer.status_code == 400
    assert answer.json()["error"] == "HOOK_BODY_INVALID"
    assert "\n" not in answer.text
    assert pings(database) == []


def test_a_body_of_more_than_64_kilobytes_is_not_read(door: TestClient) -> None:
    body = json.dumps({"webhook": {"id": "x" * 70_000}}).encode()

    assert door.post("/hooks/crm", content=body).status_code == 413
    assert door.post("/hooks/crm", content=iter([body])).status_code == 413


def test_a_closed_hook_rings_no_more(door: TestClient, database: Database) -> None:
    with database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.execute(text("update hub.hook set closed_at = clock_timestamp()"))

    assert door.post("/hooks/crm", content=BODY, headers={HEADER: MAC}).status_code == 401


def test_without_redis_the_ping_stands_all_the_same(
    tmp_path: Path, database: Database, database_url: str, door: TestClient, free_port: int
) -> None:
    lonely = client_of(built_app(tmp_path, database_url, f"redis://127.0.0.1:{free_port}/0"))

    answer = lonely.post("/hooks/crm", content=BODY, headers={HEADER: MAC})

    assert answer.status_code == 204
    assert pings(database) == [("crm", "hook", "ach00000000000000")]


def test_without_postgres_the_sender_is_asked_to_try_again(
    tmp_path: Path, redis_url: str, free_port: int
) -> None:
    url = f"postgresql://hub:x@127.0.0.1:{free_port}/hub"
    lonely = client_of(built_app(tmp_path, url, redis_url))

    answer = lonely.post("/hooks/crm", content=BODY, headers={HEADER: MAC})

    assert answer.status_code == 503
    assert answer.json()["error"] == "STORE_UNAVAILABLE"
    assert answer.headers["Retry-After"] == "5"


def test_only_post_rings(door: TestClient) -> None:
    assert door.get("/hooks/crm").status_code == 405
