"""Do JSON APIs keep the contract of a source, and what happens on their bad days?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from json_api import TOKEN, ApiServer, html
from source_contract import CANARY, CHECKS, Broken, Case, Record, records_of
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.rest import Settings, StreamSettings, build_source
from hub.contract import Priority, Source, SourceStream
from hub.errors import (
    ConfigError,
    HubError,
    MappingError,
    PermissionLost,
    RateLimited,
    RemoteMissing,
    RemoteUnavailable,
)

ROWS = 24
PAGINGS: dict[str, dict[str, Any]] = {
    "cursor": {
        "records": "data.items",
        "paging": {"type": "cursor", "param": "cursor", "next": "meta.next"},
    },
    "page": {"paging": {"type": "page", "size_param": "per_page", "size": 7}},
    "offset": {"records": "rows", "paging": {"type": "offset", "size": 50}},
    "next": {"records": "items", "paging": {"type": "next_url", "next": "links.next"}},
    "link": {"paging": {"type": "link_header"}},
}
BEARER = {"type": "bearer", "token": TOKEN}


class Pace:
    """Counts the waits, and remembers when the API asked for a rest."""

    def __init__(self) -> None:
        self.waits = 0
        self.rests: list[float] = []

    def wait(self, priority: Priority) -> None:
        self.waits += 1

    def penalise(self, seconds: float) -> None:
        self.rests.append(seconds)


@pytest.fixture(scope="module")
def api_server() -> Iterator[ApiServer]:
    server = ApiServer().start()
    yield server
    server.stop()


@pytest.fixture
def server(api_server: ApiServer) -> ApiServer:
    api = api_server.api
    api.records[:] = [row(number) for number in range(ROWS)]
    api.fault, api.tokens_given, api.token_seconds = None, 0, 3600
    api.asked.clear()
    return api_server


def row(number: int) -> dict[str, Any]:
    """Three records share each second."""
    return {
        "id": f"c{number}",
        "name": f"Client {number}",
        "address": {"city": "Łódź"},
        "tags": ["a", "b"],
        "updated_at": f"2026-01-01T08:00:{number // 3:02}Z",
    }


def record(number: int) -> Record:
    found = row(number)
    return {
        "id": found["id"],
        "name": found["name"],
        "address.city": "Łódź",
        "tags": '["a", "b"]',
        "updated_at": found["updated_at"],
    }


def settings(server: ApiServer, **other: Any) -> Settings:
    given = {"base_url": server.url, "auth": BEARER, "allow_private_network": True, **other}
    return Settings.model_validate(given)


def stream(kind: str, **other: Any) -> SourceStream:
    own = {"path": f"/v1/{kind}", **PAGINGS.get(kind, {}), **other}
    return SourceStream(name="clients", settings=StreamSettings.model_validate(own), key=("id",))


def source(server: ApiServer, pace: Pace | None = None, **other: Any) -> Source:
    return build_source("crm", settings(server, **other), pace or Pace())


def case(server: ApiServer, kind: str, *, incremental: bool) -> Case:
    own = {"cursor": "updated_at", "since_param": "updated_since"} if incremental else {}
    made = stream(kind, **own)

    def grow() -> list[Record]:
        # One that is later, and one that shares the last second.
        later = row(60)
        late = {**row(900), "updated_at": row(ROWS - 1)["updated_at"]}
        server.api.records += [late, later]
        return [{**record(900), "updated_at": late["updated_at"]}, record(60)]

    def wrong(**other: Any) -> Callable[[], Source]:
        return lambda: source(server, **other)

    no_server = {"base_url": "http://127.0.0.1:9"}
    return Case(
        name=f"REST by {kind}",
        kind="rest",
        source=wrong(),
        stream=made,
        records=[record(number) for number in range(ROWS)],
        discovered=None,
        grow=grow if incremental else None,
        future={"cursor": "2999-01-01T00:00:00Z", "kind": "text", "seen": ""}
        if incremental
        else None,
        pages=1 if kind == "whole" else 2,
        broken=(
            Broken(
                name="a wrong key",
                source=wrong(auth={"type": "header", "name": "X-Api-Key", "value": f"{CANARY}x"}),
                stream=made,
                raises=PermissionLost,
            ),
            Broken(name="no server", source=wrong(**no_server), stream=made,
                   raises=RemoteUnavailable),
            Broken(name="no path", source=wrong(), stream=stream("nothing"), raises=RemoteMissing),
            Broken(name="no list", source=wrong(), stream=stream("cursor", records="data.rows"),
                   raises=MappingError),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("incremental", [True, False], ids=["incremental", "complete"])
@pytest.mark.parametrize("kind", PAGINGS)
def test_every_way_of_paging_keeps_the_contract(
    kind: str, incremental: bool, check: Callable[[Case], None], server: ApiServer
) -> None:
    check(case(server, kind, incremental=incremental))


def _read(server: ApiServer, made: SourceStream, **other: Any) -> list[Record]:
    return records_of(list(source(server, **other).read(made, None, Priority.ROUTINE)))


AUTHS: dict[str, dict[str, Any]] = {
    "bearer": BEARER,
    "header": {"type": "header", "name": "X-Api-Key", "value": TOKEN},
    "basic": {"type": "basic", "user": "user", "password": TOKEN},
    "oauth2_client": {"type": "oauth2_client", "client_id": "client", "client_secret": TOKEN},
    "oauth2_refresh": {
        "type": "oauth2_refresh",
        "client_id": "client",
        "client_secret": TOKEN,
        "refresh_token": "refresh-me",
    },
}


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
def test_every_way_to_be_known_lets_us_in(auth: dict[str, Any], server: ApiServer) -> None:
    if auth["type"].startswith("oauth2"):
        auth = {**auth, "token_url": f"{server.url}/token"}
    assert ROWS == len(_read(server, stream("cursor"), auth=auth))
    assert server.api.tokens_given == int(auth["type"].startswith("oauth2"))


def test_a_token_that_expires_is_fetched_anew(server: ApiServer) -> None:
    server.api.token_seconds = 1
    auth = {**AUTHS["oauth2_client"], "token_url": f"{server.url}/token"}
    assert ROWS == len(_read(server, stream("cursor"), auth=auth))
    assert server.api.tokens_given > 1


def test_a_client_that_is_refused_is_told_without_its_secret(server: ApiServer) -> None:
    auth = {
        **AUTHS["oauth2_client"],
        "client_secret": f"{TOKEN}-wrong",
        "token_url": f"{server.url}/token",
    }
    with pytest.raises(PermissionLost, match="invalid_client") as caught:
        _read(server, stream("cursor"), auth=auth)
    assert TOKEN not in str(caught.value)


def test_an_address_inside_the_network_is_refused(server: ApiServer) -> None:
    for base_url in (server.url, server.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(ConfigError, match="allow_private_network = true"):
            _read(server, stream("cursor"), base_url=base_url, allow_private_network=False)
    assert [] == server.api.asked


def test_the_key_follows_no_redirect_to_another_server(server: ApiServer) -> None:
    other = ApiServer().start()
    try:
        made = stream("moved", params={"to": f"{other.url}/v1/cursor"})
        with pytest.raises(ConfigError, match="another server"):
            _read(server, made)
        assert [] == other.api.asked
    finally:
        other.stop()


def test_a_redirect_within_the_server_is_followed(server: ApiServer) -> None:
    made = stream("moved", records="data.items")
    assert 7 == len(_read(server, made))


def _failing(server: ApiServer, answer: Response, made: SourceStream | None = None) -> HubError:
    server.api.fault = lambda request: answer
    with pytest.raises(HubError) as caught:
        _read(server, made or stream("cursor"))
    return caught.value


def test_html_in_place_of_json_is_tried_again_and_told(server: ApiServer) -> None:
    error = _failing(server, html())
    assert isinstance(error, RemoteUnavailable)
    assert "text/html in place of JSON" in error.message


def test_a_question_that_is_refused_needs_a_person(server: ApiServer) -> None:
    error = _failing(server, JSONResponse({"error": "unknown field"}, 400))
    assert isinstance(error, MappingError)
    assert "unknown field" in error.message


def test_a_429_is_obeyed_by_all_workers(server: ApiServer) -> None:
    pace = Pace()
    server.api.fault = lambda request: JSONResponse({}, 429, headers={"Retry-After": "17"})
    with pytest.raises(RateLimited) as caught:
        list(source(server, pace).read(stream("cursor"), None, Priority.ROUTINE))
    assert ([17.0], 17.0) == (pace.rests, caught.value.retry_after_seconds)


def test_every_request_waits_for_its_turn(server: ApiServer) -> None:
    pace = Pace()
    list(source(server, pace).read(stream("cursor"), None, Priority.ROUTINE))
    assert pace.waits == len(server.api.asked) == 4


def test_pages_that_loop_are_told(server: ApiServer) -> None:
    def same(request: Request) -> Response:
        return JSONResponse({"data": {"items": [row(1)]}, "meta": {"next": "c7"}})

    server.api.fault = same
    with pytest.raises(MappingError, match="the same page again and again"):
        _read(server, stream("cursor"))


def test_an_api_that_repeats_its_last_page_ends(server: ApiServer) -> None:
    def last(request: Request) -> Response:
        number = min(int(request.query_params.get("page", "1")), 2)
        return JSONResponse([row(number)])

    server.api.fault = last
    assert 2 == len(_read(server, stream("page")))


def test_a_type_that_changes_in_the_middle_is_kept_as_it_came(server: ApiServer) -> None:
    server.api.records[3]["name"] = 17
    found = _read(server, stream("cursor"))
    assert {"17", "Client 4"} <= {found_record["name"] for found_record in found}


def test_what_is_no_object_is_handed_over_as_malformed(server: ApiServer) -> None:
    server.api.fault = lambda request: JSONResponse({"data": {"items": [row(1), "oops", None]}})
    pages = list(source(server).read(stream("cursor"), None, Priority.ROUTINE))
    assert ['"oops"', "null"] == [bad.raw for page in pages for bad in page.malformed]
    assert 1 == len(records_of(pages))


def test_an_answer_beyond_the_limit_is_refused(server: ApiServer) -> None:
    server.api.fault = lambda request: JSONResponse({"data": {"items": ["x" * 2_000_000]}})
    with pytest.raises(MappingError, match="larger than 1 MB"):
        _read(server, stream("cursor"), answer_megabytes=1)


def test_the_right_path_of_the_records_is_named(server: ApiServer) -> None:
    with pytest.raises(MappingError, match='records = "rows"'):
        _read(server, stream("offset", records=""))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"base_url": "https://user:secret@crm.example.org"}, "belong into `auth`"),
        ({"base_url": "ftp://crm.example.org"}, "pattern"),
        ({"base_url": "https://crm.example.org", "auth": {"type": "bear"}}, "bearer"),
    ],
)
def test_a_connection_that_cannot_work_is_told(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings.model_validate(given)


def test_a_path_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="a path such as"):
        StreamSettings.model_validate({"path": "/v1", "records": "data.[[["})
