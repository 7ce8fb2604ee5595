"""Which kinds of platform can the hub speak with? One module each, found by name.

A kind is a module in this folder, or one of another distribution that names it under the entry
point group `hub.connectors`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from pydantic import BaseModel

from hub.errors import ConfigError

GROUP = "hub.connectors"
KINDS = tuple(
    sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name[0] != "_")
)
"""Every module here is a kind; a name that begins with an underscore is not."""


class Models(dict[str, type[BaseModel]]):
    """The model of every kind's own settings, by kind; `streams` has those of its streams."""

    streams: dict[str, type[BaseModel]]
    """Kinds that are read page by page: what a stream of theirs may say."""
    two_way: frozenset[str]
    """Kinds whose streams can be kept equal in both directions."""


@cache
def _brought_along() -> dict[str, EntryPoint]:
    """Kinds of other distributions; one of ours is never replaced."""
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point for point in found if point.name not in KINDS}


def kinds() -> tuple[str, ...]:
    """Every kind there is, ours first."""
    return (*KINDS, *_brought_along())


def load(kind: str) -> ModuleType:
    """The connector module of `kind`.

    It has `Settings`, a pydantic model, and `build(...)` where it keeps both sides equal, or
    `StreamSettings` and `build_source(...)` where it is read page by page, or all of them.

    Raises:
        ConfigError: there is no such kind.
    """
    if kind in KINDS:
        return importlib.import_module(f"connectors.{kind}")
    point = _brought_along().get(kind)
    if point is None:
        raise ConfigError(
            f"[connector] kind got {kind!r}, valid are {', '.join(kinds())}. "
            "Correct `kind` in hub.toml."
        )
    module: ModuleType = point.load()
    return module


def preload(kind: str) -> None:
    """Load what the kind will need, so that a forked worker finds it loaded."""
    act = getattr(load(kind), "preload", None)
    if act is not None:
        act()


def settings_models() -> Models:
    """The models of every kind's own settings in hub.toml."""
    modules = {kind: load(kind) for kind in kinds()}
    models = Models({kind: module.Settings for kind, module in modules.items()})
    models.streams = {
        kind: module.StreamSettings
        for kind, module in modules.items()
        if hasattr(module, "build_source")
    }
    models.two_way = frozenset(kind for kind, module in modules.items() if hasattr(module, "build"))
    return models
