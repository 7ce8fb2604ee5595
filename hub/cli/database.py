"""How is the central database brought up to date from the command line?"""

from __future__ import annotations

import json
import time

import click

from hub.cli.central import central_url
from hub.store.migrate import current_revision, head_revision, upgrade


@click.group("db")
def database() -> None:
    """Migrate the central database."""


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def migrate(as_json: bool) -> None:
    """Bring the tables up to date; safe to run again."""
    url = central_url()
    before, began = current_revision(url), time.monotonic()
    upgrade(url)
    seconds = time.monotonic() - began
    after = current_revision(url)
    if as_json:
        click.echo(json.dumps({"before": before, "after": after, "seconds": round(seconds, 3)}))
    elif before == after:
        click.echo(f"Nothing to do: the database is at {after}.")
    else:
        click.echo(f"Migrated from {before or 'an empty database'} to {after} in {seconds:.1f} s.")


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def status(as_json: bool) -> None:
    """Say which migration the database is at; exit 1 when one is missing."""
    current, head = current_revision(central_url()), head_revision()
    if as_json:
        click.echo(json.dumps({"current": current, "head": head, "is_current": current == head}))
    elif current == head:
        click.echo(f"The database is up to date ({head}).")
    else:
        click.echo(f"The database is at {current or 'nothing'}, the code at {head}: hub db migrate")
    if current != head:
        raise SystemExit(1)
