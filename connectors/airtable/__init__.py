"""How does the hub speak with Airtable, or with any server that speaks Airtable's API?"""

from __future__ import annotations

from connectors.airtable.notification import verify as verify_notification
from connectors.airtable.settings import Settings
from hub.contract import Connector, Limiter

__all__ = ["Settings", "build", "verify_notification"]


def build(connection: str, settings: Settings, limiter: Limiter) -> Connector:
    """A connector for one base. Nothing is sent before the first call."""
    # pyairtable is loaded only by the processes that speak with Airtable.
    from connectors.airtable.connector import AirtableConnector

    return AirtableConnector(connection, settings, limiter)
