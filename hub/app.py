"""What does `uvicorn --factory hub.app:create_app` serve?

The configuration is read once, here; everything else is passed down.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub import logs, monitoring
from hub.access import Access, is_loopback, listening_host
from hub.errors import HubError
from hub.redaction import register_secret

if TYPE_CHECKING:
    from pydantic import SecretStr
    from starlette.types import ASGIApp

    from hub.config import Config, Connection
    from hub.core.pace import Profile
    from hub.queue import JobQueue
    from hub.store.database import Database
    from hub.web.home import Door
    from hub.web.hooks import Bell


def create_app() -> ASGIApp:
    """The web process; a wrong setting ends it with one clear line."""
    logs.configure(console=os.environ.get("HUB_LOG") == "console")
    try:
        config = read_settings(os.environ)
        access_of(config).check_bind(listening_host(sys.argv, os.environ.get("UVICORN_HOST")))
        monitoring.start(
            _shown(config.sentry.dsn), process="web", environment=config.sentry.environment
        )
        return build(config)
    except HubError as error:
        sys.stderr.write(f"{error.message}\n")
        raise SystemExit(1) from None


def read_settings(environ: Mapping[str, str]) -> Config:
    """The configuration of this process.

    Raises:
        ConfigError: a setting is missing or wrong.
    """
    import connectors
    from hub.config import load_config

    return load_config(None, environ, connection_models=connectors.settings_models())


def access_of(config: Config) -> Access:
    """Who may come in."""
    public = urlsplit(str(config.hub.public_url)).hostname if config.hub.public_url else None
    return Access(
        token=_shown(config.web.access_token),
        hosts=config.web.allowed_hosts,
        public_host=None if is_loopback(public) else public,
    )


def build(config: Config) -> ASGIApp:
    """The web process of these settings; nothing is opened before the first request.

    Raises:
        ConfigError: a setting is missing or wrong.
    """
    from hub.web.explorer import LazyApp, saved_operations
    from hub.web.feelings import StreamDoor
    from hub.web.site import Site, build_site
    from hub.wiring import build_wiring

    wiring = build_wiring(config, application_name="hub web")
    return build_site(
        Site(
            database=wiring.database,
            queue=wiring.queue,
            access=access_of(config),
            api=LazyApp(partial(_api, wiring.database, config)),
            bells=_bells(config, wiring.queue, wiring.database),
            streams=[
                StreamDoor(
                    connection=connection.name,
                    stream=name,
                    entity=stream.entity,
                    freshness=timedelta(seconds=stream.freshness_seconds),
                )
                for connection in config.connections.values()
                for name, stream in connection.streams.items()
            ],
            doors=_doors(config.connections.values()),
            operations=saved_operations(_operations_folder()),
        )
    )


def _api(database: Database, config: Config) -> ASGIApp:
    from hub.wiring import watched_streams
    from hub_graphql.app import create_graphql_app

    return create_graphql_app(database, streams=watched_streams(config))


def _operations_folder() -> Path:
    import hub_graphql

    return Path(hub_graphql.__file__).parents[1] / "operations"


def _bells(config: Config, queue: JobQueue, database: Database) -> dict[str, Bell]:
    """A bell for every connection whose kind has hooks."""
    import connectors
    from hub.web.hooks import Bell

    bells: dict[str, Bell] = {}
    for connection in config.connections.values():
        verify = getattr(connectors.load(connection.kind), "verify_notification", None)
        if verify is not None:
            wake = partial(_wake, queue, database, connection.name, connection.profile)
            bells[connection.name] = Bell(verify=verify, wake=wake)
    return bells


def _wake(queue: JobQueue, database: Database, connection: str, profile: Profile) -> None:
    """Start a worker, unless the connection collects its changes: then the sweep does in time."""
    from hub.core.pace import RHYTHMS
    from hub.store.paces import pace_of
    from workers.queues import PULL

    with database.reading() as session:
        pace = pace_of(session, connection)
    if pace.window_seconds if pace else RHYTHMS[profile].window:
        return
    queue.enqueue(PULL, connection, description=f"{connection}: its hook rang")


def _doors(connections: Iterable[Connection]) -> list[Door]:
    from hub.web.home import Door

    grids = [
        Door(
            title=f"Edit in the grid: {connection.name}",
            text="Change a cell and watch it arrive.",
            url=connection.grid_url,
            icon="table-2",
            is_elsewhere=True,
        )
        for connection in connections
        if connection.grid_url is not None
    ]
    return [
        *grids,
        Door(
            title="Ask with GraphQL",
            text="Clients, campaigns, deals and numbers in one question.",
            url="/graphql",
            icon="code",
        ),
        Door(
            title="Watch the jobs",
            text="What RQ's workers do, and what failed and why.",
            url="/rq/",
            icon="list-checks",
        ),
    ]


def _shown(secret: SecretStr | None) -> str | None:
    """The secret itself; from here on no log line shows it."""
    value = secret.get_secret_value() if secret else None
    register_secret(value)
    return value
