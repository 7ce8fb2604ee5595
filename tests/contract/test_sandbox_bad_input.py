"""Does whatever is thrown at the stand-in get its refusal, and does the stand-in live on?"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from sandbox_base import BASE, CLIENT_0, CLIENTS, DEALS, KITCHEN, field, sample
from sandbox_server import SandboxServer

TABLE = f"/v0/{BASE}/{CLIENTS}"
META = f"/v0/meta/bases/{BASE}/tables"
HOOKS = f"/v0/bases/{BASE}/webhooks"
CONNECTIONS = 2_000
SPARE = 200
TOO_LARGE = 10_000_001


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample(deals=2))
    return sandbox


def raw(server: SandboxServer, sent: bytes) -> bytes:
    """What comes back for these bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def lives(server: SandboxServer) -> bool:
    return server.call("GET", TABLE)[0] == 200


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    lines = (f"{method} {target} HTTP/1.1", "Host: x", "Authorization: Bearer patSandbox.owner",
             "Connection: close", *headers)  # fmt: skip
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, b"400"),  # TLS
        (b"GET / HTTP/9.9\r\n\r\n", b"400"),
        (request("POST", TABLE, "Content-Length: many"), b"400"),
        (request("POST", TABLE, "Content-Length: -1"), b"400"),
        (request("POST", TABLE, "Transfer-Encoding: chunked", body=b"zz\r\n"), b"400"),
        (request("GET", f"{TABLE}/%"), b"404"),
        (request("GET", f"{TABLE}/%ff%fe"), b"404"),  # no UTF-8
        (request("GET", f"{TABLE}/%00"), b"404"),
        (request("GET", f"/v0/{BASE}/%F0%9F%98"), b"404"),  # half a character
        (request("GET", f"/v0/{BASE}/..%2f..%2fetc%2fpasswd"), b"403"),  # a table's name
        (request("GET", f"{TABLE}?pageSize=%zz"), b"422"),
        (request("GET", f"{TABLE}?view=%ff"), b"422"),
        (request("GET", f"{TABLE}?" + "&".join(["fields[]=Name"] * 900)), b"200"),
        (request("BREW", TABLE), b"400"),
        (request("GET", f"{TABLE}?filterByFormula=" + "(" * 5_000), b"422"),
        (request("GET", f"{TABLE}?filterByFormula=" + "NOT(" * 2_000), b"422"),
        (request("GET", f"{TABLE}?filterByFormula=" + "1%2B" * 3_500 + "1"), b"422"),
        (request("GET", f"{TABLE}?filterByFormula=" + "1%2B" * 100 + "1"), b"200"),
        (request("GET", f"{TABLE}?filterByFormula=" + "NOT(" * 900 + "1" + ")" * 900), b"422"),
    ],
)
def test_bytes_that_are_no_good_request_get_their_status(
    loaded: SandboxServer, sent: bytes, status: bytes
) -> None:
    received = raw(loaded, sent)

    assert received.startswith(b"HTTP/1.1 " + status), received[:200]
    assert lives(loaded)


def test_a_request_that_breaks_off_changes_nothing(loaded: SandboxServer) -> None:
    begun = request("POST", TABLE, "Content-Length: 1000", "Content-Type: application/json")
    with socket.create_connection(("127.0.0.1", loaded.port), timeout=10) as connection:
        connection.sendall(begun + b'{"fields": {"Name": "half"')

    assert 3 == len(loaded.call("GET", TABLE)[1]["records"])
    assert [] == loaded.edits()


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", TABLE),
        ("PATCH", TABLE),
        ("PUT", f"{TABLE}/{CLIENT_0}"),
        ("POST", f"{TABLE}/listRecords"),
        ("POST", META),
        ("POST", HOOKS),
        ("POST", f"/v0/{BASE}/{CLIENT_0}/Files/uploadAttachment"),
    ],
)
def test_a_body_over_ten_megabytes_is_refused(
    loaded: SandboxServer, method: str, path: str, chunked: bool
) -> None:
    body = b'{"fields": {"Name": "' + b"x" * TOO_LARGE + b'"}}'
    headers = ["Content-Type: application/json"]
    if chunked:
        headers.append("Transfer-Encoding: chunked")
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    else:
        headers.append(f"Content-Length: {len(body)}")
    received = raw(loaded, request(method, path, *headers, body=body))

    assert received.startswith(b"HTTP/1.1 413 "), received[:200]
    assert b"REQUEST_TOO_LARGE" in received
    assert [] == loaded.edits()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v0/app/Clients", 404),
        ("GET", "/v0/appSample0000000/Clients", 404),  # one letter too few
        ("GET", "/v0/appSample000000000/Clients", 404),  # one too many
        ("GET", f"/v0/{CLIENTS}/{CLIENTS}", 404),  # a table's id for a base's
        ("GET", f"/v0/{BASE}/{CLIENT_0}", 403),  # a record's id for a table's
        ("GET", f"{TABLE}/{DEALS}", 404),  # a table's id for a record's
        ("GET", f"{TABLE}/recClient0000000!", 404),
        ("GET", f"{TABLE}/{CLIENT_0}/{CLIENT_0}", 404),
        ("PATCH", f"{TABLE}/rec", 404),
        ("DELETE", f"{TABLE}/rec", 404),
        ("PATCH", f"{META}/tblNowhere0000000", 403),
        ("PATCH", f"{META}/{CLIENTS}/fields/fldNowhere0000000", 403),
        ("DELETE", f"{HOOKS}/achNowhere0000000", 403),
        ("POST", f"{HOOKS}/achNowhere0000000/refresh", 403),
        ("GET", f"{TABLE}/{CLIENT_0}/comments/comNowhere0000000", 404),
    ],
)
def test_a_wrong_id_is_refused(loaded: SandboxServer, method: str, path: str, status: int) -> None:
    body: Any = {"fields": {}} if method in ("PATCH", "POST") else None

    assert status == loaded.call(method, path, body)[0]
    assert [] == loaded.edits()


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("name", ["Nope", "fldNope0000000000", "name", "Name ", "", field("Title")])
def test_an_unknown_field_is_refused_in_every_write(
    loaded: SandboxServer, method: str, name: str
) -> None:
    path = TABLE if method == "POST" else f"{TABLE}/{CLIENT_0}"
    status, answer = loaded.call(method, path, {"fields": {"Stage": "Won", name: "x"}})

    assert (422, "UNKNOWN_FIELD_NAME") == (status, answer["error"]["type"])
    assert f'"{name}"' in answer["error"]["message"]
    assert [] == loaded.edits()


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html", ""],
)
@pytest.mark.parametrize(("method", "path"), [("POST", TABLE), ("PATCH", f"{TABLE}/{CLIENT_0}")])
def test_a_body_of_another_type_is_not_read(
    loaded: SandboxServer, method: str, path: str, content_type: str
) -> None:
    status, answer = loaded.call(
        method, path, {"fields": {"Name": "x"}}, headers={"Content-Type": content_type}
    )

    assert (422, "INVALID_REQUEST_MISSING_FIELDS") == (status, answer["error"]["type"])
    assert [] == loaded.edits()


