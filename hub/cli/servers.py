"""Which Postgres and which Redis-protocol server does this start use?"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hub.cli.console import Console
from hub.cli.supervisor import Supervisor
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.server import EmbeddedServer
from hub.embedded.valkey import EmbeddedValkey


@dataclass(frozen=True, kw_only=True, slots=True)
class Servers:
    """Addresses with passwords: for environments, never for logs."""

    database_url: str
    redis_url: str


def start_servers(
    home: Path,
    supervisor: Supervisor,
    console: Console,
    *,
    database_url: str | None = None,
    redis_url: str | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Servers:
    """Start what is not given, both at once, while this thread does something else."""
    with ThreadPoolExecutor(2) as pool:
        postgres = None if database_url else EmbeddedPostgres(home / "postgres")
        valkey = None if redis_url else EmbeddedValkey(home / "valkey")
        started = {server: pool.submit(_timed, server) for server in (postgres, valkey) if server}
        for server in started:
            supervisor.watch(server)
        meanwhile()
        found = {server: future.result() for server, future in started.items()}
    for server, (_url, seconds) in found.items():
        console.done(f"{server.title} on port {server.folder.port()}", seconds)
    return Servers(
        database_url=database_url or (found[postgres][0] if postgres else ""),
        redis_url=redis_url or (found[valkey][0] if valkey else ""),
    )


def _timed(server: EmbeddedServer) -> tuple[str, float]:
    began = time.monotonic()
    url = server.start()
    return url, time.monotonic() - began


def migrate(database_url: str, console: Console) -> None:
    """Bring the database up to date, where it is not."""
    from hub.store.migrate import is_current, upgrade

    began = time.monotonic()
    if is_current(database_url):
        console.done("Tables are up to date", time.monotonic() - began)
        return
    upgrade(database_url)
    console.done("Tables migrated", time.monotonic() - began)
