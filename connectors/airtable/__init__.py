"""How does the hub speak with Airtable, or with any server that speaks Airtable's API?"""

from __future__ import annotations

from connectors.airtable.notification import verify as verify_notification
from connectors.airtable.settings import Settings
from hub.contract import Connector, Limiter

__all__ = ["Settings", "build", "preload", "verify_notification"]


def preload() -> None:
    """Load what `build` needs, so that a forked worker finds it loaded."""
    import connectors.airtable.connector  # noqa: F401  # loading it is the point


def build(connection: str, settings: Settings, limiter: Limiter) -> Connector:
    """A connector for one base. Nothing is sent before the first call."""
    # pyairtable is loaded only by the processes that speak with Airtable.
    from connectors.airtable.connector import AirtableConnector

    return AirtableConnector(connection, settings, limiter)
