"""From where do we send: sending domains and their mailboxes?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, text

from hub.store.columns import Pii, Unit, column
from hub.store.entities.base import Entity

DOMAIN_STATES = ("bought", "dns_ready", "warming", "ready", "retired")
MAILBOX_STATES = ("created", "warming", "ready", "sending", "paused", "rehab", "retired")


class SendingDomain(Entity, table=True):
    """A domain whose reputation is used."""

    __tablename__ = "sending_domain"
    __table_args__ = (
        Index("sending_domain_client", "client_id"),
        Index(
            "sending_domain_name_live",
            "name",
            unique=True,
            postgresql_where=text("deleted_at is null"),
        ),
    )

    client_id: UUID | None = column(
        "Client",
        "The client it sends for.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    name: str = column("Name", "The domain's name.")
    state: str = column(
        "State",
        f"How far the domain is: {', '.join(DOMAIN_STATES)}.",
        choices=DOMAIN_STATES,
        default="bought",
        sa_column_kwargs={"server_default": "bought"},
    )
    has_spf: bool = column(
        "SPF",
        "Whether its SPF record passes.",
        default=False,
        sa_column_kwargs={"server_default": "false"},
    )
    has_dkim: bool = column(
        "DKIM",
        "Whether its DKIM key is published.",
        default=False,
        sa_column_kwargs={"server_default": "false"},
    )
    has_dmarc: bool = column(
        "DMARC",
        "Whether it publishes a DMARC policy.",
        default=False,
        sa_column_kwargs={"server_default": "false"},
    )


class Mailbox(Entity, table=True):
    """An address we send from."""

    __tablename__ = "mailbox"
    __table_args__ = (
        Index("mailbox_client", "client_id"),
        Index("mailbox_sending_domain", "sending_domain_id"),
        Index(
            "mailbox_address_live",
            "address",
            unique=True,
            postgresql_where=text("deleted_at is null"),
        ),
    )

    client_id: UUID | None = column(
        "Client",
        "The client it sends for.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    sending_domain_id: UUID | None = column(
        "Sending domain",
        "The domain of the address.",
        default=None,
        foreign_key="sending_domain.id",
        ondelete="SET NULL",
    )
    address: str = column("Address", "The address we send from.", pii=Pii.PERSONAL)
    state: str = column(
        "State",
        f"What the mailbox does: {', '.join(MAILBOX_STATES)}.",
        choices=MAILBOX_STATES,
        default="created",
        sa_column_kwargs={"server_default": "created"},
    )
    daily_limit: int | None = column(
        "Daily limit",
        "The most messages a day.",
        unit=Unit.MESSAGES_PER_DAY,
        default=None,
    )
