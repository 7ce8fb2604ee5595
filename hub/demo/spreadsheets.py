"""How do the related sheets become clients and deals?

Accounts become clients, the sales pipeline becomes deals, the sales teams give the deals' manager
and region. What a rule changes is counted, what no rule meets is kept and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.demo.clients import read_clients
from hub.demo.deals import account_managers, read_deals
from hub.demo.layout import ACCOUNTS, PIPELINE, PRODUCTS, SPELLING, TEAMS
from hub.demo.reading import Problems, Reader
from hub.demo.recognition import recognise
from hub.demo.report import Applications, Applied, Derived, Kept, SheetRead
from hub.demo.rows import HubRows, HubValue
from hub.demo.sheets import read_folder
from hub.demo.spelling import read_spelling
from hub.demo.teams import read_products, read_teams


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetCompany:
    """What the sheets hold: clients (a status may be open), deals, and what was done to them."""

    clients: HubRows
    deals: HubRows
    read: tuple[SheetRead, ...]
    applied: tuple[Applied, ...]
    kept: tuple[Kept, ...]
    derived: tuple[Derived, ...]


def read_company(folder: Path, *, seed: int) -> SheetCompany:
    """Read the sheets of `folder`, all or nothing.

    Raises:
        InvalidInput: names file, sheet, column, row, what came and what would be valid.
    """
    recognised = recognise(read_folder(folder))
    spelling = read_spelling(recognised.sheets.get(SPELLING.name))
    applications, problems = Applications(), Problems()
    readers: Mapping[str, Reader] = {
        name: Reader(sheet, spelling, applications, problems)
        for name, sheet in recognised.sheets.items()
        if sheet.kind.read and sheet.kind is not SPELLING
    }
    for reader in readers.values():
        reader.refuse_wide_rows()
    clients = read_clients(readers[ACCOUNTS.name], applications, seed=seed)
    teams = read_teams(readers.get(TEAMS.name))
    deals = read_deals(
        readers.get(PIPELINE.name),
        applications,
        clients=clients.rows,
        teams=teams,
        products=read_products(readers.get(PRODUCTS.name)),
        seed=seed,
    )
    problems.refuse_if_any()
    rows, derived = _with_managers(clients.rows, account_managers(deals.rows))
    return SheetCompany(
        clients=rows,
        deals=deals.rows,
        read=(*(sheet.read() for sheet in recognised.sheets.values()), *recognised.ignored),
        applied=applications.listed(),
        kept=(*clients.kept, *deals.kept),
        derived=derived,
    )


def _with_managers(
    clients: HubRows, managers: Mapping[HubValue, str]
) -> tuple[HubRows, tuple[Derived, ...]]:
    """Where the account sheet names no manager, the deals tell one."""
    told = {
        client["id"]: managers[client["id"]]
        for client in clients
        if client["account_manager"] is None and client["id"] in managers
    }
    rows = tuple(
        {**client, "account_manager": told.get(client["id"], client["account_manager"])}
        for client in clients
    )
    if not told:
        return rows, ()
    return rows, (
        Derived(
            column="client.account_manager",
            count=len(told),
            reason="The seller with most of the client's deals; of equals the first by name.",
        ),
    )
