"""Given what both sides last agreed on, theirs now and ours now: what happens to a cell?

Each side is compared with its own half of the agreed pair, so that a normalisation that nobody
foresaw is not mistaken for an edit. Nothing here writes: a decision is a value.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.core.mapping import Parked
from hub.core.policies import ConflictPolicy, Direction, FirstMatchPolicy, UpdateMode
from hub.core.sets import SetForm, merge_sets
from hub.core.values import MISSING, Missing, Unfit, Value, is_empty

TIE = timedelta(seconds=2)
"""Edits closer than this cannot be ordered across two clocks: the source wins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A hub value and a remote value that were held equivalent."""

    hub: Value
    remote: Value


class Action(enum.StrEnum):
    """What is done with a cell."""

    REST = "rest"
    AGREE = "agree"
    TAKE = "take"
    PUSH = "push"
    JOIN = "join"
    """Both sides contribute to a set: the joined value is taken and sent."""
    FREEZE = "freeze"


class FreezeReason(enum.StrEnum):
    """Why an incoming value was not applied."""

    CONFLICT = "conflict"
    PARKED = "parked"
    REJECTED = "rejected"
    HELD = "held"


class Winner(enum.StrEnum):
    """Whose value stands after a conflict."""

    THEIRS = "theirs"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """Both sides changed the cell differently; no winner yet means a person is asked."""

    winner: Winner | None
    policy: ConflictPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One field of one record, seen from both sides.

    `theirs` is the remote value, `theirs_as_hub` the same in hub form or why it has none; `ours`
    is the hub value. `form` tells how the hub value holds a set, where it is one.
    """

    base: Pair | Missing
    theirs: Value
    theirs_as_hub: Value | Unfit | Parked
    ours: Value
    theirs_edited_at: datetime | None = None
    ours_edited_at: datetime | None = None
    form: SetForm | None = None

    def holds(self, value: Value) -> bool:
        """Whether our value is this one; of a set whatever its order."""
        return self.ours == value or (self.form is not None and self.form.same(self.ours, value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to do with a cell; `pair` is the new base where it moves, `joined` a joined set."""

    action: Action
    pair: Pair | None = None
    joined: Value = None
    clash: Clash | None = None
    freeze: FreezeReason | None = None


REST = Decision(action=Action.REST)
PUSH = Decision(action=Action.PUSH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The policies that hold for a field."""

    direction: Direction = Direction.TWO_WAY
    conflict: ConflictPolicy = ConflictPolicy.LATEST
    on_first_match: FirstMatchPolicy = FirstMatchPolicy.SOURCE
    update: UpdateMode = UpdateMode.OVERWRITE

    @property
    def joins_sets(self) -> bool:
        """Whether sets that both sides changed are joined: only where both may write."""
        return self.direction is Direction.TWO_WAY and self.update is UpdateMode.OVERWRITE


def merge_cell(cell: Cell, rules: Rules) -> Decision:
    """Decide about one cell that is not frozen."""
    if cell.base is MISSING:
        return _first_contact(cell, rules)
    if cell.theirs == cell.base.remote:
        return PUSH if asks_to_push(cell.base, cell.ours, rules.direction) else REST
    # Whatever came in must be understood before it can win or lose.
    if isinstance(cell.theirs_as_hub, (Unfit, Parked)):
        return _cannot_apply(cell, cell.theirs_as_hub, rules)
    pair = Pair(hub=cell.theirs_as_hub, remote=cell.theirs)
    if cell.holds(cell.theirs_as_hub):
        return Decision(action=Action.AGREE, pair=Pair(hub=cell.ours, remote=cell.theirs))
    if cell.holds(cell.base.hub):
        return _theirs_only(cell, pair, rules)
    if cell.form is not None and rules.joins_sets:
        return _joined(cell, cell.form, cell.base, pair)
    return _clash(cell, pair, rules)


def _cannot_apply(cell: Cell, why: Unfit | Parked, rules: Rules) -> Decision:
    if rules.direction is not Direction.TO_SOURCE:
        reason = FreezeReason.PARKED if isinstance(why, Parked) else FreezeReason.REJECTED
        return Decision(action=Action.FREEZE, freeze=reason)
    if cell.base is MISSING and is_empty(cell.ours):
        return Decision(action=Action.AGREE, pair=Pair(hub=cell.ours, remote=cell.theirs))
    # The hub owns this field: what it cannot read there is told as it is, and ours is put back.
    # No value of the hub stands for theirs, so theirs stands for itself, and ours differs from it.
    return Decision(
        action=Action.PUSH,
        pair=Pair(hub=cell.theirs, remote=cell.theirs),
        clash=Clash(winner=Winner.OURS, policy=ConflictPolicy.HUB),
    )


def _joined(cell: Cell, form: SetForm, base: Pair, pair: Pair) -> Decision:
    """Both changed a set: each side gets what the other added and loses what it removed."""
    theirs, ours = form.split(pair.hub), form.split(cell.ours)
    joined = merge_sets(form.split(base.hub), theirs, ours)
    if joined == theirs:
        return Decision(action=Action.TAKE, pair=pair)
    if joined == ours:
        return Decision(action=Action.PUSH, pair=pair)
    return Decision(action=Action.JOIN, pair=pair, joined=form.join(joined))


def asks_to_push(base: Pair, ours: Value, direction: Direction) -> bool:
    """Whether a cell that the other side left as it was is to be sent."""
    return ours != base.hub and direction is not Direction.TO_HUB


def _theirs_only(cell: Cell, pair: Pair, rules: Rules) -> Decision:
    if rules.direction is Direction.TO_SOURCE:
        # The hub owns this field: their edit is kept as the losing value and put back.
        return Decision(
            action=Action.PUSH,
            pair=pair,
            clash=Clash(winner=Winner.OURS, policy=ConflictPolicy.HUB),
        )
    return _taken(cell, pair, rules)


def _taken(cell: Cell, pair: Pair, rules: Rules, clash: Clash | None = None) -> Decision:
    """Theirs is to be written into a row that exists, as far as the update mode lets it."""
    if _keeps(cell.ours, rules):
        # Filled already, or not new: ours stands, and the two count as settled.
        return Decision(action=Action.AGREE, pair=Pair(hub=cell.ours, remote=pair.remote))
    if rules.update is UpdateMode.APPEND and not is_empty(cell.ours):
        pair = Pair(hub=_appended(cell, pair.hub), remote=pair.remote)
    return Decision(action=Action.TAKE, pair=pair, clash=clash)


def _appended(cell: Cell, theirs: Value) -> Value:
    if cell.form is not None:
        return cell.form.join(cell.form.split(cell.ours) | cell.form.split(theirs))
    return cell.ours if is_empty(theirs) else f"{cell.ours}\n{theirs}"


def _keeps(ours: Value, rules: Rules) -> bool:
    """Whether the update mode lets nothing be written over what we have."""
    if rules.update is UpdateMode.SET_IF_EMPTY:
        return not is_empty(ours)
    return rules.update is UpdateMode.SET_IF_NEW


def _clash(cell: Cell, pair: Pair, rules: Rules) -> Decision:
    winner, policy = _winner(cell, rules)
    clash = Clash(winner=winner, policy=policy)
    if winner is None:
        return Decision(action=Action.FREEZE, freeze=FreezeReason.CONFLICT, clash=clash)
    if (
        winner is Winner.THEIRS
        and rules.direction is Direction.TWO_WAY
        and _keeps(cell.ours, rules)
    ):
        clash = Clash(winner=Winner.OURS, policy=policy)
    elif winner is Winner.THEIRS:
        return _taken(cell, pair, rules, clash)
    # Their value is taken in as the base, so that ours differs from it and is sent.
    return Decision(action=Action.PUSH, pair=pair, clash=clash)


def _winner(cell: Cell, rules: Rules) -> tuple[Winner | None, ConflictPolicy]:
    if rules.direction is Direction.TO_HUB:
        return Winner.THEIRS, ConflictPolicy.SOURCE
    if rules.direction is Direction.TO_SOURCE:
        return Winner.OURS, ConflictPolicy.HUB
    match rules.conflict:
        case ConflictPolicy.HUB:
            return Winner.OURS, rules.conflict
        case ConflictPolicy.SOURCE:
            return Winner.THEIRS, rules.conflict
        case ConflictPolicy.ASK:
            return None, rules.conflict
        case _:
            return later(cell.theirs_edited_at, cell.ours_edited_at), rules.conflict


def later(theirs: datetime | None, ours: datetime | None) -> Winner | None:
    """Whose edit is the later one; nobody can say where a time is unknown."""
    if theirs is None or ours is None:
        return None
    return Winner.OURS if ours - theirs > TIE else Winner.THEIRS


def _first_contact(cell: Cell, rules: Rules) -> Decision:
    if isinstance(cell.theirs_as_hub, (Unfit, Parked)):
        return _cannot_apply(cell, cell.theirs_as_hub, rules)
    pair = Pair(hub=cell.theirs_as_hub, remote=cell.theirs)
    if cell.holds(cell.theirs_as_hub):
        return Decision(action=Action.AGREE, pair=Pair(hub=cell.ours, remote=cell.theirs))
    if is_empty(cell.theirs) or is_empty(cell.ours):
        return _fill(cell, pair, rules)
    winner, policy = _winner_of_strangers(rules)
    clash = Clash(winner=winner, policy=policy)
    if winner is None:
        return Decision(action=Action.FREEZE, freeze=FreezeReason.CONFLICT, clash=clash)
    if winner is Winner.THEIRS:
        return _taken(cell, pair, rules, clash)
    return Decision(action=Action.PUSH, pair=pair, clash=clash)


def _fill(cell: Cell, pair: Pair, rules: Rules) -> Decision:
    """Filled beats empty; where values do not flow that way, both sides stay as they are."""
    if is_empty(cell.theirs) and rules.direction is not Direction.TO_HUB:
        return Decision(action=Action.PUSH, pair=pair)
    if not is_empty(cell.theirs) and rules.direction is not Direction.TO_SOURCE:
        return _taken(cell, pair, rules)
    return Decision(action=Action.AGREE, pair=Pair(hub=cell.ours, remote=cell.theirs))


def _winner_of_strangers(rules: Rules) -> tuple[Winner | None, ConflictPolicy]:
    if rules.direction is Direction.TO_HUB:
        return Winner.THEIRS, ConflictPolicy.SOURCE
    if rules.direction is Direction.TO_SOURCE:
        return Winner.OURS, ConflictPolicy.HUB
    match rules.on_first_match:
        case FirstMatchPolicy.SOURCE:
            return Winner.THEIRS, ConflictPolicy.SOURCE
        case FirstMatchPolicy.HUB:
            return Winner.OURS, ConflictPolicy.HUB
        case _:
            return None, ConflictPolicy.ASK
