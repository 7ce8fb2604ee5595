"""How does the hub read a JSON API that nobody wrote code for?"""

from __future__ import annotations

from connectors.rest.settings import Settings, StreamSettings
from hub.contract import Limiter, Source

__all__ = ["Settings", "StreamSettings", "build_source", "preload"]


def preload() -> None:
    """Load what `build_source` needs, so that a forked worker finds it loaded."""
    import connectors.rest.source  # noqa: F401  # loading it is the point


def build_source(connection: str, settings: Settings, limiter: Limiter) -> Source:
    """A source for one API. Nothing is sent before the first call."""
    # Arrow and requests are loaded only by the processes that read APIs.
    from connectors.rest.source import RestSource

    return RestSource(connection, settings, limiter)
