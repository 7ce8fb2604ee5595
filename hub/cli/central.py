"""Which central Postgres does a command speak with?"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

import connectors
from hub.cli.home import home_folder
from hub.config import load_config, locate_config
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import ConfigError, StoreUnavailable
from hub.store.database import Database


@contextmanager
def central_database() -> Iterator[Database]:
    """The configured database, else the one that `hub demo` or `hub up` runs in the state folder.

    Raises:
        ConfigError: neither is there.
        StoreUnavailable: it does not answer.
    """
    database = Database(central_url(), pool_size=1, application_name="hub cli")
    with told_when_down(database):
        yield database


@contextmanager
def told_when_down(database: Database) -> Iterator[None]:
    """Close the database at the end; should it not answer, say what to do.

    Raises:
        StoreUnavailable: it does not answer.
    """
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except OperationalError as exc:
        raise StoreUnavailable(
            "The central Postgres does not answer. Start it (`hub demo` or `hub up` start their "
            "own), or correct DATABASE_URL.",
            detail=str(exc.orig),
        ) from exc
    finally:
        database.dispose()


def central_url() -> str:
    """The address of the database, password included.

    Raises:
        ConfigError: there is none.
    """
    config = load_config(
        locate_config(None, os.environ),
        os.environ,
        connection_models=connectors.settings_models(),
    )
    if config.database.url is not None:
        return config.database.url.get_secret_value()
    home = home_folder(os.environ)
    if (home / "postgres").is_dir():
        return EmbeddedPostgres(home / "postgres").url()
    raise ConfigError(
        "There is no database: set DATABASE_URL, or [database] url in hub.toml, or run this where "
        "`hub demo` or `hub up` runs (HUB_HOME names their state folder)."
    )


def person() -> str:
    """Who is at the keyboard, for the change log."""
    return os.environ.get("HUB_ACTOR") or getpass.getuser()
