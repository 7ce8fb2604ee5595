"""Does a plan delete or overwrite so much that a person must be asked first?"""

from __future__ import annotations

from dataclasses import dataclass

SHARE_COUNTS_FROM = 10
"""In a small table three rows are a large share; below this many rows only the count speaks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """The most that may happen without a word: a count, and a share of the stream's records."""

    limit: int
    share: float


def exceeds(guard: Guard, *, affected: int, total: int) -> str | None:
    """Why the plan must stop, as a sentence; None when it may go on."""
    if affected > guard.limit:
        return f"{affected} of {total} records, more than the limit of {guard.limit}"
    if affected > SHARE_COUNTS_FROM and total and affected / total > guard.share:
        share = affected / total
        return (
            f"{affected} of {total} records ({share:.0%}), "
            f"more than the allowed share of {guard.share:.0%}"
        )
    return None
