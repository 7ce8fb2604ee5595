"""How does the hub read databases: Postgres, MySQL, MariaDB, SQLite?"""

from __future__ import annotations

from connectors.sql.settings import Settings, StreamSettings
from hub.contract import Connector, Limiter, Source

__all__ = ["Settings", "StreamSettings", "build", "build_source", "preload"]


def preload() -> None:
    """Load what `build_source` needs, so that a forked worker finds it loaded."""
    import connectors.sql.source
    import connectors.sql.two_way  # noqa: F401  # loading them is the point


def build_source(connection: str, settings: Settings, limiter: Limiter) -> Source:
    """A source for one database. Nothing is opened before the first call."""
    # SQLAlchemy and Arrow are loaded only by the processes that read databases.
    from connectors.sql.source import SqlSource

    return SqlSource(connection, settings, limiter)


def build(connection: str, settings: Settings, limiter: Limiter) -> Connector:
    """A connector for tables that are kept equal. Nothing is opened before the first call."""
    from connectors.sql.two_way import SqlConnector

    return SqlConnector(connection, settings, limiter)
