"""Which links were cleared only because their targets were destroyed, and what follows?

Whoever destroys a record takes it out of every link. Until it is settled that its row goes, such a
link is not an edit of anybody: it waits for the verdict, or is sent again once the row stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from hub.core.mapping import FieldMapping, Resolve
from hub.core.meeting import LinkFate
from hub.core.merge import Action, Decision, FreezeReason, Pair
from hub.core.policies import Direction
from hub.core.sets import LISTED, Elements
from hub.core.values import Missing, Value, ValueKind

NOBODY: Elements = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleared:
    """The row ids that a link cell lost with their records, by what becomes of the rows."""

    undecided: Elements = NOBODY
    kept: Elements = NOBODY


NOTHING_CLEARED = Cleared()


def cleared_with_targets(
    fate: LinkFate,
    m: FieldMapping,
    base: Pair | Missing,
    theirs: Value,
    resolve: Resolve,
    *,
    edited_at: datetime | None = None,
) -> Cleared:
    """What this link cell lost although nobody touched it; `edited_at` is when it last changed."""
    if m.link is None or not isinstance(base, Pair):
        return NOTHING_CLEARED
    there = LISTED.split(theirs)
    if LISTED.split(base.remote) <= there:
        return NOTHING_CLEARED
    if m.column.kind is ValueKind.REFERENCE and theirs is not None:
        # Another record stands in its place: somebody chose that.
        return NOTHING_CLEARED
    left = {resolve(m.link, external_id) for external_id in there}
    lost = frozenset(
        row_id
        for row_id in LISTED.split(base.hub) - left
        if edited_at is None or row_id not in fate.since or edited_at >= fate.since[str(row_id)]
    )
    return Cleared(undecided=lost & fate.undecided, kept=lost & fate.kept)


def verdict(
    m: FieldMapping, base: Pair | Missing, cleared: Cleared, ours: Value
) -> Decision | None:
    """What is decided about the cell without a merge."""
    if cleared.undecided:
        return Decision(action=Action.FREEZE, freeze=FreezeReason.HELD)
    is_ours = isinstance(base, Pair) and ours == base.hub
    if cleared.kept and m.column.kind is ValueKind.REFERENCE and is_ours:
        return Decision(action=Action.PUSH, pair=Pair(hub=None, remote=None))
    return None


def without_kept(m: FieldMapping, base: Pair | Missing, cleared: Cleared) -> Pair | Missing:
    """The base that a set of links meets: links to rows that stay count as added by us."""
    is_set = m.column.kind is ValueKind.REFERENCES and m.direction is not Direction.TO_HUB
    if not cleared.kept or not is_set or not isinstance(base, Pair):
        return base
    return replace(base, hub=LISTED.join(LISTED.split(base.hub) - cleared.kept))
