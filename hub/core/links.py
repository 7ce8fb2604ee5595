"""Which record is which row, and what did both sides last agree on?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from hub.core.merge import Pair
from hub.core.values import Value

LIVE = "live"
HELD = "held"
TOMBSTONE = "tombstone"
PAUSED = "paused"
WHOLE_ROW = "*"
"""Stands among the frozen cells of a row that a person paused as a whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """A cell that stands still, and why. `incoming` is the remote value that was not applied."""

    field: str
    reason: str
    incoming: Value
    detail: str | None = None
    parked_stream: str | None = None
    parked_on: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A record and its row. `shadow` holds the agreed pair of each hub column.

    A held link's record cannot be made a row yet; a tombstone's record was deleted.
    """

    id: UUID
    external_id: str
    row_id: UUID
    state: str
    has_hub_id: bool
    shadow: Mapping[str, Pair] = field(default_factory=dict)
    frozen: Mapping[str, Frozen] = field(default_factory=dict)

    @property
    def is_paused(self) -> bool:
        """Whether a person paused the row: neither side's changes reach the other."""
        return WHOLE_ROW in self.frozen
