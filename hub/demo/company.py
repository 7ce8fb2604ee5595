"""What is the whole demo company: clients, deals and people, and 90 days of numbers?

Clients and deals are real input from spreadsheets; only what no public data gives is generated,
from a seed. The same seed, day and sheets give the same company, to the last id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from hub.demo.campaigns import make_campaigns, make_goals
from hub.demo.days import Period
from hub.demo.delivery import make_delivery
from hub.demo.identifiers import row_id
from hub.demo.people import make_contacts, slugs_of
from hub.demo.profiles import Profile, make_profiles
from hub.demo.report import Generated, Report
from hub.demo.rows import HubRow, HubRows, text_in
from hub.demo.sending import make_sending
from hub.demo.spreadsheets import SheetCompany, read_company
from hub.demo.warmup import make_warmup

DEFAULT_SEED = 7
FILES = Path(__file__).parent / "files"
# Parents before children, facts last: the order in which the tables can be loaded.
TABLES = (
    "client", "contact", "goal", "campaign", "deal", "sending_domain", "mailbox", "excluded_day",
    "delivery_metric_daily", "warmup_daily",
)  # fmt: skip
_FROM_SHEETS = frozenset({"client", "deal"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """The demo company as plain rows by table, in columns of the central database."""

    seed: int
    today: date
    rows: Mapping[str, HubRows]
    report: Report
    period: Period
    outage_client_id: UUID

    def named(self, table: str, row_id: UUID) -> str:
        """The name of a row, for a message."""
        return next(text_in(row, "name") for row in self.rows[table] if row["id"] == row_id)


def build(
    *, seed: int = DEFAULT_SEED, today: date | None = None, source: Path | None = None
) -> Company:
    """The company as of `today`, from the sheets in `source` or from the demo's own.

    Raises:
        InvalidInput: a sheet of `source` cannot be used; names file, row and column.
    """
    # The one place of the demo that looks at a clock; a UTC day, as all days here.
    period = Period(today=today or datetime.now(tz=UTC).date())
    sheets = read_company(source or FILES, seed=seed)
    names = tuple(text_in(client, "name") for client in sheets.clients)
    slugs = slugs_of(names)
    profiles = make_profiles(sheets.clients, slugs, seed=seed)
    outage_client = next((p.client_id for p in profiles if p.status == "active"), None)
    if outage_client is None:
        outage_client = profiles[0].client_id
    sending = make_sending(profiles, seed=seed)
    campaigns = make_campaigns(profiles, period, seed=seed)
    rows: dict[str, HubRows] = {
        "client": _with_status(sheets, profiles),
        "contact": make_contacts(sheets.clients, slugs, seed=seed),
        "goal": make_goals(profiles, period, seed=seed),
        "campaign": campaigns,
        "deal": sheets.deals,
        "sending_domain": sending.domains,
        "mailbox": sending.mailboxes,
        "excluded_day": _excluded_days(period, outage_client, seed),
        "delivery_metric_daily": make_delivery(
            profiles, campaigns, period, outage_client=outage_client, seed=seed
        ),
        "warmup_daily": make_warmup(
            sending.mailboxes, period, outage_client=outage_client, seed=seed
        ),
    }
    return Company(
        seed=seed,
        today=period.today,
        rows=rows,
        report=_report(sheets, rows),
        period=period,
        outage_client_id=outage_client,
    )


def _with_status(sheets: SheetCompany, profiles: tuple[Profile, ...]) -> HubRows:
    return tuple(
        {**client, "status": profile.status}
        for client, profile in zip(sheets.clients, profiles, strict=True)
    )


def _excluded_days(period: Period, outage_client: UUID, seed: int) -> HubRows:
    blocklist: HubRow = {
        "id": row_id(seed, "excluded_day", "", str(period.blocklist_day)),
        "client_id": None,
        "day": period.blocklist_day,
        "reason": "The sending relay stood on a blocklist until 17:40 UTC.",
        "added_by": "operations",
    }
    outage: HubRow = {
        "id": row_id(seed, "excluded_day", str(outage_client), str(period.outage_day)),
        "client_id": outage_client,
        "day": period.outage_day,
        "reason": "The client's DNS provider did not answer: SPF and DKIM could not be checked.",
        "added_by": "operations",
    }
    return (blocklist, outage)


def _report(sheets: SheetCompany, rows: Mapping[str, HubRows]) -> Report:
    return Report(
        read=sheets.read,
        applied=sheets.applied,
        kept=sheets.kept,
        derived=sheets.derived,
        generated=tuple(_generated(sheets, rows)),
    )


def _generated(sheets: SheetCompany, rows: Mapping[str, HubRows]) -> Iterator[Generated]:
    without_status = sum(client["status"] is None for client in sheets.clients)
    if without_status:
        yield Generated(what="client.status", rows=without_status)
    for table in TABLES:
        if table not in _FROM_SHEETS:
            yield Generated(what=table, rows=len(rows[table]))
