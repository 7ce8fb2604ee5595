"""How is the stand-in started from the command line?"""

from __future__ import annotations

import socket
from pathlib import Path

import click

DEFAULT_PORT = 8900


@click.command("sandbox")
@click.option(
    "--airtable-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of the Airtable stand-in; 0 takes a free one.",
)
@click.option(
    "--load",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="JSON file of bases to bring in; may be given several times.",
)
@click.option("--reload", is_flag=True, help="Replace bases that are there already.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that keeps the state; without it everything is forgotten at the end.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--no-rate-limit", is_flag=True, help="Let any number of requests through.")
@click.option(
    "--penalty-seconds",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="How long everything is refused after one request too many.",
)
@click.option("--monthly-calls", type=click.IntRange(min=0), help="Quota of the workspace.")
@click.option(
    "--control-token",
    envvar="SANDBOX_CONTROL_TOKEN",
    help="Opens the control door to other machines.",
)
def sandbox_command(
    airtable_port: int,
    files: tuple[Path, ...],
    reload: bool,
    data: Path | None,
    host: str,
    no_rate_limit: bool,
    penalty_seconds: float,
    monthly_calls: int | None,
    control_token: str | None,
) -> None:
    """Run a stand-in for Airtable's Web API with a grid for people."""
    import sqlite3

    import uvicorn

    from hub.sandbox.airtable.app import create_app
    from hub.sandbox.airtable.limits import Limits
    from hub.sandbox.airtable.loading import BadBaseFile
    from hub.sandbox.airtable.sandbox import Sandbox
    from hub.sandbox.airtable.state import State

    listener = _listen(host, airtable_port)
    try:
        state = State(data)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(
            f"[sandbox] state folder {data}: cannot be used ({error}). "
            "Name a folder that can be written with --data."
        ) from error
    limits = Limits(
        per_base=None if no_rate_limit else 5,
        per_token=None if no_rate_limit else 50,
        penalty_seconds=penalty_seconds,
        monthly_calls=monthly_calls,
    )
    sandbox = Sandbox(state, limits)
    for file in files:
        try:
            sandbox.load_file(file, reload=reload)
        except BadBaseFile as error:
            raise click.ClickException(f"[sandbox] {error}") from error
    port = listener.getsockname()[1]
    click.echo(f"Airtable stand-in on http://{host}:{port}")
    config = uvicorn.Config(
        create_app(sandbox, control_token=control_token),
        log_level="warning",
        ws="none",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        state.close()


def _listen(host: str, port: int) -> socket.socket:
    """The socket first: a taken port is told before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"[sandbox] {host}:{port} cannot be listened on ({error.strerror}). "
            "Choose another port with --airtable-port; 0 takes a free one."
        ) from error
    return listener
