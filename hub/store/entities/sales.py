"""What is being sold, and what is being sent for it: deals and campaigns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, text

from hub.store.columns import Pii, Unit, column
from hub.store.entities.base import Entity

DEAL_STAGES = ("prospecting", "engaging", "won", "lost")
CAMPAIGN_STATUSES = ("draft", "ready", "sending", "paused", "finished")


class Deal(Entity, table=True):
    """An opportunity of the CRM."""

    __tablename__ = "deal"
    __table_args__ = (
        Index("deal_client", "client_id"),
        Index("deal_stage", "stage"),
        Index("deal_code_live", "code", unique=True, postgresql_where=text("deleted_at is null")),
    )

    code: str | None = column("Code", "The opportunity's number in the CRM.", default=None)
    client_id: UUID | None = column(
        "Client",
        "The client the deal is with; empty while unmatched.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    pipeline: str = column(
        "Pipeline",
        "The sales pipeline that the deal runs through.",
        default="sales",
        sa_column_kwargs={"server_default": "sales"},
    )
    stage: str = column(
        "Stage",
        f"How far the deal is: {', '.join(DEAL_STAGES)}.",
        choices=DEAL_STAGES,
        default="prospecting",
        sa_column_kwargs={"server_default": "prospecting"},
    )
    product: str | None = column("Product", "What is being sold.", default=None)
    owner: str | None = column("Owner", "Who sells it.", pii=Pii.PERSONAL, default=None)
    manager: str | None = column(
        "Manager", "Who leads the owner's team.", pii=Pii.PERSONAL, default=None
    )
    region: str | None = column("Region", "The regional office of the owner.", default=None)
    amount: Decimal | None = column(
        "Amount",
        "What the deal is worth; empty while open.",
        unit=Unit.CURRENCY,
        default=None,
        max_digits=14,
        decimal_places=2,
    )
    engaged_on: date | None = column(
        "Engaged on", "The day the client was first engaged.", default=None
    )
    closed_on: date | None = column("Closed on", "The day it was won or lost.", default=None)


class Campaign(Entity, table=True):
    """A series of messages sent for a client."""

    __tablename__ = "campaign"
    __table_args__ = (Index("campaign_client", "client_id"),)

    client_id: UUID | None = column(
        "Client",
        "The client it is sent for.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    name: str = column(
        "Name",
        "The campaign's name.",
        default="",
        sa_column_kwargs={"server_default": ""},
    )
    status: str = column(
        "Status",
        f"How far the campaign is: {', '.join(CAMPAIGN_STATUSES)}.",
        choices=CAMPAIGN_STATUSES,
        default="draft",
        sa_column_kwargs={"server_default": "draft"},
    )
    starts_on: date | None = column("Starts on", "The first day of sending.", default=None)
    ends_on: date | None = column("Ends on", "The last day of sending.", default=None)
    daily_limit: int | None = column(
        "Daily limit",
        "The most messages a day.",
        unit=Unit.MESSAGES_PER_DAY,
        default=None,
    )
    mailbox_ids: list[UUID] | None = column(
        "Mailboxes",
        "The mailboxes that it is sent from; a set, its order means nothing.",
        default=None,
        set_of="mailbox",
    )
