"""Who gets what? Said once, here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import connectors
from hub.config import Config, Connection, StreamSettings
from hub.config.secrets import secrets_in
from hub.config.sources import SourceEntry
from hub.contract import Source
from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.pace import QUIET
from hub.errors import ConfigError, MappingError
from hub.queue import JobQueue
from hub.redaction import register_secret
from hub.store.database import Database
from hub.store.tables import hub_columns
from hub.sync.connection import LeasedLimiter, SyncConnection
from hub.sync.divergence import WatchedStream
from hub.sync.ingest_config import ingest_stream
from hub.sync.ingest_stream import IngestStream
from workers.limits import RedisLimiter, Window

if TYPE_CHECKING:
    from pydantic import SecretStr

TOKEN_REQUESTS_PER_SECOND = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Wiring:
    """What a process works with. Nothing is connected before its first use."""

    config: Config
    database: Database
    queue: JobQueue

    def sync_connection(self, name: str) -> SyncConnection:
        """The engine's view of a connection.

        Raises:
            ConfigError: there is no such connection.
        """
        connection = self._connection(name)
        limiter = LeasedLimiter(self._limiter(connection))
        return SyncConnection(
            name=name,
            database=self.database,
            connector=connectors.load(connection.kind).build(name, connection.settings, limiter),
            limiter=limiter,
            mappings=stream_mappings(connection),
            notification_url=self._notification_url(name),
            place=getattr(connection.settings, "base", None),
            quiet=QUIET,
        )

    def _connection(self, name: str) -> Connection:
        connection = self.config.connections.get(name)
        if connection is None:
            known = ", ".join(self.config.connections) or "none"
            raise ConfigError(
                f"There is no connection {name!r}; hub.toml has {known}. Correct the name."
            )
        return connection

    def source(self, name: str) -> Source:
        """The source behind a connection.

        Raises:
            ConfigError: there is no such connection, or its kind is not read page by page.
        """
        connection = self._connection(name)
        build = getattr(connectors.load(connection.kind), "build_source", None)
        if build is None:
            raise ConfigError(
                f"[connection.{name}] a connection of kind {connection.kind} is kept equal in "
                "both directions, not read page by page. `hub sync` is about those."
            )
        source: Source = build(name, connection.settings, self._limiter(connection))
        return source

    def source_entries(self) -> list[SourceEntry]:
        """Every stream of every source."""
        return [
            entry
            for connection in self.config.connections.values()
            for entry in connection.sources.values()
        ]

    def ingest_stream(self, connection: str, stream: str) -> IngestStream:
        """A stream of a source as the engine reads it.

        Raises:
            ConfigError: there is no such connection or stream.
        """
        entries = self.source_entries()
        for entry in entries:
            if (entry.connection, entry.name) == (connection, stream):
                return ingest_stream(entry, entries, self.source(connection))
        self._connection(connection)
        known = ", ".join(f"{entry.connection}.{entry.name}" for entry in entries) or "none"
        raise ConfigError(
            f"There is no source stream {connection}.{stream}; hub.toml has {known}. "
            "Correct the name."
        )

    def requests_per_second(self, name: str) -> float:
        """How fast the connection may be asked."""
        settings = self.config.connections[name].settings
        return float(getattr(settings, "requests_per_second", 5))

    def _limiter(self, connection: Connection) -> RedisLimiter:
        settings = connection.settings
        base = getattr(settings, "base", connection.name)
        token = getattr(settings, "token", None)
        windows = [
            Window(
                key=f"hub:limit:{connection.kind}:{base}",
                limit=int(getattr(settings, "requests_per_second", 5)),
            )
        ]
        if token is not None:
            digest = hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:16]
            windows.append(Window(key=f"hub:limit:token:{digest}", limit=TOKEN_REQUESTS_PER_SECOND))
        return RedisLimiter(self.queue.connection(), connection.name, windows)

    def _notification_url(self, connection: str) -> str | None:
        base = self.config.hub.public_url
        return f"{str(base).rstrip('/')}/hooks/{connection}" if base else None


def build_wiring(config: Config, *, application_name: str) -> Wiring:
    """The wiring of this process.

    Raises:
        ConfigError: the database or the Redis server has no address.
    """
    for secret in secrets_in(config):
        register_secret(secret)
    return Wiring(
        config=config,
        database=Database(
            _needed(config.database.url, "DATABASE_URL"),
            pool_size=config.database.pool_size,
            application_name=application_name,
        ),
        queue=JobQueue(_needed(config.redis.url, "REDIS_URL")),
    )


def _needed(secret: SecretStr | None, variable: str) -> str:
    if secret is None:
        raise ConfigError(
            f"{variable} is not set. `hub demo` and `hub up` set it; to start this process alone, "
            "give the server's address."
        )
    return secret.get_secret_value()


def stream_mappings(connection: Connection) -> Mapping[str, StreamMapping]:
    """The streams of a connection as the engine knows them, by name."""
    return {
        name: _stream_mapping(connection.name, name, settings)
        for name, settings in connection.streams.items()
    }


def watched_streams(config: Config) -> list[WatchedStream]:
    """Every stream and how fresh it shall be."""
    return [
        WatchedStream(
            mapping=mapping,
            freshness=timedelta(seconds=connection.streams[name].freshness_seconds),
        )
        for connection in config.connections.values()
        for name, mapping in stream_mappings(connection).items()
    ]


def _stream_mapping(connection: str, stream: str, settings: StreamSettings) -> StreamMapping:
    columns = hub_columns(settings.entity)
    unknown = [name for name in settings.fields if name not in columns]
    if unknown:
        raise MappingError(
            f"[connection.{connection}.stream.{stream}.fields] {unknown[0]!r} is no column of "
            f"{settings.entity}; valid are {', '.join(columns)}. Correct hub.toml."
        )
    return StreamMapping(
        connection=connection,
        stream=stream,
        remote_table=settings.table,
        hub_table=settings.entity,
        hub_id_field=settings.hub_id_field,
        note_field=settings.note_field,
        modified_field=settings.modified_field,
        on_first_match=settings.on_first_match,
        on_delete=settings.on_delete,
        allow_new_options=settings.allow_new_options,
        delete_limit=settings.guard.deletes,
        overwrite_limit=settings.guard.overwrites,
        share_limit=settings.guard.share,
        fields=tuple(
            FieldMapping(
                column=columns[name],
                field_id=field.field,
                direction=settings.direction_of(name),
                conflict=settings.conflict_of(name),
                update=field.update,
                values=field.values,
                link=field.link,
            )
            for name, field in settings.fields.items()
        ),
    )
