"""How is the stand-in started from the command line?"""

from __future__ import annotations

import contextlib
import socket
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from hub.sandbox.remote import COMMANDS

DEFAULT_PORT = 8900


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenLimits:
    """The limits that the command line sets; `None` switches one off."""

    per_base: int | None
    per_token: int | None
    penalty_seconds: float
    monthly_calls: int | None
    records_per_table: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the command line asks for."""

    data: Path | None
    files: tuple[Path, ...]
    reload: bool
    limits: ChosenLimits
    control_token: str | None


@click.group("sandbox", invoke_without_command=True)
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
    "--base-rate",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Requests a second that a base lets through.",
)
@click.option(
    "--user-rate",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Requests a second that all tokens of a user share.",
)
@click.option("--records-per-table", type=click.IntRange(min=1), help="A full table refuses more.")
@click.option(
    "--control-token",
    envvar="SANDBOX_CONTROL_TOKEN",
    help="Opens the control door to other machines.",
)
@click.pass_context
def sandbox_command(
    context: click.Context,
    airtable_port: int,
    files: tuple[Path, ...],
    reload: bool,
    data: Path | None,
    host: str,
    no_rate_limit: bool,
    penalty_seconds: float,
    monthly_calls: int | None,
    base_rate: int,
    user_rate: int,
    records_per_table: int | None,
    control_token: str | None,
) -> None:
    """Run a stand-in for Airtable's Web API with a grid for people.

    With a command, do something to the stand-in that runs.
    """
    if context.invoked_subcommand is not None:
        return
    with contextlib.closing(_listen(host, airtable_port)) as listener:
        _serve(
            listener,
            Settings(
                data=data,
                files=files,
                reload=reload,
                limits=ChosenLimits(
                    per_base=None if no_rate_limit else base_rate,
                    per_token=None if no_rate_limit else user_rate,
                    penalty_seconds=penalty_seconds,
                    monthly_calls=monthly_calls,
                    records_per_table=records_per_table,
                ),
                control_token=control_token,
            ),
        )


def _serve(listener: socket.socket, settings: Settings) -> None:
    # Only here: a command line that merely lists its commands shall not load a web server.
    import uvicorn

    from hub.sandbox.airtable.app import create_app
    from hub.sandbox.airtable.limits import Limits
    from hub.sandbox.airtable.loading import BadBaseFile
    from hub.sandbox.airtable.sandbox import Sandbox
    from hub.sandbox.airtable.state import State

    try:
        state = State(settings.data)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(
            f"[sandbox] state folder {settings.data}: cannot be used ({error}). "
            "Name a folder that can be written with --data."
        ) from error
    with contextlib.closing(state):
        sandbox = Sandbox(state, Limits(**asdict(settings.limits)))
        for file in settings.files:
            try:
                sandbox.load_file(file, reload=settings.reload)
            except BadBaseFile as error:
                raise click.ClickException(f"[sandbox] {error}") from error
        host, port = listener.getsockname()[:2]
        click.echo(f"Airtable stand-in on http://{host}:{port}")

        class Server(uvicorn.Server):
            """Ends the open event streams first: they would outlast the grace, with a traceback."""

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                sandbox.feed.close()
                await super().shutdown(sockets)

        Server(
            uvicorn.Config(
                create_app(sandbox, control_token=settings.control_token),
                log_level="warning",
                ws="none",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        ).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """The socket first: a taken port is told before anything is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"[sandbox] {host}:{port} cannot be listened on ({error.strerror}). "
            "Choose another port with --airtable-port; 0 takes a free one."
        ) from error
    return listener


for _command in COMMANDS:
    sandbox_command.add_command(_command)
