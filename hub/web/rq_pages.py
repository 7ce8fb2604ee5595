"""How do rq-dashboard's pages get into our process, and what are they not allowed?

rq-dashboard is a Flask blueprint without access control or CSRF protection. The guard outside
checks hosts, access and origins; here one dangerous link is closed, and the dashboard is taught
that our jobs are JSON. Nothing of it is imported before the first visit.
"""

from __future__ import annotations

import threading
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.queue import JobQueue
from hub.web.answers import Refusal, refuse

PREFIX = "/rq"
_NAVBAR = "rq_dashboard/navbar.html"
_WAY_BACK = '<a class="navbar-brand" href="/">&lsaquo; Integration Hub</a>'
_REDIS_DOWN = Refusal(
    status=503,
    code="STORE_UNAVAILABLE",
    title="The Redis server does not answer",
    message=(
        "The queues cannot be shown. Nothing is lost: what must happen stands in Postgres. Start"
        " the Redis server or correct REDIS_URL."
    ),
    retry_seconds=5,
)
_READING_ONLY = Refusal(
    status=405,
    code="WRITE_BY_LINK",
    title="A link may not change anything",
    message="Requeue with the buttons of the dashboard: they send a POST.",
    headers={"Allow": "POST"},
)


class RqPages:
    """rq-dashboard under /rq, built on the first visit."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a visit on, unless it is a write by link or the Redis server is away."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if scope["method"] in {"GET", "HEAD"} and path.startswith("/requeue/"):
            await refuse(scope, _READING_ONLY)(scope, receive, send)
        elif not path.startswith("/static/") and not await run_in_threadpool(self._queue.answers):
            await refuse(scope, _REDIS_DOWN)(scope, receive, send)
        else:
            app = await run_in_threadpool(self._built)
            await app(scope, receive, send)

    def _built(self) -> ASGIApp:
        with self._lock:
            if self._app is None:
                self._app = _build(self._queue.redis_url)
            return self._app


def _build(redis_url: str) -> ASGIApp:
    import rq_dashboard
    import rq_dashboard.web
    from a2wsgi import WSGIMiddleware
    from flask import Flask

    _speak_json(rq_dashboard.web)
    # The base template serves its icon from the application's own static folder, which Flask
    # finds by the application's import name: any other name answers 404 for css and js.
    flask = Flask("rq_dashboard")
    flask.config.from_object(rq_dashboard.default_settings)
    flask.config["RQ_DASHBOARD_REDIS_URL"] = redis_url
    rq_dashboard.web.setup_rq_connection(flask)
    flask.register_blueprint(rq_dashboard.blueprint)
    _show_way_back(flask)
    return cast(ASGIApp, WSGIMiddleware(cast(Any, flask), workers=4))


def _show_way_back(flask: Any) -> None:
    """Put a link to the overview before the dashboard's own name."""
    from jinja2 import ChoiceLoader, DictLoader

    environment = flask.jinja_env
    source = environment.loader.get_source(environment, _NAVBAR)[0]
    linked = source.replace('<a class="navbar-brand">', f'{_WAY_BACK}<a class="navbar-brand">', 1)
    environment.loader = ChoiceLoader([DictLoader({_NAVBAR: linked}), environment.loader])


def _speak_json(web: Any) -> None:
    """Let the dashboard read jobs as JSON; half of its code paths know pickle only."""
    from rq import Worker
    from rq.job import Job, requeue_job
    from rq.serializers import JSONSerializer

    class JsonJob(Job):
        def __init__(self, id: Any = None, connection: Any = None, serializer: Any = None) -> None:
            super().__init__(id, connection, serializer or JSONSerializer)

    class JsonWorker(Worker):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **(kwargs | {"serializer": JSONSerializer}))

    def requeue_json_job(job_id: str, connection: Any) -> Any:
        return requeue_job(job_id, connection, serializer=JSONSerializer)

    web.config.serializer = JSONSerializer
    web.Job = JsonJob
    web.Worker = JsonWorker
    web.requeue_job = requeue_json_job
