"""How are the grid's pages and files served: guarded, complete, and kept as long as they may be?"""

from __future__ import annotations

import re
from email.message import Message
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sandbox_base import BASE, CLIENTS, sample
from sandbox_server import SandboxServer

from hub.sandbox.airtable.pages.assets import asset


def lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def fetch(address: str) -> tuple[int, dict[str, str], str]:
    try:
        with urlopen(address, timeout=10) as answer:  # noqa: S310  # a loopback address
            return answer.status, lowered(answer.headers), answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, lowered(error.headers), ""


@pytest.mark.parametrize("path", ["/", f"/{BASE}", f"/{BASE}/{CLIENTS}"])
def test_a_page_names_only_files_that_exist_and_forbids_anything_inline(
    sandbox: SandboxServer, path: str
) -> None:
    sandbox.load(sample())

    status, headers, page = fetch(sandbox.url + path)
    named = re.findall(r'(?:src|href|content)="(/static/[^"#]+)', page)
    missing = [name for name in named if fetch(sandbox.url + name)[0] != 200]

    assert status == 200
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert re.findall(r'<script(?![^>]*src=)|\sstyle="|\son\w+="|https?://', page) == []
    assert len(named) > 3
    assert missing == []


def test_files_that_name_their_content_may_be_kept_and_others_are_asked_for_again(
    sandbox: SandboxServer,
) -> None:
    kept = "public, max-age=31536000, immutable"
    vendored = asset("tabulator-tables/tabulator.min.js")
    own = asset("js/base.js")
    older = re.sub(r"/v-[0-9a-f]{10}/", "/v-0123456789/", own)

    answers = [
        fetch(sandbox.url + path)[1]["cache-control"]
        for path in (vendored, own, older, "/static/js/base.js")
    ]

    assert answers == [kept, kept, "no-cache", "no-cache"]


def test_every_module_import_leads_to_a_file(sandbox: SandboxServer) -> None:
    seen: set[str] = set()
    ahead = [asset("js/base.js"), asset("js/bases.js")]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        status, _, text = fetch(sandbox.url + path)
        assert (path, status) == (path, 200)
        folder = path.rpartition("/")[0]
        ahead += [f"{folder}/{name}" for name in re.findall(r'from "\./([\w.]+)"', text)]

    assert len(seen) > 15


@pytest.mark.parametrize(
    "path", ["/favicon.ico", "/nothing", "/static/js/no.js", "/static/../app.py"]
)
def test_an_address_that_is_nowhere_is_not_found(sandbox: SandboxServer, path: str) -> None:
    assert fetch(sandbox.url + path)[0] == 404
