"""How does a test database get the tables of today?"""

from __future__ import annotations

from sqlmodel import SQLModel

from hub.cli.migration import VERSIONS, upgrade
from hub.store.database import Database
from hub.store.entities import ENTITIES, FACTS

STOPGAP = """
create schema if not exists hub;
create function hub.new_id() returns uuid language sql as 'select uuidv7()';
create function hub.current_tx() returns bigint language sql
    as 'select pg_current_xact_id()::text::bigint';
"""


def migrate_from_nothing(url: str) -> None:
    """Run every migration; while there is none yet, make the declared tables."""
    if (VERSIONS.parent / "env.py").is_file():
        upgrade(url)
        return
    assert ENTITIES
    assert FACTS
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(STOPGAP)
        SQLModel.metadata.create_all(connection)
    database.dispose()
