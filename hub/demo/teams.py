"""Who leads which seller, from which office, and which products are sold?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.demo.reading import Reader


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """The manager and the regional office of one seller."""

    manager: str | None
    region: str | None


def read_teams(reader: Reader | None) -> Mapping[str, Team] | None:
    """Teams by seller; None where there is no such sheet."""
    if reader is None:
        return None
    teams: dict[str, Team] = {}
    for row in reader.sheet.rows:
        agent = reader.text(row, "sales_agent")
        if agent is None:
            continue
        if agent in teams:
            reader.refuse(row, "sales_agent", agent, "each seller once")
        teams[agent] = Team(
            manager=reader.text(row, "manager"), region=reader.text(row, "regional_office")
        )
    return teams


def read_products(reader: Reader | None) -> tuple[str, ...] | None:
    """The names of the products; None where there is no such sheet."""
    if reader is None:
        return None
    names = (reader.text(row, "product") for row in reader.sheet.rows)
    return tuple(dict.fromkeys(name for name in names if name))
