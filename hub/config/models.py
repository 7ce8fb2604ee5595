"""Which settings does the hub have?

A setting's description is its docstring; `env` names the variable that fills it where the file
does not. Both end up in the JSON Schema and in docs/configuration.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from hub.config.sources import SourceEntry
from hub.config.streams import FROZEN, StreamSettings
from hub.config.values import WebAddress
from hub.core.pace import RHYTHMS, Profile

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"


def from_env(name: str, **field: Any) -> Any:
    """A setting that the variable `name` fills where the file does not."""
    return Field(json_schema_extra={"env": name}, **field)


def _scheme(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if value.get_secret_value().split("://", 1)[0] not in schemes:
            raise ValueError(f"an address that begins with {schemes[0]}:// is needed")
        return value

    return AfterValidator(check)


PostgresAddress = Annotated[SecretStr, _scheme("postgresql", "postgres", "postgresql+psycopg2")]
RedisAddress = Annotated[SecretStr, _scheme("redis", "rediss", "unix")]
SentryAddress = Annotated[SecretStr, _scheme("https", "http")]


class HubSettings(BaseModel):
    """The hub itself."""

    model_config = FROZEN

    home: Path = from_env("HUB_HOME", default=Path(".hub"))
    """The folder in which the hub keeps its state on a machine without servers of its own."""
    public_url: WebAddress | None = from_env("HUB_PUBLIC_URL", default=None)
    """Where the outside reaches this hub; without it changes are fetched, not announced."""


class DatabaseSettings(BaseModel):
    """The central Postgres."""

    model_config = FROZEN

    url: PostgresAddress | None = from_env("DATABASE_URL", default=None)
    """The address of the central Postgres; without one the hub starts a Postgres of its own."""
    pool_size: int = Field(default=5, ge=1, le=200)
    """How many connections each process keeps open."""


class RedisSettings(BaseModel):
    """The Redis server that carries the job queues."""

    model_config = FROZEN

    url: RedisAddress | None = from_env("REDIS_URL", default=None)
    """The address of the Redis server; without one the hub starts a server of its own."""


class SentrySettings(BaseModel):
    """Where failures are reported."""

    model_config = FROZEN

    dsn: SentryAddress | None = from_env("SENTRY_DSN", default=None)
    """The address (DSN) of the Sentry project; without one nothing is reported."""
    environment: str = Field(default="production", min_length=1)
    """The name under which Sentry files this installation."""


class WebSettings(BaseModel):
    """The web process: pages, GraphQL and hooks."""

    model_config = FROZEN

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen on."""
    port: int = from_env("PORT", default=8000, ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    access_token: Annotated[SecretStr, Field(min_length=8)] | None = from_env(
        "HUB_ACCESS_TOKEN", default=None
    )
    """What a visitor must show; needed as soon as `host` is reachable from other machines."""
    allowed_hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """The host names under which the web process answers."""


class ConnectionSettings(BaseModel):
    """What every connection has, whatever the kind of its platform."""

    model_config = FROZEN

    kind: str = Field(min_length=1)
    """The kind of platform: the name of a module in `connectors/`."""
    grid_url: WebAddress | None = None
    """Where people edit the data; the pages of the hub link to it."""
    profile: Profile = Profile.LIVE
    """Seconds or calls: `thrifty` collects changes for 15 minutes. `hub quota` shows the price."""
    calls_per_month: int | None = Field(default=None, ge=100)
    """The most API calls a month: the hub slows as they run short, people's edits last."""
    queue: str | None = Field(default=None, pattern=NAME_PATTERN)
    """The queue of its source streams, for a worker of their own: `hub worker --queue NAME`."""


class UncheckedSettings(BaseModel):
    """Stands for a platform's own settings where a process asked for no check of them."""

    model_config = ConfigDict(frozen=True)


class Connection(ConnectionSettings):
    """One configured account or base of a kind of platform."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    settings: BaseModel
    streams: Mapping[str, StreamSettings]

    def read_all_every(self, stream: str) -> timedelta:
        """How often a stream is read completely: as it says, else as the profile does."""
        return self.streams[stream].reconcile_every or RHYTHMS[self.profile].read_all_every

    sources: Mapping[str, SourceEntry] = Field(default_factory=dict)


class Config(BaseModel):
    """Everything that a person can set, checked and complete."""

    model_config = FROZEN

    hub: HubSettings = HubSettings()
    """The hub itself."""
    database: DatabaseSettings = DatabaseSettings()
    """The central Postgres."""
    redis: RedisSettings = RedisSettings()
    """The Redis server that carries the job queues."""
    sentry: SentrySettings = SentrySettings()
    """Where failures are reported."""
    web: WebSettings = WebSettings()
    """The web process: pages, GraphQL and hooks."""
    connections: Mapping[str, Connection] = Field(default_factory=dict)
    """The configured accounts and bases, by name."""


SECTIONS: Mapping[str, type[BaseModel]] = {
    "hub": HubSettings,
    "database": DatabaseSettings,
    "redis": RedisSettings,
    "sentry": SentrySettings,
    "web": WebSettings,
}
