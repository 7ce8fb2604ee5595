"""How does a test hold the real Airtable connector, and see what it asked of its limiter?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox_base import BASE, CLIENTS, DEALS, KITCHEN, kitchen_table
from sandbox_base import field as field_id
from sandbox_server import SandboxServer

from connectors.airtable import Settings
from connectors.airtable.connector import AirtableConnector
from hub.contract import Priority, StreamAddress
from hub.core.records import WriteItem
from hub.core.values import Value

HUB_ID = field_id("Hub ID")
NAME, STAGE, DEAL_LINKS = field_id("Name"), field_id("Stage"), field_id("Deals")
TITLE, AMOUNT, CLIENT = field_id("Title"), field_id("Amount"), field_id("Client")
LEAD, WON = "selStageLead00000", "selStageWon000000"
HUB_1, HUB_2, HUB_3 = (f"0199a8c0-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
CLIENTS_ADDRESS = StreamAddress(
    stream="clients",
    table=CLIENTS,
    hub_id_field=HUB_ID,
    modified_field=field_id("Modified"),
    fields=(NAME, STAGE, DEAL_LINKS),
)
DEALS_ADDRESS = StreamAddress(
    stream="deals",
    table=DEALS,
    hub_id_field=None,
    modified_field=None,
    fields=(TITLE, AMOUNT, CLIENT),
)
KITCHEN_ADDRESS = StreamAddress(
    stream="kitchen",
    table=KITCHEN,
    hub_id_field=None,
    modified_field=None,
    fields=tuple(each["id"] for each in kitchen_table()["fields"]),
)


@dataclass
class AttentiveLimiter:
    """Lets everything pass and remembers what it was asked."""

    waits: list[Priority] = field(default_factory=list)
    penalties: list[float] = field(default_factory=list)

    def wait(self, priority: Priority) -> None:
        """Do not wait."""
        self.waits.append(priority)

    def penalise(self, seconds: float) -> None:
        """Remember."""
        self.penalties.append(seconds)


def connect(
    sandbox: SandboxServer, limiter: AttentiveLimiter | None = None, **changed: Any
) -> AirtableConnector:
    """The connector as the hub would build it, on the sample base."""
    values = {"endpoint": sandbox.url, "token": sandbox.token, "base": BASE, **changed}
    return AirtableConnector(
        "airtable", Settings.model_validate(values), limiter or AttentiveLimiter()
    )


def item(hub_id: str, external_id: str | None = None, **cells: Value) -> WriteItem:
    """A client to write, by field name."""
    return WriteItem(
        hub_id=hub_id,
        external_id=external_id,
        fields={field_id(name): value for name, value in cells.items()},
    )
