"""Under which Airtable ids do the demo's base, tables, fields and records live?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hub.demo.identifiers import airtable_id


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseIds:
    """The ids of one base; the same seed gives the same ids."""

    seed: int

    @property
    def base(self) -> str:
        return airtable_id(self.seed, "app")

    def table(self, stream: str) -> str:
        return airtable_id(self.seed, "tbl", stream)

    def field(self, stream: str, name: str) -> str:
        """`name` is a column of the hub, or the name of a field that stands for none."""
        return airtable_id(self.seed, "fld", stream, name)

    def view(self, stream: str, name: str) -> str:
        return airtable_id(self.seed, "viw", stream, name)

    def choice(self, stream: str, column: str, name: str) -> str:
        return airtable_id(self.seed, "sel", stream, column, name)

    def record(self, stream: str, row_id: UUID) -> str:
        return airtable_id(self.seed, "rec", stream, str(row_id))
