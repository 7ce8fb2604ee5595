"""What does the `hub` command offer, and how does it say that something went wrong?"""

from __future__ import annotations

import sys
import traceback

import click

from hub.cli.lazy import LazyCommand, LazyGroup
from hub.cli.stopping import ToldToStop
from hub.embedded.errors import EmbeddedError
from hub.errors import HubError

FAILED = 1
INTERRUPTED = 130

COMMANDS = {
    "demo": LazyCommand(
        place="hub.cli.demo:demo",
        summary="Start the whole product with a demo company on this machine.",
    ),
    "up": LazyCommand(
        place="hub.cli.up:up",
        summary="Start the hub from a hub.toml: web, worker and scheduler.",
    ),
    "config": LazyCommand(
        place="hub.cli.config:config",
        summary="Check hub.toml, or print its JSON Schema.",
    ),
    "sync": LazyCommand(
        place="hub.cli.sync:sync",
        summary="Pull, push and preview streams, and settle conflicts.",
    ),
    "connectors": LazyCommand(
        place="hub.cli.connectors:connectors",
        summary="Check, preview and read the connections of hub.toml.",
    ),
    "datasets": LazyCommand(
        place="hub.cli.datasets:datasets",
        summary="Show the tables that sources made, and change their columns.",
    ),
    "quota": LazyCommand(
        place="hub.cli.quota:quota",
        summary="Show what the API calls of the month go to, and what they will come to.",
    ),
    "db": LazyCommand(
        place="hub.cli.database:database",
        summary="Migrate the central database.",
    ),
    "sandbox": LazyCommand(
        place="hub.sandbox.command:sandbox_command",
        summary="Start the stand-in for Airtable alone.",
    ),
    "worker": LazyCommand(
        place="hub.cli.processes:worker",
        summary="Run one RQ worker.",
    ),
    "scheduler": LazyCommand(
        place="hub.cli.processes:scheduler",
        summary="Run the scheduler of periodic work.",
    ),
}


@click.group(
    "hub",
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="integration-hub")
@click.option("--traceback", is_flag=True, help="Show where in the code an error arose.")
@click.pass_context
def cli(ctx: click.Context, traceback: bool) -> None:
    """Two-way sync between Airtable and a central Postgres, and one GraphQL over everything."""


def main() -> None:
    """Run the command line; an error is one clear line and an exit code, not a traceback."""
    wants_traceback = "--traceback" in sys.argv[1:]
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except ToldToStop as told:
        code = told.exit_code
    except (HubError, EmbeddedError) as problem:
        code = _fail(str(problem))
    except BrokenPipeError:
        code = FAILED
    except Exception as problem:
        code = _fail(_in_a_line(problem))
        if wants_traceback:
            traceback.print_exc()
    sys.exit(code)


def _fail(message: str) -> int:
    click.echo(click.style("Error: ", fg="red", bold=True) + message, err=True)
    return FAILED


def _in_a_line(problem: Exception) -> str:
    """An error of a library, or a bug."""
    said = str(problem).strip()
    first = said.splitlines()[0] if said else type(problem).__name__
    if isinstance(problem, ModuleNotFoundError):
        return f"{first}. Install the project again: pip install -e ."
    name = type(problem).__name__
    if name == "OperationalError":
        return f"The database does not answer: {first} Check DATABASE_URL, then try again."
    if isinstance(problem, ConnectionError) or name in {"ConnectionError", "TimeoutError"}:
        return f"A server does not answer: {first} Check REDIS_URL and the network, then try again."
    return f"{name}: {first} (`hub --traceback ...` shows where)"
