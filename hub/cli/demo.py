"""How does the whole product start on a bare machine with one command?"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

import click

from hub.cli.console import Console
from hub.cli.demo_data import DemoFolder
from hub.cli.demo_start import DemoOptions, RunningDemo, start_demo
from hub.cli.home import home_folder, prepare_home, sole_user
from hub.cli.procfile import PROJECT
from hub.cli.supervisor import Supervisor, ended_by_signals


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The hub's port; usually 8000.")
@click.option("--grid-port", type=click.IntRange(0, 65535), help="The grid's port; usually 8400.")
@click.option(
    "--data",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of your own CSV or XLSX sheets instead of the demo's.",
)
@click.option("--reset", is_flag=True, help="Throw the demo's state away and begin afresh.")
@click.option(
    "--check", is_flag=True, help="Try an edit in each direction, then stop: exit 0 or 1."
)
@click.option("--rounds", type=click.IntRange(1, 1000), default=1, help="Edits a check makes.")
@click.option("--json", "as_json", is_flag=True, help="With --check: answer for machines.")
def demo(
    port: int | None,
    grid_port: int | None,
    source: Path | None,
    reset: bool,
    check: bool,
    rounds: int,
    as_json: bool,
) -> None:
    """Start the whole product with a demo company on this machine.

    A real Postgres and a real Redis-protocol server, a stand-in for Airtable, and the processes
    of the Procfile. Ctrl-C ends all of it; the state stays in .hub (or HUB_HOME).
    """
    if check:
        from hub.cli.check import run_check

        raise SystemExit(run_check(source=source, rounds=rounds, as_json=as_json))
    if as_json or rounds != 1:
        raise click.UsageError("--json and --rounds belong to --check.")
    began = time.monotonic()
    console = Console()
    home = home_folder(os.environ)
    prepare_home(home)
    options = DemoOptions(
        home=home, source=source.absolute() if source else None, port=port, grid_port=grid_port
    )
    with sole_user(home):
        if reset:
            with console.step(f"Earlier state in {home} removed"):
                DemoFolder(home).erase()
        run(options, console, began)


def run(options: DemoOptions, console: Console, began: float) -> None:
    """Start, say what can be opened, and watch until something ends it."""
    warn_on(console)
    supervisor = Supervisor(console, PROJECT)
    console.line(f"Starting the hub; its state lives in {options.home}.")
    with ended_by_signals(supervisor, console):
        running = start_demo(options, supervisor, console)
        _greet(running, console, time.monotonic() - began)
        supervisor.run()


def warn_on(console: Console) -> None:
    """Show the warnings of the embedded servers as lines of our own."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            console.line(f"  {record.getMessage()}")

    logging.getLogger("hub.embedded").addHandler(Lines())


def _greet(running: RunningDemo, console: Console, seconds: float) -> None:
    query = "{ clients(first: 3) { nodes { name status } } }"
    doors = (
        ("Home", running.web, "what runs, how it feels, one client's numbers"),
        ("Grid", running.grid, "the stand-in for Airtable: edit a cell as a business user"),
        ("GraphQL", running.graphql, "one question across clients, deals, campaigns, metrics"),
        ("RQ", f"{running.web}/rq", "the jobs behind it"),
        ("Airtable API", f"{running.sandbox}/v0/{running.base}", f"token {running.token}"),
    )
    console.line()
    console.line(click.style(f"The hub is running (after {seconds:.1f} s).", bold=True))
    console.line()
    for name, address, what in doors:
        console.line(f"  {name:<13}{click.style(address, fg='cyan'):<50}  {what}")
    console.line()
    console.line("  Try: change a client's account manager in the grid, then ask GraphQL for it:")
    console.line(
        f"       curl -s {running.graphql} -H 'Content-Type: application/json' -d"
        f" '{json.dumps({'query': query})}'"
    )
    command = os.path.relpath(Path(sys.executable).with_name("hub"))
    console.line(f"  In another terminal: {command} sync status")
    console.line("  Ctrl-C ends everything; the next start finds it as it was.")
    console.line()
