"""How is the stand-in served: the API, the people's doors, the pages, the control door?"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from hub.sandbox.airtable.api.suffering import CUT, cutter
from hub.sandbox.airtable.control import Control
from hub.sandbox.airtable.limits import Limits
from hub.sandbox.airtable.notifier import PingTiming
from hub.sandbox.airtable.people import PeopleDoors
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.state import State

PAGES = "hub.sandbox.airtable.pages"


class SandboxApplication(Starlette):
    """Starlette, which also remembers how the connection of a request can be cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CUT] = cutter(send)
        await super().__call__(scope, receive, send)


def create_app(
    state: State | Sandbox,
    *,
    limits: Limits | None = None,
    ping_timing: PingTiming | None = None,
    control_token: str | None = None,
) -> Starlette:
    """The ASGI application; it needs uvicorn where connections are to be dropped on purpose."""
    sandbox = state if isinstance(state, Sandbox) else Sandbox(state, limits, ping_timing)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        sandbox.downloads.begin()
        task = asyncio.create_task(sandbox.notifier.run())
        try:
            yield
        finally:
            sandbox.feed.close()
            await sandbox.downloads.end()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    people = PeopleDoors(sandbox.state, sandbox.people, sandbox.feed)
    routes: list[BaseRoute] = [
        Mount("/v0", app=sandbox.api),
        *people.routes(),
        *sandbox.downloads.routes(),
        *Control(sandbox, control_token).routes(),
        *_pages(),
    ]
    app = SandboxApplication(routes=routes, lifespan=lifespan)
    app.state.sandbox = sandbox
    return app


def _pages() -> list[BaseRoute]:
    """The grid pages, where they are part of this copy."""
    if importlib.util.find_spec(PAGES) is None:
        return []
    module = importlib.import_module(PAGES)
    make = getattr(module, "routes", None)
    return list(make()) if make is not None else []
