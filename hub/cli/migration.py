"""How are the tables of a database brought up to date?"""

from __future__ import annotations

import re
from pathlib import Path

import hub
from hub.errors import StoreUnavailable

PROJECT = Path(hub.__file__).parents[1]
VERSIONS = PROJECT / "alembic" / "versions"
_REVISION = re.compile(r"^revision\b.*?=\s*[\"'](\w+)[\"']", re.MULTILINE)
_PARENT = re.compile(r"^down_revision\b.*?=\s*[\"'](\w+)[\"']", re.MULTILINE)


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


def head_revision() -> str | None:
    """The newest migration, read from the files: importing alembic takes half a second."""
    revisions: set[str] = set()
    parents: set[str] = set()
    for file in VERSIONS.glob("*.py"):
        text = file.read_text()
        revisions.update(_REVISION.findall(text))
        parents.update(_PARENT.findall(text))
    return next(iter(revisions - parents), None)


def current_revision(url: str) -> str | None:
    """The migration a database is at; None where none ever ran."""
    import psycopg2

    try:
        connection = psycopg2.connect(url.replace("+psycopg2", "", 1), connect_timeout=5)
    except psycopg2.OperationalError as problem:
        raise StoreUnavailable(
            f"The central Postgres does not answer: {str(problem).strip()}"
            " Check DATABASE_URL, then try again."
        ) from problem
    try:
        with connection.cursor() as cursor:
            cursor.execute("select to_regclass('alembic_version')")
            if cursor.fetchone() == (None,):
                return None
            cursor.execute("select version_num from alembic_version")
            row = cursor.fetchone()
            return row[0] if row else None
    finally:
        connection.close()
