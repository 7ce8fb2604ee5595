"""Do comments and files work, which live beside the cells?"""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyairtable import Api, Table
from sandbox_base import ADA, BASE, CLIENT_0, CLIENTS, KITCHEN, field, sample
from sandbox_server import SandboxServer

COMMENTS = f"/v0/{BASE}/{CLIENTS}/{CLIENT_0}/comments"
FILES = f"/v0/{BASE}/{KITCHEN}"


@pytest.fixture
def loaded(sandbox: SandboxServer) -> SandboxServer:
    sandbox.load(sample())
    return sandbox


@pytest.fixture
def clients(loaded: SandboxServer) -> Table:
    return Api(loaded.token, endpoint_url=loaded.url).table(BASE, CLIENTS)


def test_comments_are_written_changed_and_taken_back(clients: Table) -> None:
    first = clients.add_comment(CLIENT_0, f"Look, @[{ADA['id']}]")
    second = clients.add_comment(CLIENT_0, "second")
    first.text = "Never mind"
    first.save()
    found = clients.comments(CLIENT_0)

    assert ["second", "Never mind"] == [each.text for each in found]
    assert [None, True] == [each.last_updated_time and True for each in found]
    second.delete()
    assert ["Never mind"] == [each.text for each in clients.comments(CLIENT_0)]


def test_a_mention_names_its_person(clients: Table) -> None:
    comment = clients.add_comment(CLIENT_0, f"Look, @[{ADA['id']}]")

    assert "Ada" == comment.mentioned[ADA["id"]].display_name
    assert "Owner" == comment.author.name


def test_comments_are_paged_newest_first(loaded: SandboxServer) -> None:
    for number in range(5):
        loaded.call("POST", COMMENTS, {"text": str(number)})
    first = loaded.call("GET", f"{COMMENTS}?pageSize=3")[1]
    second = loaded.call("GET", f"{COMMENTS}?pageSize=3&offset={first['offset']}")[1]

    assert ["4", "3", "2"] == [each["text"] for each in first["comments"]]
    assert (["1", "0"], None) == ([each["text"] for each in second["comments"]], second["offset"])


def test_comments_are_counted_when_asked_for(loaded: SandboxServer) -> None:
    loaded.call("POST", COMMENTS, {"text": "x"})
    path = f"/v0/{BASE}/{CLIENTS}?recordMetadata[]=commentCount"
    first, second, *_ = loaded.call("GET", path)[1]["records"]

    assert 1 == first["commentCount"]
    assert "commentCount" not in second


def test_nobody_is_told_of_a_comment(loaded: SandboxServer) -> None:
    before = loaded.call("GET", f"/v0/{BASE}/{CLIENTS}/{CLIENT_0}")[1]
    loaded.call("POST", COMMENTS, {"text": "x"})

    assert before == loaded.call("GET", f"/v0/{BASE}/{CLIENTS}/{CLIENT_0}")[1]
    assert [] == loaded.edits()


@pytest.mark.parametrize(
    ("method", "path", "token", "body", "status"),
    [
        ("POST", COMMENTS, "patSandbox.owner", {"text": ""}, 422),
        ("POST", COMMENTS, "patSandbox.owner", {}, 422),
        ("POST", COMMENTS, "patReader", {"text": "x"}, 403),  # lacks the scope
        ("PATCH", f"{COMMENTS}/comNobody00000000", "patSandbox.owner", {"text": "x"}, 422),
        ("GET", f"{COMMENTS}?pageSize=101", "patSandbox.owner", None, 422),
        ("GET", f"{COMMENTS}?offset=comNobody00000000", "patSandbox.owner", None, 422),
    ],
)
def test_comments_that_cannot_be_are_refused(
    loaded: SandboxServer, method: str, path: str, token: str, body: Any, status: int
) -> None:
    assert status == loaded.call(method, path, body, token=token)[0]


def test_only_the_author_changes_a_comment(loaded: SandboxServer) -> None:
    made = loaded.call("POST", COMMENTS, {"text": "mine"})[1]["id"]

    for method in ("PATCH", "DELETE"):
        body = {"text": "x"} if method == "PATCH" else None
        assert 403 == loaded.call(method, f"{COMMENTS}/{made}", body, token="patEditor")[0]


def upload(server: SandboxServer, content: bytes, name: str = "Files") -> tuple[int, Any]:
    row = server.call("POST", FILES, {"fields": {"Key": "k"}})[1]["id"]
    return server.call(
        "POST",
        f"/v0/{BASE}/{row}/{name}/uploadAttachment",
        {
            "contentType": "text/plain",
            "file": base64.b64encode(content).decode(),
            "filename": "a b.txt",
        },
    )


def test_an_uploaded_file_is_fetched_until_its_address_expires(loaded: SandboxServer) -> None:
    status, row = upload(loaded, b"hello")
    (shown,) = row["fields"][field("Files")]
    again = loaded.call("GET", f"{FILES}/{row['id']}")[1]["fields"]["Files"][0]
    path = urlsplit(shown["url"]).path

    assert (200, "a b.txt", 5) == (status, shown["filename"], shown["size"])
    assert b"hello" == loaded.call("GET", path, token=None)[1]
    assert (shown["id"], shown["size"]) == (again["id"], again["size"])
    loaded.advance(2 * 3600 + 1)
    assert 410 == loaded.call("GET", path, token=None)[0]
    assert 403 == loaded.call("GET", path.replace("/_attachments/1", "/_attachments/9"))[0]
    fresh = loaded.call("GET", f"{FILES}/{row['id']}")[1]["fields"]["Files"][0]
    assert b"hello" == loaded.call("GET", urlsplit(fresh["url"]).path, token=None)[1]


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [(b"x" * 5_000_001, "Files", 413), (b"x", "Key", 422), (b"x", "Nope", 422)],
)
def test_an_upload_that_cannot_be_is_refused(
    loaded: SandboxServer, content: bytes, name: str, status: int
) -> None:
    assert status == upload(loaded, content, name)[0]


def test_a_file_given_by_address_is_fetched_afterwards(loaded: SandboxServer) -> None:
    source = upload(loaded, b"hello")[1]["fields"][field("Files")][0]["url"]
    files = [{"url": source, "filename": "copy.txt"}]
    made = loaded.call("POST", FILES, {"fields": {"Files": files}})[1]
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        (shown,) = loaded.call("GET", f"{FILES}/{made['id']}")[1]["fields"]["Files"]
        if "size" in shown:
            break

    assert (5, "text/plain", "copy.txt") == (shown["size"], shown["type"], shown["filename"])
    assert b"hello" == loaded.call("GET", urlsplit(shown["url"]).path, token=None)[1]
