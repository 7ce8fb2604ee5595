"""How does the demo come up: which steps, in which order, and what can one open afterwards?"""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.console import Console
from hub.cli.demo_data import DemoFolder, Loaded
from hub.cli.health import Address, answers_ok, unready_parts, worker_listens
from hub.cli.procfile import child_environ, programs
from hub.cli.servers import Servers, migrate, start_servers
from hub.cli.supervisor import Program, StartFailed, Supervisor
from hub.embedded.ports import HOST, free_port, holder_of, is_free
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.demo.company import Company

WEB_PORT = 8000
GRID_PORT = 8400
NEXT_PORTS = 50
START_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOptions:
    """What the person asked for; a port of 0 takes any free one."""

    home: Path
    source: Path | None = None
    port: int | None = None
    grid_port: int | None = None
    tells_report: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningDemo:
    """What runs, and where."""

    base: str
    token: str
    web: str
    sandbox: str
    servers: Servers

    @property
    def grid(self) -> str:
        """The page where a business user edits."""
        return f"{self.sandbox}/{self.base}"

    @property
    def graphql(self) -> str:
        """The endpoint, and in a browser the explorer."""
        return f"{self.web}/graphql"


def start_demo(options: DemoOptions, supervisor: Supervisor, console: Console) -> RunningDemo:
    """Start everything and come back when every part answers."""
    folder = DemoFolder(options.home)
    web_port = choose_port(options.port, WEB_PORT, "--port", console)
    grid_port = choose_port(options.grid_port, GRID_PORT, "--grid-port", console)
    loaded = _loaded_before(folder, options)
    sandbox_url = f"http://{HOST}:{grid_port}"
    if loaded:
        # Nothing of it waits for the database.
        _start_sandbox(folder, grid_port, supervisor)
        servers = start_servers(options.home, supervisor, console)
        migrate(servers.database_url, console)
    else:
        servers, loaded = _load(folder, options, supervisor, console)
        _start_sandbox(folder, grid_port, supervisor)
    running = RunningDemo(
        base=loaded.base,
        token=folder.token(),
        web=f"http://{HOST}:{web_port}",
        sandbox=sandbox_url,
        servers=servers,
    )
    _start_hub(folder, running, web_port, grid_port, supervisor, console)
    return running


def choose_port(wanted: int | None, usual: int, option: str, console: Console) -> int:
    """The port asked for, or the usual one, or the next free one, which is said.

    Raises:
        ConfigError: the port asked for is taken; names the holder.
    """
    if wanted == 0:
        return free_port()
    if wanted is not None:
        if not is_free(wanted):
            raise ConfigError(
                f"Port {wanted} is held by {holder_of(wanted)}. Stop that program, or choose"
                f" another port: hub demo {option} {wanted + 1}"
            )
        return wanted
    if is_free(usual):
        return usual
    port = next((port for port in range(usual + 1, usual + NEXT_PORTS) if is_free(port)), None)
    if port is None:
        raise ConfigError(
            f"Ports {usual} to {usual + NEXT_PORTS - 1} are all taken. Choose one: {option} PORT"
        )
    console.line(f"  Port {usual} is held by {holder_of(usual)}: {port} is used instead.")
    return port


def _loaded_before(folder: DemoFolder, options: DemoOptions) -> Loaded | None:
    loaded = folder.loaded()
    source = str(options.source) if options.source else None
    if loaded and source and source != loaded.source:
        raise ConfigError(
            f"{options.home} holds another company already. Load {source} in its place with:"
            f" hub demo --reset --data {source}"
        )
    return loaded


def _load(
    folder: DemoFolder, options: DemoOptions, supervisor: Supervisor, console: Console
) -> tuple[Servers, Loaded]:
    """The first start: make the company while the servers come up, then load it."""
    made: list[Company] = []

    def make() -> None:
        began = time.monotonic()
        made.append(folder.build(options.source))
        console.done("Company read and generated", time.monotonic() - began)

    servers = start_servers(options.home, supervisor, console, meanwhile=make)
    migrate(servers.database_url, console)
    with console.progress("Rows loaded") as progress:
        folder.load_central(made[0], servers.database_url, progress)
    if options.tells_report:
        _show_report(made[0], folder, console)
    return servers, folder.set_mark(made[0], options.source)


def _show_report(company: Company, folder: DemoFolder, console: Console) -> None:
    """What the sheets came to: rules that changed cells, and flaws that were kept."""
    from hub.demo.report_table import report_text

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    console.line(f"\n{report_text(company.report, width=width)}\n")
    console.line(f"  This report is kept in {folder.report}.")


def _start_sandbox(folder: DemoFolder, port: int, supervisor: Supervisor) -> None:
    words = (
        sys.executable, "-m", "hub.sandbox",
        "--airtable-port", str(port),
        "--load", str(folder.base_file),
        "--data", str(folder.sandbox_data),
    )  # fmt: skip
    supervisor.start(Program(name="sandbox", command=words, environ=child_environ()))


def _start_hub(
    folder: DemoFolder,
    running: RunningDemo,
    web_port: int,
    grid_port: int,
    supervisor: Supervisor,
    console: Console,
) -> None:
    environ = child_environ(
        HUB_HOME=str(folder.home),
        HUB_CONFIG=str(folder.config),
        HUB_PUBLIC_URL=running.web,
        HUB_SANDBOX_URL=running.sandbox,
        DATABASE_URL=running.servers.database_url,
        REDIS_URL=running.servers.redis_url,
        AIRTABLE_TOKEN=running.token,
        PORT=str(web_port),
    )
    began = time.time()
    for program in programs(environ):
        supervisor.start(program)
    wait_for_hub(supervisor, console, (HOST, web_port), running.servers.redis_url, began)
    supervisor.wait_until(
        answers_ok((HOST, grid_port), "/_ui/bases"),
        "An answer of the Airtable stand-in",
        START_SECONDS,
    )
    console.done("Airtable stand-in answers", time.time() - began)


def wait_for_hub(
    supervisor: Supervisor, console: Console, web: Address, redis_url: str, began: float
) -> None:
    """Wait until web and worker answer; `began` is in seconds of 1970."""
    try:
        supervisor.wait_until(
            answers_ok(web, "/health/ready"), "An answer of the web process", START_SECONDS
        )
    except StartFailed as failure:
        raise StartFailed(f"{failure} {unready_parts(web)}") from failure
    console.done("Web process is ready", time.time() - began)
    supervisor.wait_until(worker_listens(redis_url, began), "A worker's start", START_SECONDS)
    console.done("Worker listens", time.time() - began)
