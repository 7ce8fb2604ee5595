"""What does a row of the demo company look like, before any database or service has it?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

HubValue: TypeAlias = str | int | bool | Decimal | date | UUID | None
HubRow: TypeAlias = Mapping[str, HubValue]
HubRows: TypeAlias = tuple[HubRow, ...]


def text_in(row: HubRow, column: str) -> str:
    """The text of a column that always has one."""
    value = row[column]
    assert isinstance(value, str), (column, value)  # noqa: S101  # our own rows
    return value


def id_of(row: HubRow) -> UUID:
    """The row's id."""
    value = row["id"]
    assert isinstance(value, UUID), value  # noqa: S101  # our own rows
    return value
