"""What must the configuration know of the hub's tables to check a mapping?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnDescription:
    """A column that a field can be mapped to."""

    is_editable: bool = True
    references: str | None = None
    """The entity whose id the column holds."""
    choices: tuple[str, ...] | None = None
    """The only values the column takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityDescription:
    """A table that a stream can be tied to."""

    columns: Mapping[str, ColumnDescription]
    is_fact: bool = False
    """Whether its rows are measurements, which sources bring and nobody edits."""
    key: tuple[str, ...] = ()
    """The columns that tell facts apart."""
