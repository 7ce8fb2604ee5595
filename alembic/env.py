"""How does a migration reach the database?

A caller in process hands a connection over (`hub.store.migrate`); the `alembic` command takes
the address from `-x url=...` or from DATABASE_URL.
"""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection

from hub.store.declared import declared_metadata, is_compared_name
from hub.store.migrate import connect


def run(connection: Connection | None) -> None:
    """Run the asked migrations in one transaction; without a connection only print them."""
    context.configure(
        connection=connection,
        dialect_name=None if connection else "postgresql",
        literal_binds=connection is None,
        target_metadata=declared_metadata(),
        include_schemas=True,
        include_name=is_compared_name,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Find the database, then run."""
    given = context.config.attributes.get("connection")
    if given is not None or context.is_offline_mode():
        run(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("No database: set DATABASE_URL or pass -x url=postgresql://...")
    with connect(str(url)) as connection:
        run(connection)


main()
