"""Which business tables are there?"""

from __future__ import annotations

from hub.store.entities.client import Client, Contact, Goal
from hub.store.entities.facts import DeliveryMetricDaily, ExcludedDay, WarmupDaily
from hub.store.entities.sales import Campaign, Deal
from hub.store.entities.sending import Mailbox, SendingDomain

ENTITIES = (Client, Contact, Goal, Campaign, Deal, SendingDomain, Mailbox, ExcludedDay)
FACTS = (DeliveryMetricDaily, WarmupDaily)

__all__ = [
    "ENTITIES",
    "FACTS",
    "Campaign",
    "Client",
    "Contact",
    "Deal",
    "DeliveryMetricDaily",
    "ExcludedDay",
    "Goal",
    "Mailbox",
    "SendingDomain",
    "WarmupDaily",
]
