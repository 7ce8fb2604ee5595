"""What can be changed?"""

from __future__ import annotations

from strawberry.tools import merge_types

from hub_graphql.decisions import Decisions
from hub_graphql.edits import edit_fields
from hub_graphql.types.campaign import Campaign
from hub_graphql.types.client import Client
from hub_graphql.types.contact import Contact
from hub_graphql.types.deal import Deal
from hub_graphql.types.excluded_day import ExcludedDay
from hub_graphql.types.goal import Goal
from hub_graphql.types.mailbox import Mailbox
from hub_graphql.types.sending_domain import SendingDomain

_EDITS = edit_fields(
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

Mutation = merge_types("Mutation", (_EDITS, Decisions))
