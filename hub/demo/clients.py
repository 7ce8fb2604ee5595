"""How does an account of the sheets become a client?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.demo.identifiers import row_id
from hub.demo.names import NameIndex
from hub.demo.reading import Reader
from hub.demo.report import Applications, Kept, examples_of
from hub.demo.rows import HubRow, HubRows, HubValue
from hub.demo.sheets import Row
from hub.store.entities.client import CLIENT_STATUSES

_REVENUE_BELOW = 10**12
_COUNT_BELOW = 2**31


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRows:
    """Rows of one table, and the flaws that were kept."""

    rows: HubRows
    kept: tuple[Kept, ...]


def read_clients(reader: Reader, applications: Applications, *, seed: int) -> ReadRows:
    """A client for each account, linked to its parent by name; status may be left open."""
    accounts: dict[str, dict[str, HubValue]] = {}
    parents: list[tuple[str, str]] = []
    first_seen: dict[str, int] = {}
    for row in reader.sheet.rows:
        name = reader.text(row, "account")
        if name is None:
            reader.refuse(row, "account", "nothing", "the account's name")
            continue
        if name in accounts:
            reader.refuse(
                row, "account", name, f"each account once (row {first_seen[name]} has it already)"
            )
            continue
        first_seen[name] = row.number
        accounts[name] = {
            "id": row_id(seed, "client", name),
            "name": name,
            "sector": reader.text(row, "sector"),
            "country": reader.text(row, "office_location"),
            "founded_year": reader.whole_number(row, "year_established", low=1000, high=2999),
            "annual_revenue": reader.number(row, "revenue", below=_REVENUE_BELOW),
            "employee_count": reader.whole_number(row, "employees", low=0, high=_COUNT_BELOW - 1),
            "parent_client_id": None,
            "status": _status(reader, row),
            "account_manager": reader.text(row, "account_manager"),
            "note": reader.text(row, "note"),
        }
        parent = reader.text(row, "subsidiary_of")
        if parent is not None:
            parents.append((name, parent))
    names = NameIndex(accounts)
    unknown = []
    for name, parent in parents:
        found = names.find(parent)
        if found is None:
            unknown.append(parent)
            continue
        names.count_if_changed(
            applications, sheet=reader.sheet.kind.name, column="subsidiary_of", text=parent
        )
        accounts[name]["parent_client_id"] = accounts[found]["id"]
    return ReadRows(rows=tuple(accounts.values()), kept=_kept(unknown, names))


def _status(reader: Reader, row: Row) -> str | None:
    text = reader.text(row, "status")
    if text is not None and text.lower() not in CLIENT_STATUSES:
        reader.refuse(row, "status", text, ", ".join(CLIENT_STATUSES), CLIENT_STATUSES)
    return text.lower() if text else None


def _kept(unknown: Sequence[str], names: NameIndex) -> tuple[Kept, ...]:
    if not unknown:
        return ()
    return (
        Kept(
            flaw="parent companies that are no account",
            sheet="accounts",
            column="subsidiary_of",
            count=len(unknown),
            reason="The client is kept without a parent.",
            examples=examples_of(names.with_near_miss(text) for text in unknown),
        ),
    )


def clients_by_name(clients: HubRows) -> dict[str, HubRow]:
    """Clients by their name."""
    return {str(client["name"]): client for client in clients}
