"""Which sheets does the demo know, and by which headers do people call their columns?"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetColumn:
    """A column that a kind of sheet may have, and the other headers people give it."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False

    def answers_to(self, header: str) -> bool:
        return header in {plain_header(self.name), *map(plain_header, self.aliases)}


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetKind:
    """A sheet the demo knows how to read."""

    name: str
    columns: tuple[SheetColumn, ...]
    required: bool = False
    read: bool = True


ACCOUNTS = SheetKind(
    name="accounts",
    required=True,
    columns=(
        SheetColumn(
            name="account",
            aliases=(
                "account name", "client", "client name", "company", "company name", "customer",
                "customer name", "name", "organisation", "organization", "organization name",
            ),
            required=True,
        ),
        SheetColumn(name="sector", aliases=("industry", "branch", "vertical")),
        SheetColumn(
            name="year_established",
            aliases=("founded", "founded year", "year founded", "established", "year"),
        ),
        SheetColumn(
            name="revenue", aliases=("annual revenue", "yearly revenue", "turnover", "revenue musd")
        ),
        SheetColumn(
            name="employees", aliases=("employee count", "number of employees", "headcount")
        ),
        SheetColumn(
            name="office_location", aliases=("country", "location", "headquarters", "head office")
        ),
        SheetColumn(
            name="subsidiary_of", aliases=("parent", "parent company", "parent account")
        ),
        SheetColumn(name="status", aliases=("client status", "account status", "customer status")),
        SheetColumn(name="account_manager", aliases=("manager", "owner", "responsible")),
        SheetColumn(name="note", aliases=("notes", "comment", "comments", "remarks")),
    ),
)  # fmt: skip
PIPELINE = SheetKind(
    name="sales_pipeline",
    columns=(
        SheetColumn(
            name="opportunity_id",
            aliases=("opportunity", "deal id", "deal", "deal code", "opportunity number", "code"),
            required=True,
        ),
        SheetColumn(
            name="sales_agent", aliases=("agent", "owner", "deal owner", "salesperson", "sales rep")
        ),
        SheetColumn(name="product", aliases=("product name", "item")),
        SheetColumn(
            name="account",
            aliases=("account name", "client", "company", "customer", "organisation"),
        ),
        SheetColumn(name="deal_stage", aliases=("stage", "deal status"), required=True),
        SheetColumn(
            name="engage_date", aliases=("engaged on", "engaged", "engagement date", "start date")
        ),
        SheetColumn(
            name="close_date", aliases=("closed on", "closed", "closing date", "closed date")
        ),
        SheetColumn(name="close_value", aliases=("amount", "value", "deal value", "close amount")),
    ),
)  # fmt: skip
TEAMS = SheetKind(
    name="sales_teams",
    columns=(
        SheetColumn(
            name="sales_agent",
            aliases=("agent", "owner", "salesperson", "sales rep"),
            required=True,
        ),
        SheetColumn(name="manager", aliases=("team manager", "team lead", "sales manager")),
        SheetColumn(name="regional_office", aliases=("region", "office", "regional office")),
    ),
)
PRODUCTS = SheetKind(
    name="products",
    columns=(
        SheetColumn(name="product", aliases=("product name", "item"), required=True),
        SheetColumn(name="series", aliases=("product series", "family")),
        SheetColumn(
            name="sales_price",
            aliases=("price", "list price", "suggested retail price"),
            required=True,
        ),
    ),
)
SPELLING = SheetKind(
    name="spelling",
    columns=(
        SheetColumn(name="sheet", required=True),
        SheetColumn(name="column", required=True),
        SheetColumn(name="from", required=True),
        SheetColumn(name="to", required=True),
        SheetColumn(name="reason"),
    ),
)
DICTIONARY = SheetKind(
    name="data_dictionary",
    read=False,
    columns=(
        SheetColumn(name="table", required=True),
        SheetColumn(name="field", required=True),
        SheetColumn(name="description", required=True),
    ),
)
KINDS = (ACCOUNTS, PIPELINE, TEAMS, PRODUCTS, SPELLING, DICTIONARY)


def plain_header(header: object) -> str:
    """A header without case, marks and doubled blanks: `Close_Value ` is `close value`."""
    return " ".join(re.sub(r"[\W_]+", " ", str(header or "")).lower().split())
