"""A Sentry of one's own: takes envelopes over HTTP and keeps what was in them."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(kw_only=True, slots=True)
class SentryReceiver:
    """Everything that was sent, as events and as the text it came in."""

    events: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    text: str = ""
    arrived: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        """The ASGI application that SDKs send to."""
        return Starlette(
            routes=[Route("/api/{project}/envelope/", self._receive, methods=["POST"])]
        )

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.text += body.decode()
        lines = body.split(b"\n")
        position = 1
        while position + 1 < len(lines):
            head = json.loads(lines[position])
            self.kinds.append(head["type"])
            if head["type"] == "event":
                self.events.append(json.loads(lines[position + 1]))
                self.arrived.set()
            position += 2
        return JSONResponse({"id": "0" * 32})


def dsn(address: str) -> str:
    """The DSN of a project at `address`."""
    return address.replace("http://", "http://0123456789abcdef0123456789abcdef@") + "/7"
