"""Who do we send for, who are their people, and what do they want?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, text

from hub.store.columns import Pii, Unit, column
from hub.store.entities.base import Entity

CLIENT_STATUSES = ("onboarding", "warming", "active", "paused", "churned")
GOAL_PERIODS = ("day", "week", "month", "quarter", "year")


class Client(Entity, table=True):
    """A company that we send email for."""

    __tablename__ = "client"
    __table_args__ = (
        Index(
            "client_name_live",
            "name",
            unique=True,
            postgresql_where=text("deleted_at is null and name <> ''"),
        ),
        Index("client_parent", "parent_client_id"),
    )

    name: str = column(
        "Name",
        "The client's company name; unique among live clients that have one.",
        default="",
        sa_column_kwargs={"server_default": ""},
    )
    status: str = column(
        "Status",
        f"Where the client stands with us: {', '.join(CLIENT_STATUSES)}.",
        choices=CLIENT_STATUSES,
        default="active",
        sa_column_kwargs={"server_default": "active"},
    )
    sector: str | None = column("Sector", "The industry that the client works in.", default=None)
    country: str | None = column("Country", "Where the client's head office is.", default=None)
    founded_year: int | None = column(
        "Founded", "The year the client was founded.", unit=Unit.YEAR, default=None
    )
    annual_revenue: Decimal | None = column(
        "Annual revenue",
        "The client's yearly revenue.",
        unit=Unit.MILLION_USD,
        default=None,
        max_digits=14,
        decimal_places=2,
    )
    employee_count: int | None = column(
        "Employees", "How many people the client employs.", unit=Unit.COUNT, default=None
    )
    account_manager: str | None = column(
        "Account manager",
        "Who looks after the client on our side.",
        pii=Pii.PERSONAL,
        default=None,
    )
    parent_client_id: UUID | None = column(
        "Subsidiary of",
        "The client that this one belongs to.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    note: str | None = column(
        "Note", "What the account manager wants remembered.", pii=Pii.PERSONAL, default=None
    )
    tags: list[str] | None = column(
        "Tags",
        "Words that group clients; a set, its order means nothing.",
        default=None,
        set_of=str,
    )
    partner_ids: list[UUID] | None = column(
        "Partners",
        "The clients that this one works with; a set, its order means nothing.",
        default=None,
        set_of="client",
    )


class Contact(Entity, table=True):
    """A person at a client."""

    __tablename__ = "contact"
    __table_args__ = (Index("contact_client", "client_id"),)

    client_id: UUID | None = column(
        "Client",
        "The client that the person works for.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    name: str = column(
        "Name",
        "The person's full name.",
        pii=Pii.PERSONAL,
        default="",
        sa_column_kwargs={"server_default": ""},
    )
    email: str | None = column("Email", "The person's address.", pii=Pii.PERSONAL, default=None)
    phone: str | None = column(
        "Phone", "The person's telephone number.", pii=Pii.PERSONAL, default=None
    )
    role: str | None = column("Role", "What the person does at the client.", default=None)


class Goal(Entity, table=True):
    """What is wanted of a client's email, or of the business itself, as data."""

    __tablename__ = "goal"
    __table_args__ = (Index("goal_client", "client_id"),)

    client_id: UUID | None = column(
        "Client",
        "Whose goal it is; empty for a goal of the business itself.",
        default=None,
        foreign_key="client.id",
        ondelete="SET NULL",
    )
    name: str = column(
        "Name",
        "The goal in a few words.",
        default="",
        sa_column_kwargs={"server_default": ""},
    )
    metric: str = column(
        "Metric",
        "Which number is aimed at, such as replied or win_rate.",
        default="",
        sa_column_kwargs={"server_default": ""},
    )
    target: Decimal | None = column(
        "Target",
        "The value to reach within the period.",
        default=None,
        max_digits=18,
        decimal_places=4,
    )
    period: str = column(
        "Period",
        f"Over which period the target counts: {', '.join(GOAL_PERIODS)}.",
        choices=GOAL_PERIODS,
        default="month",
        sa_column_kwargs={"server_default": "month"},
    )
    valid_from: date | None = column("From", "The first day it counts.", default=None)
    valid_to: date | None = column("To", "The last day it counts.", default=None)
