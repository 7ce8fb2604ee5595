"""How does a row of the sales pipeline become a deal?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.demo.clients import ReadRows, clients_by_name
from hub.demo.deal_flaws import DealFlaws
from hub.demo.identifiers import row_id
from hub.demo.names import NameIndex
from hub.demo.reading import Reader
from hub.demo.report import Applications
from hub.demo.rows import HubRows, HubValue
from hub.demo.sheets import Row
from hub.demo.teams import Team
from hub.store.entities.sales import DEAL_STAGES

_AMOUNT_BELOW = 10**12


def read_deals(
    reader: Reader | None,
    applications: Applications,
    *,
    clients: HubRows,
    teams: Mapping[str, Team] | None,
    products: Sequence[str] | None,
    seed: int,
) -> ReadRows:
    """A deal for each opportunity; those without a known account stay, unmatched."""
    if reader is None:
        return ReadRows(rows=(), kept=())
    by_name = clients_by_name(clients)
    names = NameIndex(by_name)
    flaws = DealFlaws(names=names, products=products, teams=teams)
    deals: dict[str, dict[str, HubValue]] = {}
    for row in reader.sheet.rows:
        code = reader.text(row, "opportunity_id")
        if code is None or code in deals:
            reader.refuse(row, "opportunity_id", code or "nothing", "a number of its own")
            continue
        deal = _deal(reader, row)
        account = reader.text(row, "account")
        client = names.find(account) if account else None
        if account and client:
            names.count_if_changed(
                applications, sheet=reader.sheet.kind.name, column="account", text=account
            )
        team = (teams or {}).get(str(deal["owner"]), Team(manager=None, region=None))
        deals[code] = {
            "id": row_id(seed, "deal", code),
            "code": code,
            "client_id": by_name[client]["id"] if client else None,
            "pipeline": "sales",
            **deal,
            "manager": team.manager,
            "region": team.region,
        }
        flaws.note(deals[code], account=account)
    return ReadRows(rows=tuple(deals.values()), kept=flaws.kept())


def _deal(reader: Reader, row: Row) -> dict[str, HubValue]:
    return {
        "stage": _stage(reader, row),
        "product": reader.text(row, "product"),
        "owner": reader.text(row, "sales_agent"),
        "amount": reader.number(row, "close_value", below=_AMOUNT_BELOW),
        "engaged_on": reader.day(row, "engage_date"),
        "closed_on": reader.day(row, "close_date"),
    }


def _stage(reader: Reader, row: Row) -> str:
    text = reader.text(row, "deal_stage") or "nothing"
    stage = text.lower()
    if stage not in DEAL_STAGES:
        choices = [stage.capitalize() for stage in DEAL_STAGES]
        reader.refuse(row, "deal_stage", text, ", ".join(choices), choices)
    return stage


def account_managers(deals: HubRows) -> Mapping[HubValue, str]:
    """For each client the seller with most of its deals; of equals the first by name."""
    sellers: dict[UUID, Counter[str]] = defaultdict(Counter)
    for deal in deals:
        client_id, owner = deal["client_id"], deal["owner"]
        if isinstance(client_id, UUID) and isinstance(owner, str):
            sellers[client_id][owner] += 1
    return {
        client_id: min(counts, key=lambda owner: (-counts[owner], owner))
        for client_id, counts in sellers.items()
    }
