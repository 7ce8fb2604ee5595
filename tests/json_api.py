"""How does a test get a JSON API of its own, with real HTTP, pages, keys and bad days?"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

TOKEN = "canary-7f3a91c2"
PAGE = 7


@dataclass(kw_only=True, slots=True)
class Api:
    """What the API has and how it behaves; a test changes both."""

    records: list[dict[str, Any]] = field(default_factory=list)
    fault: Callable[[Request], Response | None] | None = None
    asked: list[str] = field(default_factory=list)
    tokens_given: int = 0
    token_seconds: int = 3600


def _page(api: Api, request: Request, begin: int, size: int = PAGE) -> list[dict[str, Any]]:
    since = request.query_params.get("updated_since")
    found = [r for r in api.records if since is None or r["updated_at"] >= since]
    return found[begin : begin + size]


def _app(api: Api) -> Starlette:
    async def by_cursor(request: Request) -> Response:
        begin = int(request.query_params.get("cursor", "c0")[1:])
        page = _page(api, request, begin)
        more = bool(_page(api, request, begin + PAGE))
        return JSONResponse(
            {"data": {"items": page}, "meta": {"next": f"c{begin + PAGE}" if more else None}}
        )

    async def by_page(request: Request) -> Response:
        number = int(request.query_params.get("page", "1"))
        size = int(request.query_params.get("per_page", PAGE))
        return JSONResponse(_page(api, request, (number - 1) * size, size))

    async def by_offset(request: Request) -> Response:
        size = min(int(request.query_params.get("limit", PAGE)), PAGE)
        # The total is a lie, as totals are.
        page = _page(api, request, int(request.query_params.get("offset", "0")), size)
        return JSONResponse({"total": 3, "rows": page})

    async def by_next_url(request: Request) -> Response:
        begin = int(request.query_params.get("from", "0"))
        since = request.query_params.get("updated_since")
        more = bool(_page(api, request, begin + PAGE))
        kept = f"&updated_since={since}" if since else ""
        link = f"{request.url.path}?from={begin + PAGE}{kept}" if more else None
        return JSONResponse({"items": _page(api, request, begin), "links": {"next": link}})

    async def by_link(request: Request) -> Response:
        begin = int(request.query_params.get("from", "0"))
        since = request.query_params.get("updated_since")
        answer = JSONResponse(_page(api, request, begin))
        if _page(api, request, begin + PAGE):
            kept = f"&updated_since={since}" if since else ""
            answer.headers["Link"] = f'<{request.url.path}?from={begin + PAGE}{kept}>; rel="next"'
        return answer

    async def whole(request: Request) -> Response:
        return JSONResponse({"result": api.records})

    async def token(request: Request) -> Response:
        form = await request.form()
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(basic or "Og==").decode() != f"client:{TOKEN}":
            return JSONResponse({"error": "invalid_client"}, 401)
        wanted = {"client_credentials": None, "refresh_token": "refresh-me"}
        if form.get("refresh_token") != wanted.get(str(form.get("grant_type")), "none"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        api.tokens_given += 1
        return JSONResponse(
            {"access_token": TOKEN, "token_type": "bearer", "expires_in": api.token_seconds}
        )

    async def moved(request: Request) -> Response:
        return RedirectResponse(request.query_params.get("to", "/v1/cursor"))

    async def root(request: Request) -> Response:
        return JSONResponse({"message": "not found"}, 404)

    def guarded(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            api.asked.append(str(request.url).split("/", 3)[3])
            if not _may_enter(request.headers):
                return JSONResponse({"error": "who are you?"}, 401)
            faulty = api.fault(request) if api.fault is not None else None
            if faulty is not None:
                return faulty
            found: Response = await endpoint(request)
            return found

        return answer

    places = {
        "/v1/cursor": by_cursor,
        "/v1/page": by_page,
        "/v1/offset": by_offset,
        "/v1/next": by_next_url,
        "/v1/link": by_link,
        "/v1/whole": whole,
        "/v1/moved": moved,
        "/": root,
    }
    routes = [Route(path, guarded(endpoint)) for path, endpoint in places.items()]
    return Starlette(routes=[*routes, Route("/token", token, methods=["POST"])])


def _may_enter(headers: Mapping[str, str]) -> bool:
    basic = base64.b64encode(f"user:{TOKEN}".encode()).decode()
    return headers.get("X-Api-Key") == TOKEN or headers.get("Authorization") in {
        f"Bearer {TOKEN}",
        f"Basic {basic}",
    }


def html(status: int = 200) -> Response:
    """What a proxy says in place of the API."""
    return HTMLResponse("<html><body>Please log in</body></html>", status)


class ApiServer:
    """The API in a thread of this process, on a free port of the loopback."""

    def __init__(self) -> None:
        self.api = Api()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(
            _app(self.api), log_level="warning", access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )

    def start(self) -> ApiServer:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError("the API did not start")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()
