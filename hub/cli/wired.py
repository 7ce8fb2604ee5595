"""What does a command work with that speaks to the other side: hub.toml and its servers?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import connectors
from hub.cli.central import told_when_down
from hub.cli.demo_data import DemoFolder
from hub.cli.home import home_folder
from hub.config import Config, load_config, locate_config
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.valkey import EmbeddedValkey
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.wiring import Wiring


@contextmanager
def wired() -> Iterator[Wiring]:
    """The wiring of hub.toml; where it names no server, of those in the state folder.

    The demo's own hub.toml serves where there is no other.

    Raises:
        ConfigError: there is no database, no Redis server, or no connection.
        StoreUnavailable: the database does not answer.
    """
    from hub.wiring import build_wiring

    wiring = build_wiring(read_wired_config(os.environ), application_name="hub cli")
    with told_when_down(wiring.database):
        yield wiring


def read_wired_config(environ: Mapping[str, str]) -> Config:
    """The settings with the addresses of the servers that run beside the state folder.

    Raises:
        ConfigError: no connection is configured.
    """
    home = home_folder(environ)
    given = dict(environ)
    path = locate_config(None, given)
    demo = DemoFolder(home)
    if path is None and demo.config.is_file():
        path = demo.config
    if path == demo.config:
        given.setdefault("AIRTABLE_TOKEN", demo.token())
    config = _load(path, given)
    if config.database.url is None and (home / "postgres").is_dir():
        given["DATABASE_URL"] = EmbeddedPostgres(home / "postgres").url()
    if config.redis.url is None and (home / "valkey").is_dir():
        given["REDIS_URL"] = EmbeddedValkey(home / "valkey").url()
    config = _load(path, given)
    if not config.connections:
        raise ConfigError(
            "No connection is configured. Run this where hub.toml is, or name it: "
            "HUB_CONFIG=path/hub.toml."
        )
    return config


def _load(path: Path | None, environ: Mapping[str, str]) -> Config:
    return load_config(path, environ, connection_models=connectors.settings_models())
