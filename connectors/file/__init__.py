"""How does the hub read files: delimited text, workbooks, JSON, Parquet, near or in a bucket?"""

from __future__ import annotations

from connectors.file.settings import Settings, StreamSettings
from hub.contract import Limiter, Source

__all__ = ["Settings", "StreamSettings", "build_source", "preload"]


def preload() -> None:
    """Load what `build_source` needs, so that a forked worker finds it loaded."""
    import connectors.file.source  # noqa: F401  # loading it is the point


def build_source(connection: str, settings: Settings, limiter: Limiter) -> Source:
    """A source for one folder or bucket. Nothing is opened before the first call."""
    # Arrow is loaded only by the processes that read files.
    from connectors.file.source import FileSource

    return FileSource(connection, settings, limiter)
