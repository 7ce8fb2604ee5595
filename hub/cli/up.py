"""How does the hub start for real use?"""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

import connectors
from hub.cli.console import Console
from hub.cli.demo import warn_on
from hub.cli.demo_start import wait_for_hub
from hub.cli.home import prepare_home, sole_user
from hub.cli.procfile import PROJECT, child_environ, programs
from hub.cli.servers import migrate, start_servers
from hub.cli.supervisor import Supervisor, ended_by_signals
from hub.config import Config, load_config, locate_config
from hub.embedded.ports import HOST, free_port, holder_of, is_free
from hub.errors import ConfigError

# Listening on all of the machine's addresses includes the one to look at.
EVERY_HOST = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


@click.command()
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="The file; else HUB_CONFIG, else hub.toml in this folder.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="The port instead of [web] port.")
def up(file: Path | None, port: int | None) -> None:
    """Start the hub from a hub.toml: web, worker and scheduler.

    DATABASE_URL and REDIS_URL are used where they are set; else a Postgres and a Redis-protocol
    server of the hub's own are started. Ctrl-C ends all of it.
    """
    began = time.monotonic()
    path = locate_config(file, os.environ)
    if path is None:
        raise ConfigError(
            "There is no hub.toml here. Name one with --config, or look at the product first:"
            " hub demo (it writes .hub/hub.toml, which explains every setting)."
        )
    config = load_config(path, os.environ, connection_models=connectors.settings_models())
    home = config.hub.home.absolute()
    prepare_home(home)
    console = Console()
    with sole_user(home):
        _run(config, path.absolute(), _port(port, config), console, began)


def _port(wanted: int | None, config: Config) -> int:
    port = config.web.port if wanted is None else wanted
    if port == 0:
        return free_port()
    if not is_free(port):
        raise ConfigError(
            f"Port {port} is held by {holder_of(port)}. Stop that program, or choose another port:"
            f" hub up --port {port + 1}, or [web] port in hub.toml"
        )
    return port


def _run(config: Config, path: Path, port: int, console: Console, began: float) -> None:
    warn_on(console)
    home = config.hub.home.absolute()
    supervisor = Supervisor(console, PROJECT)
    console.line(f"Starting the hub from {path}.")
    given = (config.database.url, config.redis.url)
    database_url, redis_url = (url.get_secret_value() if url else None for url in given)
    listening = os.environ.get("UVICORN_HOST", config.web.host)
    with ended_by_signals(supervisor, console):
        servers = start_servers(
            home, supervisor, console, database_url=database_url, redis_url=redis_url
        )
        migrate(servers.database_url, console)
        environ = child_environ(
            HUB_HOME=str(home),
            HUB_CONFIG=str(path),
            DATABASE_URL=servers.database_url,
            REDIS_URL=servers.redis_url,
            PORT=str(port),
            UVICORN_HOST=listening,
        )
        started = time.time()
        for program in programs(environ):
            supervisor.start(program)
        host = HOST if listening in EVERY_HOST else listening
        wait_for_hub(supervisor, console, (host, port), servers.redis_url, started)
        console.line()
        console.line(f"The hub is running (after {time.monotonic() - began:.1f} s).")
        console.line(f"  Home      http://{host}:{port}")
        console.line(f"  GraphQL   http://{host}:{port}/graphql")
        console.line(f"  RQ        http://{host}:{port}/rq")
        console.line()
        supervisor.run()
