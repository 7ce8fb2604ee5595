"""Which settings does the hub have, where do they come from, and are they right?

`load_config` is built once where a process starts and its result is passed down; nobody else
reads the environment or hub.toml.
"""

from __future__ import annotations

from hub.config.entities import ColumnDescription, EntityDescription
from hub.config.load import LoadedConfig, load_config, locate_config, read_config
from hub.config.models import (
    Config,
    Connection,
    DatabaseSettings,
    HubSettings,
    RedisSettings,
    SentrySettings,
    WebSettings,
)
from hub.config.problems import InvalidConfig, Problem
from hub.config.streams import FieldSettings, GuardSettings, StreamSettings

__all__ = [
    "ColumnDescription",
    "Config",
    "Connection",
    "DatabaseSettings",
    "EntityDescription",
    "FieldSettings",
    "GuardSettings",
    "HubSettings",
    "InvalidConfig",
    "LoadedConfig",
    "Problem",
    "RedisSettings",
    "SentrySettings",
    "StreamSettings",
    "WebSettings",
    "load_config",
    "locate_config",
    "read_config",
]
