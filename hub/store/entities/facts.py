"""What was measured, day by day, and which days are left out?

Facts have no id of their own: client and day are in their keys, so that they can be partitioned
and distributed. They carry the transaction that wrote them; superseded rows go to history.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import SQLModel

from hub.store.columns import TIMESTAMP, Unit, column
from hub.store.entities.base import Entity


def _count(label: str, description: str) -> int:
    counted: int = column(
        label,
        description,
        unit=Unit.COUNT,
        default=0,
        editable=False,
        sa_column_kwargs={"server_default": text("0")},
    )
    return counted


class Fact(SQLModel):
    """A measured row: when it was recorded, and by which transaction."""

    recorded_at: datetime | None = column(
        "Recorded at",
        "When the hub learned of it.",
        editable=False,
        default=None,
        sa_type=TIMESTAMP,
        nullable=False,
        sa_column_kwargs={"server_default": text("statement_timestamp()")},
    )
    tx_from: int | None = column(
        "Transaction",
        "The transaction that wrote this version of the row.",
        editable=False,
        default=None,
        sa_type=BigInteger,
        nullable=False,
        sa_column_kwargs={"server_default": text("hub.current_tx()")},
    )


class DeliveryMetricDaily(Fact, table=True):
    """What became of the messages of one campaign on one day."""

    __tablename__ = "delivery_metric_daily"
    __table_args__ = (Index("delivery_metric_daily_campaign", "campaign_id", "day"),)

    client_id: UUID = column(
        "Client",
        "The client the messages were sent for.",
        editable=False,
        foreign_key="client.id",
        primary_key=True,
        ondelete="RESTRICT",
    )
    day: date = column(
        "Day", "The UTC day the messages were sent.", editable=False, primary_key=True
    )
    campaign_id: UUID = column(
        "Campaign",
        "The campaign they belong to.",
        editable=False,
        foreign_key="campaign.id",
        primary_key=True,
        ondelete="RESTRICT",
    )
    sent: int = _count("Sent", "Messages handed to the mail server.")
    delivered: int = _count("Delivered", "Messages that the remote server accepted for good.")
    inbox: int = _count("Inbox", "Delivered messages estimated to have reached the inbox.")
    spam_placed: int = _count("Spam", "Delivered messages estimated to have landed in spam.")
    opened: int = _count("Opened", "Delivered messages that a person opened.")
    clicked: int = _count("Clicked", "Delivered messages in which a person clicked a link.")
    replied: int = _count("Replied", "Delivered messages that were replied to.")
    hard_bounced: int = _count("Hard bounces", "Permanent refusals: the recipient does not exist.")
    soft_bounced: int = _count("Soft bounces", "Temporary failures that never succeeded.")
    block_bounced: int = _count("Block bounces", "Refusals for reputation or policy.")
    complained: int = _count("Complaints", "Recipients who reported the message as spam.")
    unsubscribed: int = _count("Unsubscribes", "Recipients who unsubscribed.")


class WarmupDaily(Fact, table=True):
    """The warm-up of one mailbox on one day: plan, volume and placement."""

    __tablename__ = "warmup_daily"
    __table_args__ = (Index("warmup_daily_mailbox", "mailbox_id", "day"),)

    client_id: UUID = column(
        "Client",
        "The client the mailbox sends for.",
        editable=False,
        foreign_key="client.id",
        primary_key=True,
        ondelete="RESTRICT",
    )
    day: date = column("Day", "The UTC day.", editable=False, primary_key=True)
    mailbox_id: UUID = column(
        "Mailbox",
        "The mailbox that is warmed up.",
        editable=False,
        foreign_key="mailbox.id",
        primary_key=True,
        ondelete="RESTRICT",
    )
    planned: int = _count("Planned", "Messages the plan of that day allowed.")
    sent: int = _count("Sent", "Warm-up messages sent.")
    received: int = _count("Received", "Warm-up messages received.")
    landed_inbox: int = _count("Landed in inbox", "Sent messages found in an inbox.")
    landed_spam: int = _count("Landed in spam", "Sent messages found in a spam folder.")
    missing: int = _count("Missing", "Sent messages found nowhere.")
    replied: int = _count("Replied", "Warm-up messages replied to.")


class ExcludedDay(Entity, table=True):
    """A day that analytics leave out unless asked not to."""

    __tablename__ = "excluded_day"
    __table_args__ = (
        Index("excluded_day_client", "client_id", "day"),
        Index(
            "excluded_day_live",
            "client_id",
            "day",
            unique=True,
            postgresql_where=text("deleted_at is null"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    client_id: UUID | None = column(
        "Client",
        "Whose numbers are left out; empty means everybody's.",
        default=None,
        foreign_key="client.id",
        ondelete="CASCADE",
    )
    day: date = column("Day", "The day that is left out.")
    reason: str = column("Reason", "Why it is left out.")
    added_by: str | None = column(
        "Added by", "The person or the check that added it.", default=None
    )
