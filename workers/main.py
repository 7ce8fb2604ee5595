"""How do the worker and the scheduler processes start and stop?"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from types import FrameType

import connectors
from hub import logs, monitoring
from hub.config import Config, load_config
from hub.redaction import register_secret
from hub.wiring import Wiring, build_wiring
from workers import jobs, queues
from workers.schedules import Scheduler


def run_worker(only: Sequence[str] = ()) -> None:
    """One RQ worker until it is told to stop; of these queues only, where some are named.

    Raises:
        HubError: a setting is missing or wrong.
    """
    from rq import Worker
    from rq.serializers import JSONSerializer

    wiring = _start("hub worker")
    # Loaded once here, so that a forked job finds it loaded.
    for connection in wiring.config.connections.values():
        connectors.preload(connection.kind)
    jobs.bind(wiring)
    worker = Worker(
        list(only) or _queues(wiring.config),
        connection=wiring.queue.connection(),
        serializer=JSONSerializer,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")


def _queues(config: Config) -> list[str]:
    """Every queue there is; those of single connections last."""
    own = [c.queue for c in config.connections.values() if c.queue is not None]
    return list(dict.fromkeys([*queues.QUEUES, *own]))


def run_scheduler() -> None:
    """The scheduler until it is told to stop.

    Raises:
        HubError: a setting is missing or wrong.
    """
    wiring = _start("hub scheduler")
    scheduler = Scheduler(
        database=wiring.database,
        queue=wiring.queue,
        connections=wiring.config.connections,
        has_public_url=wiring.config.hub.public_url is not None,
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        scheduler.stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.run()


def _start(name: str) -> Wiring:
    logs.configure(console=os.environ.get("HUB_LOG") == "console")
    config: Config = load_config(None, os.environ, connection_models=connectors.settings_models())
    dsn = config.sentry.dsn
    if dsn is not None:
        register_secret(dsn.get_secret_value())
        monitoring.start(
            dsn.get_secret_value(), process="worker", environment=config.sentry.environment
        )
    return build_wiring(config, application_name=name)
