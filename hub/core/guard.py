"""Does a plan delete or overwrite so much that a person must be asked first?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """The most that may happen without a word: a count, and a share of the stream's records.

    In a small table three rows are a large share: up to `share_from` rows only the count speaks.
    """

    limit: int
    share: float
    share_from: int


def exceeds(guard: Guard, *, affected: int, total: int) -> str | None:
    """Why the plan must stop, as a sentence; None when it may go on."""
    if affected > guard.limit:
        return f"{affected} of {total} records, more than the limit of {guard.limit}"
    if affected > guard.share_from and total and affected / total > guard.share:
        share = affected / total
        return (
            f"{affected} of {total} records ({share:.0%}), "
            f"more than the allowed share of {guard.share:.0%}"
        )
    return None


def delete_guard(limit: int, share: float) -> Guard:
    """The guard of deletions."""
    return Guard(limit=limit, share=share, share_from=10)


def overwrite_guard(limit: int, share: float) -> Guard:
    """The guard of overwritten rows: people paste a few hundred rows on an ordinary day."""
    return Guard(limit=limit, share=share, share_from=250)
