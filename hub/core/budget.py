"""How much of its eagerness does a connection keep when its calls for the month run short?

Complete reads go first, then looking unasked, and people's edits last: they are collected in
windows, which grow so that what is left lasts until the month is over.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.core.forecast import Forecast, end_of_month
from hub.core.pace import CALLS_A_WINDOW

NEAR = 0.9
"""From this share of the budget on, expected or spent, complete reads wait."""
FAR = 1.1
"""From this share on that is expected, changes are collected in windows."""
SCARCE = 0.1
"""With less than this share left, the windows are stretched over the rest of the month."""
COLLECTED = timedelta(minutes=15)
LONGEST = timedelta(hours=6)


class Level(enum.StrEnum):
    """How far a connection is slowed."""

    FULL = "full"
    NO_SCANS = "no_scans"
    NO_LOOKS = "no_looks"
    COLLECTED = "collected"
    SCARCE = "scarce"
    SPENT = "spent"
    REFUSED = "refused"
    """The other side refuses calls until its own month is over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ration:
    """What a connection may do: its window, and whether tables are read completely."""

    level: Level
    window: timedelta
    reason: str
    until: datetime | None = None
    """Where nothing may be done at all: until when."""

    @property
    def reads_completely(self) -> bool:
        """Whether a complete read may be begun that nothing but time asks for."""
        return self.level is Level.FULL

    @property
    def looks_unasked(self) -> bool:
        """Whether to look for changes as often as the profile says."""
        return self.level in {Level.FULL, Level.NO_SCANS}


def ration(budget: int | None, expected: Forecast, window: timedelta, now: datetime) -> Ration:
    """What `budget` calls a month leave of a connection that collects for `window`.

    A rough forecast slows nothing by itself: only what was spent counts then.
    """
    if budget is None:
        return Ration(level=Level.FULL, window=window, reason="no budget is set")
    left = budget - expected.spent
    share = f"{expected.spent:,} of {budget:,} calls are spent"
    if left <= 0:
        return Ration(
            level=Level.SPENT,
            window=max(window, COLLECTED),
            reason=f"{share}: everything waits for the new month",
            until=end_of_month(now),
        )
    forecast = expected.spent if expected.is_rough else expected.expected
    coming = f"{share}, {forecast:,} are expected"
    if left < budget * SCARCE and forecast > budget * NEAR:
        stretched = timedelta(days=expected.days_left) / max(left / CALLS_A_WINDOW, 1)
        return Ration(
            level=Level.SCARCE,
            window=min(max(window, COLLECTED, stretched), LONGEST),
            reason=f"{coming}: the rest is stretched over the month",
        )
    if forecast > budget * FAR:
        return Ration(
            level=Level.COLLECTED,
            window=max(window, COLLECTED),
            reason=f"{coming}: changes are collected, complete reads wait",
        )
    if forecast > budget:
        return Ration(
            level=Level.NO_LOOKS,
            window=window,
            reason=f"{coming}: complete reads wait, and the hub rarely looks unasked",
        )
    if forecast > budget * NEAR:
        return Ration(level=Level.NO_SCANS, window=window, reason=f"{coming}: complete reads wait")
    return Ration(level=Level.FULL, window=window, reason=coming)