@pytest.mark.parametrize("body", [None, 1, "x", [], [1], True, {"fields": []}, {"fields": None},
                                  {"records": {}}, {"records": [None]}, {"fields": {}, "x": 1},
                                  {"fields": {}, "typecast": "yes"}])  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_json_of_the_wrong_shape_is_refused(loaded: SandboxServer, method: str, body: Any) -> None:
    assert 422 == loaded.call(method, TABLE, body)[0]
    assert [] == loaded.edits()


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_json_that_is_deep_is_refused_not_fallen_over(loaded: SandboxServer, depth: int) -> None:
    raw_body = b'{"fields": {"Name": ' + b"[" * depth + b"]" * depth + b"}}"

    assert 422 == loaded.call("POST", f"/v0/{BASE}/{KITCHEN}", raw=raw_body)[0]
    assert lives(loaded)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "‮", "a" * 99_999, "\U0001f600" * 1000])
def test_odd_texts_are_kept_or_refused_whole(loaded: SandboxServer, text: str) -> None:
    path = f"/v0/{BASE}/{KITCHEN}"
    status, answer = loaded.call("POST", path, {"fields": {"Long": text}})

    assert status in (200, 422)
    if status == 200:
        assert text == answer["fields"]["Long"]
        assert text == loaded.call("GET", f"{path}/{answer['id']}")[1]["fields"]["Long"]
    assert lives(loaded)


async def _crowd(port: int, count: int) -> Counter[str]:
    """So many connections that all stand open before the first of them asks."""
    everybody_is_here = asyncio.Event()
    here = 0
    asked = request("GET", f"{TABLE}?pageSize=1")

    async def one() -> str:
        nonlocal here
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            here += 1
            return type(error).__name__
        here += 1
        if here == count:
            everybody_is_here.set()
        try:
            await asyncio.wait_for(everybody_is_here.wait(), 20)
            writer.write(asked)
            await writer.drain()
            answer = await asyncio.wait_for(reader.read(), 40)
            return answer[9:12].decode()
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        finally:
            writer.close()

    return Counter(await asyncio.gather(*(one() for _ in range(count))))


@pytest.fixture
def crowd() -> Iterator[int]:
    """How many connections this process can open: an ordinary user's soft limit is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + SPARE
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    yield min(CONNECTIONS, max(soft, allowed) - SPARE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("descriptors", [1_024, 4_096])
def test_thousands_of_connections_are_answered_or_refused(
    tmp_path: Path, descriptors: int, crowd: int
) -> None:
    file = tmp_path / "base.json"
    file.write_text(json.dumps(sample()))
    stand_in = [sys.executable, "-m", "hub.sandbox", "--airtable-port", "0", "--no-rate-limit"]
    process = subprocess.Popen(
        ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *stand_in, "--load", file],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.]+:(\d+)", process.stdout.readline())
        assert found is not None
        outcomes = asyncio.run(_crowd(int(found[1]), crowd))

        assert crowd == outcomes.total()
        # Without a descriptor left for it a connection is closed without a word.
        refused = {"", "ConnectionResetError", "BrokenPipeError"}
        assert {"200"} <= set(outcomes) <= {"200"} | refused
        if descriptors > crowd + SPARE:
            assert {"200": crowd} == outcomes
        again = Request(f"{found[0]}{TABLE}", headers={"Authorization": "Bearer patSandbox.owner"})  # noqa: S310  loopback
        with urlopen(again, timeout=10) as answer:  # noqa: S310  loopback
            assert 3 == len(json.load(answer)["records"])
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate(timeout=10)
