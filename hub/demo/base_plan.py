"""Which tables and fields does the demo's Airtable base have, and which columns stand in them?

Said once: the base file, the records and the demo's hub.toml are all made from this plan. Names
and descriptions of the fields are the labels and descriptions of the hub's columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hub.store.entities.client import CLIENT_STATUSES, GOAL_PERIODS
from hub.store.entities.sales import CAMPAIGN_STATUSES, DEAL_STAGES
from hub.store.entities.sending import DOMAIN_STATES, MAILBOX_STATES

FieldType = Literal[
    "singleLineText",
    "multilineText",
    "email",
    "phoneNumber",
    "number",
    "currency",
    "date",
    "checkbox",
    "singleSelect",
    "multipleRecordLinks",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldPlan:
    """One field of a table and the hub's column that stands in it.

    `choices` are hub values in their order; a singleSelect without them takes the texts that the
    rows hold. `link` is the stream it points to, `inverse` the name of the field over there.
    """

    column: str
    type: FieldType = "singleLineText"
    choices: tuple[str, ...] = ()
    precision: int = 0
    link: str | None = None
    inverse: str | None = None
    conflict: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewPlan:
    """A saved way to look at a table; the meta API knows no filter, the stand-in does."""

    name: str
    type: Literal["grid", "kanban", "calendar"] = "grid"
    filter_by_formula: str | None = None
    newest_first_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TablePlan:
    """One table of the base, the stream it becomes and the entity behind it."""

    name: str
    stream: str
    entity: str
    fields: tuple[FieldPlan, ...]
    views: tuple[ViewPlan, ...] = ()


def _client(inverse: str) -> FieldPlan:
    return FieldPlan(
        column="client_id", type="multipleRecordLinks", link="clients", inverse=inverse
    )


CLIENTS = TablePlan(
    name="Clients",
    stream="clients",
    entity="client",
    fields=(
        FieldPlan(column="name"),
        FieldPlan(column="status", type="singleSelect", choices=CLIENT_STATUSES, conflict="ask"),
        FieldPlan(column="sector", type="singleSelect"),
        FieldPlan(column="country"),
        FieldPlan(column="account_manager"),
        FieldPlan(column="annual_revenue", type="number", precision=2),
        FieldPlan(column="employee_count", type="number"),
        FieldPlan(column="founded_year", type="number"),
        FieldPlan(column="parent_client_id", type="multipleRecordLinks", link="clients"),
        FieldPlan(column="note", type="multilineText"),
    ),
    views=(
        ViewPlan(name="Active clients", filter_by_formula='{Status} = "Active"'),
        ViewPlan(name="By status", type="kanban"),
    ),
)
CONTACTS = TablePlan(
    name="Contacts",
    stream="contacts",
    entity="contact",
    fields=(
        FieldPlan(column="name"),
        _client("Contacts"),
        FieldPlan(column="role"),
        FieldPlan(column="email", type="email"),
        FieldPlan(column="phone", type="phoneNumber"),
    ),
)
DEALS = TablePlan(
    name="Deals",
    stream="deals",
    entity="deal",
    fields=(
        FieldPlan(column="code"),
        _client("Deals"),
        FieldPlan(column="stage", type="singleSelect", choices=DEAL_STAGES),
        FieldPlan(column="amount", type="currency", precision=2),
        FieldPlan(column="product", type="singleSelect"),
        FieldPlan(column="owner"),
        FieldPlan(column="manager"),
        FieldPlan(column="region", type="singleSelect"),
        FieldPlan(column="engaged_on", type="date"),
        FieldPlan(column="closed_on", type="date"),
    ),
    views=(
        ViewPlan(
            name="Open deals",
            filter_by_formula='OR({Stage} = "Prospecting", {Stage} = "Engaging")',
        ),
        ViewPlan(name="Without a client", filter_by_formula="{Client} = BLANK()"),
        ViewPlan(name="Won", filter_by_formula='{Stage} = "Won"', newest_first_by="closed_on"),
        ViewPlan(name="By stage", type="kanban"),
    ),
)
CAMPAIGNS = TablePlan(
    name="Campaigns",
    stream="campaigns",
    entity="campaign",
    fields=(
        FieldPlan(column="name"),
        _client("Campaigns"),
        FieldPlan(column="status", type="singleSelect", choices=CAMPAIGN_STATUSES),
        FieldPlan(column="starts_on", type="date"),
        FieldPlan(column="ends_on", type="date"),
        FieldPlan(column="daily_limit", type="number"),
    ),
    views=(ViewPlan(name="Sending now", filter_by_formula='{Status} = "Sending"'),),
)
GOALS = TablePlan(
    name="Goals",
    stream="goals",
    entity="goal",
    fields=(
        FieldPlan(column="name"),
        _client("Goals"),
        FieldPlan(column="metric"),
        FieldPlan(column="target", type="number", precision=4),
        FieldPlan(column="period", type="singleSelect", choices=GOAL_PERIODS),
        FieldPlan(column="valid_from", type="date"),
        FieldPlan(column="valid_to", type="date"),
    ),
)
SENDING_DOMAINS = TablePlan(
    name="Sending domains",
    stream="sending_domains",
    entity="sending_domain",
    fields=(
        FieldPlan(column="name"),
        _client("Sending domains"),
        FieldPlan(column="state", type="singleSelect", choices=DOMAIN_STATES),
        FieldPlan(column="has_spf", type="checkbox"),
        FieldPlan(column="has_dkim", type="checkbox"),
        FieldPlan(column="has_dmarc", type="checkbox"),
    ),
)
MAILBOXES = TablePlan(
    name="Mailboxes",
    stream="mailboxes",
    entity="mailbox",
    fields=(
        FieldPlan(column="address", type="email"),
        _client("Mailboxes"),
        FieldPlan(
            column="sending_domain_id",
            type="multipleRecordLinks",
            link="sending_domains",
            inverse="Mailboxes",
        ),
        FieldPlan(column="state", type="singleSelect", choices=MAILBOX_STATES),
        FieldPlan(column="daily_limit", type="number"),
    ),
    views=(ViewPlan(name="Warming up", filter_by_formula='{State} = "Warming"'),),
)
EXCLUDED_DAYS = TablePlan(
    name="Excluded days",
    stream="excluded_days",
    entity="excluded_day",
    fields=(
        FieldPlan(column="day", type="date"),
        _client("Excluded days"),
        FieldPlan(column="reason"),
        FieldPlan(column="added_by"),
    ),
    views=(ViewPlan(name="Calendar", type="calendar"),),
)
# As the tabs of the base stand; streams are read parents first.
BASE = (
    CLIENTS, CONTACTS, DEALS, CAMPAIGNS, GOALS, MAILBOXES, SENDING_DOMAINS, EXCLUDED_DAYS,
)  # fmt: skip
BASE_NAME = "Client operations"
HUB_ID, HUB_NOTE, LAST_MODIFIED = "Hub ID", "Hub note", "Last modified"
_SPELLED = {"dns_ready": "DNS ready"}


def choice_name(hub_value: str) -> str:
    """What a fixed hub value is called in a select field: won is "Won"."""
    return _SPELLED.get(hub_value, hub_value.replace("_", " ").capitalize())
