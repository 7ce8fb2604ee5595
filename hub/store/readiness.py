"""Can the central Postgres be worked with: does it answer, and has it the tables of this code?"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from hub.store.database import Database

VERSIONS = Path(__file__).parents[2] / "alembic" / "versions"
_REVISION = re.compile(r"^revision(?:\s*:[^=]+)?\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_DOWN = re.compile(r"^down_revision(?:\s*:[^=]+)?\s*=\s*(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


@cache
def newest_revisions() -> frozenset[str]:
    """The revisions that no other migration builds on; empty where no migrations are installed."""
    revisions: set[str] = set()
    built_on: set[str] = set()
    for path in VERSIONS.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        revisions.update(_REVISION.findall(source))
        for named in _DOWN.findall(source):
            built_on.update(_QUOTED.findall(named))
    return frozenset(revisions - built_on)


def seen_revisions(database: Database) -> frozenset[str]:
    """The revisions that the database stands at; empty where it was never migrated."""
    with database.engine.connect() as connection:
        try:
            rows = connection.execute(text("select version_num from alembic_version"))
        except ProgrammingError:
            return frozenset()
        return frozenset(str(row.version_num) for row in rows)


def server_version(database: Database) -> str:
    """What the server calls itself; any answer is proof that it answers."""
    with database.engine.connect() as connection:
        return str(connection.execute(text("show server_version")).scalar_one())
