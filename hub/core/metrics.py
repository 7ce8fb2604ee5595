"""What is a rate: how many of how many, how sure are we, and of what is it a share?"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """Between which shares the true one lies."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """`count` of `total`; without a total there is no share, and it is not 0."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The observed share."""
        return self.count / self.total if self.total > 0 else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % Wilson interval of the share."""
        return wilson(self.count, self.total)


def wilson(count: int, total: int, *, z: float = Z_95) -> Interval | None:
    """The Wilson interval of `count` in `total` independent trials; None without trials.

    Counts beyond the total (late events, estimates) are read as all of them.
    """
    if total <= 0:
        return None
    share = min(max(count / total, 0.0), 1.0)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    middle = share + z * z / (2 * total)
    scale = 1 + z * z / total
    return Interval(
        low=max(0.0, (middle - spread) / scale), high=min(1.0, (middle + spread) / scale)
    )
