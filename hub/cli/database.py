"""How is the central database brought up to date from the command line?"""

from __future__ import annotations

import json
import os
import time

import click

from hub.errors import ConfigError
from hub.store.migrate import current_revision, head_revision, upgrade


@click.group("db")
def database() -> None:
    """Migrate the central database."""


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
def migrate(as_json: bool) -> None:
    """Bring the tables up to date; safe to run again."""
    url = _url()
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
    current, head = current_revision(_url()), head_revision()
    if as_json:
        click.echo(json.dumps({"current": current, "head": head, "is_current": current == head}))
    elif current == head:
        click.echo(f"The database is up to date ({head}).")
    else:
        click.echo(f"The database is at {current or 'nothing'}, the code at {head}: hub db migrate")
    if current != head:
        raise SystemExit(1)


def _url() -> str:
    import connectors
    from hub.config import load_config, locate_config

    config = load_config(
        locate_config(None, os.environ),
        os.environ,
        connection_models=connectors.settings_models(),
    )
    if config.database.url is None:
        raise ConfigError(
            "There is no database to migrate: set DATABASE_URL, or [database] url in hub.toml."
            " `hub demo` and `hub up` migrate their own."
        )
    return config.database.url.get_secret_value()
