"""How is a configuration shown to a person without giving its secrets away?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from hub.config.load import LoadedConfig
from hub.config.models import ConnectionSettings
from hub.config.places import nearest_line
from hub.config.problems import KeyPath
from hub.core.durations import format_duration

MASK = "********"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One setting as it is in force, and where its value comes from."""

    key: KeyPath
    value: str
    origin: str


def shown_settings(loaded: LoadedConfig) -> Iterator[Shown]:
    """Every setting in force, section by section; secrets are masked."""
    config = loaded.config
    for name in type(config).model_fields:
        if name != "connections":
            yield from _model(loaded, (name,), getattr(config, name))
    for name, connection in config.connections.items():
        key = ("connection", name)
        general = ConnectionSettings(
            **{field: getattr(connection, field) for field in ConnectionSettings.model_fields}
        )
        yield from _model(loaded, key, general)
        yield from _model(loaded, key, connection.settings)
        for stream, settings in connection.streams.items():
            yield from _model(loaded, (*key, "stream", stream), settings)


def masked(secret: str) -> str:
    """An address without its credentials and query; anything else is hidden whole."""
    parts = urlsplit(secret)
    if not parts.scheme or not parts.hostname:
        return MASK
    port = f":{parts.port}" if parts.port else ""
    credentials = f"{MASK}@" if parts.username or parts.password else ""
    return f"{parts.scheme}://{credentials}{parts.hostname}{port}{parts.path}"


def _model(loaded: LoadedConfig, key: KeyPath, model: BaseModel) -> Iterator[Shown]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _model(loaded, (*key, name), value)
        elif isinstance(value, Mapping) and any(isinstance(v, BaseModel) for v in value.values()):
            for inner, item in value.items():
                yield from _model(loaded, (*key, name, inner), item)
        elif value is not None and value != {}:
            yield _one(loaded, (*key, name), value)


def _one(loaded: LoadedConfig, key: KeyPath, value: object) -> Shown:
    return Shown(key=key, value=_text(value), origin=_origin(loaded, key))


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {item}" for name, item in value.items())
    return str(value)


def _origin(loaded: LoadedConfig, key: KeyPath) -> str:
    variables = loaded.variables.get(key)
    file_name = loaded.path.name if loaded.path else ""
    if key in loaded.written:
        origin = f"{file_name}:{nearest_line(loaded.lines, key)}"
        return f"{origin}, {', '.join(variables)}" if variables else origin
    return ", ".join(variables) if variables else "default"
