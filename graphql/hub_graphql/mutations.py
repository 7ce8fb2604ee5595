"""Which rows can be edited?"""

from __future__ import annotations

from hub_graphql.edits import mutation_type
from hub_graphql.types.campaign import Campaign
from hub_graphql.types.client import Client
from hub_graphql.types.contact import Contact
from hub_graphql.types.deal import Deal
from hub_graphql.types.excluded_day import ExcludedDay
from hub_graphql.types.goal import Goal
from hub_graphql.types.mailbox import Mailbox
from hub_graphql.types.sending_domain import SendingDomain

Mutation = mutation_type(
    {
        "clients": Client,
        "contacts": Contact,
        "goals": Goal,
        "deals": Deal,
        "campaigns": Campaign,
        "sending_domains": SendingDomain,
        "mailboxes": Mailbox,
        "excluded_days": ExcludedDay,
    }
)
