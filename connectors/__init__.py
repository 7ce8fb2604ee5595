"""Which kinds of platform can the hub speak with? One module each, found by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from pydantic import BaseModel

from hub.errors import ConfigError

KINDS = tuple(
    sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name[0] != "_")
)
"""Every module here is a kind; a name that begins with an underscore is not."""


def load(kind: str) -> ModuleType:
    """The connector module of `kind`: `Settings`, a pydantic model, and `build(...)`.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind not in KINDS:
        raise ConfigError(
            f"[connector] kind got {kind!r}, valid are {', '.join(KINDS)}. "
            "Correct `kind` in hub.toml."
        )
    return importlib.import_module(f"connectors.{kind}")


def settings_models() -> Mapping[str, type[BaseModel]]:
    """The model of every kind's own settings in hub.toml."""
    return {kind: load(kind).Settings for kind in KINDS}
