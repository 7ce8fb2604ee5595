"""Which address leads where in the web process?"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from hub.access import Access
from hub.queue import JobQueue
from hub.store.database import Database
from hub.web import health
from hub.web.assets import ImmutableStaticFiles
from hub.web.explorer import Explorer, LazyApp, SavedOperation
from hub.web.failures import HANDLERS
from hub.web.feelings import StreamDoor
from hub.web.guard import Guard
from hub.web.home import Door, Home
from hub.web.hooks import Bell, HookDoor
from hub.web.rq_pages import PREFIX, RqPages

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Everything the web process is made of."""

    database: Database
    queue: JobQueue
    access: Access
    api: LazyApp
    bells: Mapping[str, Bell]
    streams: Sequence[StreamDoor]
    doors: Sequence[Door]
    operations: Sequence[SavedOperation]


def build_site(site: Site) -> ASGIApp:
    """The web process as one guarded ASGI application."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Addresses answer at once; the API is ready a moment later, before anybody asks.
        threading.Thread(target=_warm, args=(site.api,), name="warm-up", daemon=True).start()
        yield
        site.queue.close()
        site.database.dispose()

    app = Starlette(
        routes=_routes(site),
        middleware=[Middleware(GZipMiddleware, minimum_size=1024)],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    return Guard(app, site.access)


def _warm(api: LazyApp) -> None:
    try:
        api.warm()
    except Exception:
        # The first request builds it again, and answers with what is wrong.
        log.exception("the API cannot be built")


def _routes(site: Site) -> list[BaseRoute]:
    home = Home(site.database, site.queue, streams=site.streams, doors=site.doors)
    return [
        Route("/", home.page),
        Route("/pulse", home.pulse),
        Route("/clients/funnel.csv", home.funnel_csv),
        Route("/clients/warmup.csv", home.warmup_csv),
        Route("/graphql", Explorer(site.api, site.operations)),
        Route("/hooks/{connection}", HookDoor(site.database, site.bells).ring, methods=["POST"]),
        Route("/health", health.live),
        Route("/health/ready", health.Readiness(site.database, site.queue).ask),
        Mount(PREFIX, RqPages(site.queue)),
        Mount("/static", ImmutableStaticFiles()),
    ]
