"""How are the tables of a database brought up to date?"""

from __future__ import annotations

from pathlib import Path

import hub

PROJECT = Path(hub.__file__).parents[1]
VERSIONS = PROJECT / "alembic" / "versions"


def upgrade(url: str) -> None:
    """Run the migrations that the database has not seen, in this process."""
    from alembic import command
    from alembic.config import Config

    from hub.store.database import Database

    database = Database(url, application_name="hub-migration")
    config = Config(toml_file=str(PROJECT / "pyproject.toml"))
    try:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.dispose()
