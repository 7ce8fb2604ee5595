"""Does the web process live, and could it work right now?

`/health` only says that the process answers: whoever restarts it on a "no" must not be told of a
database that a restart would not mend. `/health/ready` asks everything that work needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from hub.errors import StoreUnavailable
from hub.queue import JobQueue
from hub.store.database import Database
from hub.store.migrate import current_revision, head_revision

PATIENCE_SECONDS = 6.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What one part says."""

    ok: bool
    message: str


async def live(_request: Request) -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


class Readiness:
    """Answers /health/ready: 200 when every part is well, else 503; one sentence for each."""

    def __init__(self, database: Database, queue: JobQueue) -> None:
        self._database = database
        self._queue = queue

    async def ask(self, _request: Request) -> JSONResponse:
        """Ask all parts at once, each with a limit."""
        names = ("database", "redis", "migrations")
        found = await asyncio.gather(
            _asked(self._ask_database), _asked(self._ask_redis), _asked(self._ask_migrations)
        )
        checks = dict(zip(names, found, strict=True))
        ready = all(check.ok for check in found)
        return JSONResponse(
            {
                "ready": ready,
                "checks": {
                    name: {"ok": check.ok, "message": check.message}
                    for name, check in checks.items()
                },
            },
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"} | ({} if ready else {"Retry-After": "5"}),
        )

    def _ask_database(self) -> Check:
        try:
            with self._database.reading() as session:
                version = session.execute(text("show server_version")).scalar_one()
            return Check(ok=True, message=f"Postgres {version} answers.")
        except SQLAlchemyError:
            return Check(
                ok=False,
                message="The central Postgres does not answer; start it or correct DATABASE_URL.",
            )

    def _ask_redis(self) -> Check:
        if self._queue.answers():
            return Check(ok=True, message="The Redis server answers.")
        return Check(
            ok=False, message="The Redis server does not answer; start it or correct REDIS_URL."
        )

    def _ask_migrations(self) -> Check:
        url = self._database.url.render_as_string(hide_password=False)
        try:
            newest, seen = head_revision(), current_revision(url)
        except StoreUnavailable:
            return Check(ok=False, message="Unknown while the central Postgres does not answer.")
        if seen != newest:
            return Check(
                ok=False,
                message=(
                    f"The database stands at {seen or 'no revision'}, the code needs {newest};"
                    " run: alembic upgrade head"
                ),
            )
        return Check(ok=True, message=f"The database stands at {seen}, as the code needs.")


async def _asked(ask: Callable[[], Check]) -> Check:
    try:
        return await asyncio.wait_for(run_in_threadpool(ask), PATIENCE_SECONDS)
    except TimeoutError:
        return Check(ok=False, message=f"No answer within {PATIENCE_SECONDS:.0f} seconds.")
