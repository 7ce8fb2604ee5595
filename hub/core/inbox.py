"""What stands in the table in which people decide about conflicts where they work?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

USUAL_NAME = "Hub inbox"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbox:
    """The table as configured: `table` is its id where a person named one."""

    name: str = USUAL_NAME
    table: str | None = None
    canary_every: timedelta | None = None
    """How often the hub writes the canary record and expects it back; never where None."""
