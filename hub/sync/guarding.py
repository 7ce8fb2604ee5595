"""What happens when a plan is too big to be carried out without a person's word?"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from hub.core import guard
from hub.core.guard import Guard
from hub.core.mapping import StreamMapping
from hub.store import links, runs, streams

DELETE_IN_HUB = "delete_in_hub"
DELETE_AT_SOURCE = "delete_at_source"
OVERWRITE_IN_HUB = "overwrite_in_hub"
OVERWRITE_AT_SOURCE = "overwrite_at_source"
_WORDS = {
    DELETE_IN_HUB: "delete rows of the hub",
    DELETE_AT_SOURCE: "delete records at the source",
    OVERWRITE_IN_HUB: "overwrite rows of the hub",
    OVERWRITE_AT_SOURCE: "overwrite records at the source",
}
WINDOW_MINUTES = 10
"""Deletions that trickle in page by page count together for so long."""


def limits(mapping: StreamMapping, action: str) -> Guard:
    """The guard that holds for `action`."""
    if action in {DELETE_IN_HUB, DELETE_AT_SOURCE}:
        return guard.delete_guard(mapping.delete_limit, mapping.share_limit)
    return guard.overwrite_guard(mapping.overwrite_limit, mapping.share_limit)


def stops(
    session: Session,
    mapping: StreamMapping,
    action: str,
    items: Collection[str],
    *,
    already: int = 0,
) -> bool:
    """Whether a plan about `items` must wait; then the stream is held and a person is asked.

    `already` counts what this run did of the same kind. Items that a person approved are free.
    """
    free = runs.decided_items(session, mapping.connection, mapping.stream, action, "approved")
    counted = sum(item not in free for item in items)
    if not counted:
        return False
    total = links.count_live(session, mapping.connection, mapping.stream)
    why = guard.exceeds(limits(mapping, action), affected=counted + already, total=total + already)
    if why is None:
        return False
    reason = f"would {_WORDS[action]}: {why}"
    approval = runs.ask_approval(
        session, mapping.connection, mapping.stream, action, sorted(items), reason
    )
    streams.change(
        session,
        mapping.connection,
        mapping.stream,
        hold_reason=f"guard: {reason}",
        needs_reconcile=True,
    )
    runs.raise_alert(
        session,
        f"guard:{mapping.connection}:{mapping.stream}:{action}",
        severity="error",
        title=f"Stream {mapping.stream} stopped itself: it {reason}.",
        next_step=(
            f"Look at it with `hub sync approvals`, then `hub sync approve {approval}` or "
            f"`hub sync refuse {approval}`. Nothing was deleted or overwritten."
        ),
        connection=mapping.connection,
        stream=mapping.stream,
    )
    return True


def deleted_lately(session: Session, mapping: StreamMapping) -> int:
    """Records of the stream found deleted within the window."""
    return links.deleted_lately(session, mapping.connection, mapping.stream, WINDOW_MINUTES)
