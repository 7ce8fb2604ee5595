"""How does /graphql answer a person: with the explorer, which works without the Internet?

A browser's address bar asks for HTML and gets the page; everything else goes to the API. The
API is imported and built on its first request, or by the warm-up after the start.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.web.answers import wants_page
from hub.web.templating import render


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedOperation:
    """One published operation, with its variables as an example."""

    name: str
    text: str
    variables: str = ""


def saved_operations(folder: Path) -> tuple[SavedOperation, ...]:
    """The operations of a folder of .graphql files; NAME.json holds an example's variables."""
    return tuple(
        SavedOperation(
            name=path.stem,
            text=path.read_text(encoding="utf-8").strip() + "\n",
            variables=_text(path.with_suffix(".json")),
        )
        for path in sorted(folder.glob("*.graphql"))
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


class LazyApp:
    """An ASGI application that is built when it is first needed."""

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    def warm(self) -> ASGIApp:
        """The application, built now if it was not yet."""
        with self._lock:
            if self._app is None:
                self._app = self._build()
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a first one waits for the building in a thread."""
        app = self._app if self._app is not None else await run_in_threadpool(self.warm)
        await app(scope, receive, send)


class Explorer:
    """The explorer's page for browsers, the API for programs."""

    def __init__(self, api: ASGIApp, operations: Sequence[SavedOperation]) -> None:
        self._api = api
        self._operations = [
            {"name": one.name, "query": one.text, "variables": one.variables} for one in operations
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the page, or pass on."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and wants_page(scope):
            page = render("explorer.html", here="explorer", operations=_inline(self._operations))
            await HTMLResponse(page)(scope, receive, send)
        else:
            await self._api(scope, receive, send)


def _inline(value: object) -> str:
    """JSON that may stand inside a script element: no text of it can end the element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
