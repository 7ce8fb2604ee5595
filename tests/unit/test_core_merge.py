"""Which laws hold for the merge of one cell?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.mapping import Parked
from hub.core.merge import (
    PUSH,
    REST,
    TIE,
    Action,
    Cell,
    Clash,
    Decision,
    FreezeReason,
    Pair,
    Rules,
    Winner,
    later,
    merge_cell,
)
from hub.core.policies import ConflictPolicy, Direction, FirstMatchPolicy, UpdateMode
from hub.core.values import MISSING, Unfit, Value, is_empty

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
VALUES = st.sampled_from([None, "", "a", "b", "c", 0, 1, False, True])
TIMES = st.none() | st.integers(-5, 5).map(lambda seconds: NOON + timedelta(seconds=seconds))
POLICIES = st.sampled_from(ConflictPolicy)
TWO_WAY = st.builds(Rules, conflict=POLICIES, on_first_match=st.sampled_from(FirstMatchPolicy))
ANY_RULES = st.builds(
    Rules,
    direction=st.sampled_from(Direction),
    conflict=POLICIES,
    on_first_match=st.sampled_from(FirstMatchPolicy),
    update=st.sampled_from(UpdateMode),
)
MIRRORED_POLICY = {
    ConflictPolicy.HUB: ConflictPolicy.SOURCE,
    ConflictPolicy.SOURCE: ConflictPolicy.HUB,
}
MIRRORED_WINNER = {Winner.OURS: Winner.THEIRS, Winner.THEIRS: Winner.OURS, None: None}


def cell(
    base: Value,
    theirs: Value,
    ours: Value,
    *,
    theirs_at: datetime | None = NOON,
    ours_at: datetime | None = NOON,
) -> Cell:
    """A cell whose two forms are the same."""
    return Cell(
        base=Pair(hub=base, remote=base),
        theirs=theirs,
        theirs_as_hub=theirs,
        ours=ours,
        theirs_edited_at=theirs_at,
        ours_edited_at=ours_at,
    )


def strangers(theirs: Value, ours: Value) -> Cell:
    """A cell that never met."""
    return Cell(base=MISSING, theirs=theirs, theirs_as_hub=theirs, ours=ours)


def outcome(decision: Decision, before: Cell) -> tuple[Value, Value]:
    """(hub, remote) once the decision is carried out."""
    if decision.action is Action.TAKE and decision.pair is not None:
        return decision.pair.hub, before.theirs
    if decision.action is Action.PUSH:
        return before.ours, before.ours
    return before.ours, before.theirs


# The laws of a three-way merge


@given(VALUES, VALUES, TWO_WAY)
def test_what_only_they_changed_is_taken(base: Value, theirs: Value, rules: Rules) -> None:
    before = cell(base, theirs, base)

    decision = merge_cell(before, rules)

    assert (theirs, theirs) == outcome(decision, before)
    assert decision.clash is None


@given(VALUES, VALUES, TWO_WAY)
def test_what_only_we_changed_is_sent(base: Value, ours: Value, rules: Rules) -> None:
    before = cell(base, base, ours)

    decision = merge_cell(before, rules)

    assert (PUSH if ours != base else REST) == decision


@given(VALUES, VALUES, ANY_RULES)
def test_the_same_edit_on_both_sides_is_no_conflict(
    base: Value, value: Value, rules: Rules
) -> None:
    decision = merge_cell(cell(base, value, value), rules)

    assert decision.clash is None
    assert decision.action in {Action.REST, Action.AGREE}


@given(VALUES, VALUES, VALUES, TIMES, TIMES, POLICIES)
def test_swapped_sides_give_the_same_conflicts(
    base: Value,
    theirs: Value,
    ours: Value,
    theirs_at: datetime | None,
    ours_at: datetime | None,
    policy: ConflictPolicy,
) -> None:
    near = theirs_at is not None and ours_at is not None and abs(theirs_at - ours_at) <= TIE
    mirrored = Rules(conflict=MIRRORED_POLICY.get(policy, policy))

    here = merge_cell(
        cell(base, theirs, ours, theirs_at=theirs_at, ours_at=ours_at), Rules(conflict=policy)
    ).clash
    there = merge_cell(cell(base, ours, theirs, theirs_at=ours_at, ours_at=theirs_at), mirrored)

    assert (here is None) == (there.clash is None)
    if here is not None and there.clash is not None and not (near and policy == "latest"):
        assert here.winner == MIRRORED_WINNER[there.clash.winner]


# Unison's three


@given(VALUES, VALUES, VALUES, TIMES, TIMES, ANY_RULES)
def test_no_edit_of_ours_is_lost_without_a_conflict(
    base: Value,
    theirs: Value,
    ours: Value,
    theirs_at: datetime | None,
    ours_at: datetime | None,
    rules: Rules,
) -> None:
    before = cell(base, theirs, ours, theirs_at=theirs_at, ours_at=ours_at)

    decision = merge_cell(before, rules)

    if decision.action is Action.TAKE and ours not in (base, theirs):
        assert decision.clash is not None


@given(VALUES, VALUES, VALUES, ANY_RULES)
def test_no_edit_of_theirs_is_overwritten_without_a_conflict(
    base: Value, theirs: Value, ours: Value, rules: Rules
) -> None:
    decision = merge_cell(cell(base, theirs, ours), rules)

    if decision.action is Action.PUSH and theirs not in (base, ours):
        assert decision.clash is not None


@given(VALUES, VALUES, VALUES)
def test_ask_leaves_both_sides_of_a_conflict_as_they_are(
    base: Value, theirs: Value, ours: Value
) -> None:
    before = cell(base, theirs, ours)

    decision = merge_cell(before, Rules(conflict=ConflictPolicy.ASK))

    if decision.clash is not None:
        assert (ours, theirs) == outcome(decision, before)
        assert decision.pair is None
        assert FreezeReason.CONFLICT is decision.freeze


@given(VALUES, VALUES, VALUES, TIMES, TIMES, TWO_WAY)
def test_everything_that_is_not_frozen_becomes_equal(
    base: Value,
    theirs: Value,
    ours: Value,
    theirs_at: datetime | None,
    ours_at: datetime | None,
    rules: Rules,
) -> None:
    before = cell(base, theirs, ours, theirs_at=theirs_at, ours_at=ours_at)

    decision = merge_cell(before, rules)

    if decision.action is not Action.FREEZE:
        hub, remote = outcome(decision, before)
        assert hub == remote


@given(VALUES, VALUES, VALUES, VALUES, ANY_RULES)
def test_a_decision_that_was_carried_out_rests(
    base: Value, base_there: Value, theirs: Value, ours: Value, rules: Rules
) -> None:
    before = Cell(
        base=Pair(hub=base, remote=base_there),
        theirs=theirs,
        theirs_as_hub=theirs,
        ours=ours,
        theirs_edited_at=NOON,
        ours_edited_at=NOON,
    )
    decision = merge_cell(before, rules)
    hub, remote = outcome(decision, before)
    pair = decision.pair or before.base
    if decision.action is Action.PUSH:
        pair = Pair(hub=ours, remote=remote)

    after = Cell(base=pair, theirs=remote, theirs_as_hub=remote, ours=hub)

    if decision.action is not Action.FREEZE:
        expected = {Action.REST}
        assert merge_cell(after, rules).action in expected


def test_a_normalisation_that_nobody_foresaw_rests() -> None:
    settled = Cell(
        base=Pair(hub="+49 30 1", remote="+49301"),
        theirs="+49301",
        theirs_as_hub="+49301",
        ours="+49 30 1",
    )

    assert REST == merge_cell(settled, Rules())


# Who wins


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        (NOON, NOON + TIE + timedelta(milliseconds=1), Winner.OURS),
        (NOON, NOON + TIE, Winner.THEIRS),  # two clocks cannot be told apart
        (NOON, NOON, Winner.THEIRS),
        (NOON, NOON - timedelta(hours=1), Winner.THEIRS),
        (None, NOON, None),
        (NOON, None, None),
    ],
)
def test_the_later_edit_wins_where_both_times_are_known(
    theirs: datetime | None, ours: datetime | None, expected: Winner | None
) -> None:
    assert expected == later(theirs, ours)


@pytest.mark.parametrize(
    ("policy", "winner", "action"),
    [
        (ConflictPolicy.HUB, Winner.OURS, Action.PUSH),
        (ConflictPolicy.SOURCE, Winner.THEIRS, Action.TAKE),
        (ConflictPolicy.ASK, None, Action.FREEZE),
        (ConflictPolicy.LATEST, None, Action.FREEZE),  # a time is unknown: a person is asked
    ],
)
def test_the_policy_of_the_field_decides(
    policy: ConflictPolicy, winner: Winner | None, action: Action
) -> None:
    decision = merge_cell(cell("a", "b", "c", ours_at=None), Rules(conflict=policy))

    assert Clash(winner=winner, policy=policy) == decision.clash
    assert action == decision.action


def test_a_value_that_lost_counts_as_seen_so_that_ours_differs_from_it() -> None:
    decision = merge_cell(cell("a", "b", "c"), Rules(conflict=ConflictPolicy.HUB))

    assert Pair(hub="b", remote="b") == decision.pair


@pytest.mark.parametrize(
    ("direction", "theirs", "ours", "action", "winner"),
    [
        (Direction.TO_HUB, "a", "c", Action.REST, None),  # ours is nobody's business there
        (Direction.TO_HUB, "b", "c", Action.TAKE, Winner.THEIRS),
        (Direction.TO_SOURCE, "b", "a", Action.PUSH, Winner.OURS),  # put back, and told
        (Direction.TO_SOURCE, "b", "c", Action.PUSH, Winner.OURS),
        (Direction.TO_SOURCE, "a", "c", Action.PUSH, None),
    ],
)
def test_a_field_that_flows_one_way_has_one_master(
    direction: Direction, theirs: str, ours: str, action: Action, winner: Winner | None
) -> None:
    decision = merge_cell(cell("a", theirs, ours), Rules(direction=direction))

    assert action == decision.action
    assert winner == (decision.clash.winner if decision.clash else None)


# What cannot be applied


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (Unfit(reason="no"), FreezeReason.REJECTED),
        (Parked(stream="clients", waits_for="rec1"), FreezeReason.PARKED),
    ],
)
@pytest.mark.parametrize("base", [Pair(hub="a", remote="a"), MISSING])
def test_what_has_no_hub_form_stands_still(
    why: Unfit | Parked, reason: FreezeReason, base: Pair
) -> None:
    incoming = Cell(base=base, theirs="b", theirs_as_hub=why, ours="a")

    assert Decision(action=Action.FREEZE, freeze=reason) == merge_cell(incoming, Rules())


def test_what_never_changed_is_not_looked_at_again() -> None:
    settled = Cell(
        base=Pair(hub="a", remote="b"), theirs="b", theirs_as_hub=Unfit(reason="no"), ours="a"
    )

    assert REST == merge_cell(settled, Rules())


# Update modes


@pytest.mark.parametrize(
    ("update", "ours", "theirs", "action", "hub"),
    [
        (UpdateMode.OVERWRITE, "old", "new", Action.TAKE, "new"),
        (UpdateMode.SET_IF_EMPTY, None, "new", Action.TAKE, "new"),
        (UpdateMode.SET_IF_EMPTY, "old", "new", Action.AGREE, "old"),
        (UpdateMode.SET_IF_NEW, None, "new", Action.AGREE, None),  # the row is not new
        (UpdateMode.SET_IF_NEW, "old", "new", Action.AGREE, "old"),
        (UpdateMode.APPEND, "old", "new", Action.TAKE, "old\nnew"),
        (UpdateMode.APPEND, "old", None, Action.TAKE, "old"),
        (UpdateMode.APPEND, None, "new", Action.TAKE, "new"),
    ],
)
@pytest.mark.parametrize("direction", [Direction.TWO_WAY, Direction.TO_HUB])
def test_the_update_mode_bounds_what_is_written_over(
    update: UpdateMode, ours: Value, theirs: Value, action: Action, hub: Value, direction: Direction
) -> None:
    before = Cell(
        base=Pair(hub=ours, remote="before"), theirs=theirs, theirs_as_hub=theirs, ours=ours
    )

    decision = merge_cell(before, Rules(update=update, direction=direction))

    assert Decision(action=action, pair=Pair(hub=hub, remote=theirs)) == decision


@pytest.mark.parametrize("update", [UpdateMode.SET_IF_EMPTY, UpdateMode.SET_IF_NEW])
@pytest.mark.parametrize("direction", [Direction.TWO_WAY, Direction.TO_HUB])
def test_a_first_contact_respects_the_update_mode(update: UpdateMode, direction: Direction) -> None:
    decision = merge_cell(strangers("theirs", "ours"), Rules(update=update, direction=direction))

    assert Decision(action=Action.AGREE, pair=Pair(hub="ours", remote="theirs")) == decision


@pytest.mark.parametrize("update", [UpdateMode.SET_IF_EMPTY, UpdateMode.SET_IF_NEW])
def test_a_conflict_cannot_be_won_against_the_update_mode(update: UpdateMode) -> None:
    rules = Rules(conflict=ConflictPolicy.SOURCE, update=update)

    decision = merge_cell(cell("a", "b", "c"), rules)

    assert Action.PUSH == decision.action
    assert Clash(winner=Winner.OURS, policy=ConflictPolicy.SOURCE) == decision.clash


def test_an_appended_text_keeps_both_sides_of_a_conflict() -> None:
    rules = Rules(conflict=ConflictPolicy.SOURCE, update=UpdateMode.APPEND)

    decision = merge_cell(cell("a", "b", "c"), rules)

    assert Pair(hub="c\nb", remote="b") == decision.pair


# First contact


@pytest.mark.parametrize("policy", FirstMatchPolicy)
@pytest.mark.parametrize(
    ("theirs", "ours", "action"),
    [
        ("a", "a", Action.AGREE),
        (None, None, Action.AGREE),
        ("a", None, Action.TAKE),  # filled beats empty
        (None, "a", Action.PUSH),
        (True, False, Action.TAKE),  # an unchecked box is empty
        (False, True, Action.PUSH),
    ],
)
def test_filled_beats_empty_when_strangers_meet(
    policy: FirstMatchPolicy, theirs: Value, ours: Value, action: Action
) -> None:
    decision = merge_cell(strangers(theirs, ours), Rules(on_first_match=policy))

    assert Decision(action=action, pair=Pair(hub=theirs, remote=theirs)) == decision


@pytest.mark.parametrize(
    ("policy", "action", "winner"),
    [
        (FirstMatchPolicy.SOURCE, Action.TAKE, Winner.THEIRS),
        (FirstMatchPolicy.HUB, Action.PUSH, Winner.OURS),
        (FirstMatchPolicy.ASK, Action.FREEZE, None),
    ],
)
def test_strangers_that_differ_follow_the_policy_and_are_told(
    policy: FirstMatchPolicy, action: Action, winner: Winner | None
) -> None:
    decision = merge_cell(strangers("theirs", "ours"), Rules(on_first_match=policy))

    assert action == decision.action
    assert Clash(winner=winner, policy=ConflictPolicy(policy.value)) == decision.clash


@pytest.mark.parametrize(
    ("direction", "theirs", "ours", "action", "winner"),
    [
        (Direction.TO_HUB, "theirs", "ours", Action.TAKE, Winner.THEIRS),
        (Direction.TO_HUB, "theirs", None, Action.TAKE, None),
        (Direction.TO_SOURCE, "theirs", "ours", Action.PUSH, Winner.OURS),
        (Direction.TO_SOURCE, None, "ours", Action.PUSH, None),
    ],
)
@pytest.mark.parametrize("policy", FirstMatchPolicy)
def test_strangers_in_a_one_way_field_follow_its_direction(
    direction: Direction,
    theirs: Value,
    ours: Value,
    action: Action,
    winner: Winner | None,
    policy: FirstMatchPolicy,
) -> None:
    rules = Rules(direction=direction, on_first_match=policy)

    decision = merge_cell(strangers(theirs, ours), rules)

    assert action == decision.action
    assert winner == (decision.clash.winner if decision.clash else None)


@pytest.mark.parametrize(
    ("direction", "theirs", "ours"),
    [(Direction.TO_HUB, None, "ours"), (Direction.TO_SOURCE, "theirs", None)],
)
def test_an_empty_cell_never_empties_a_stranger(
    direction: Direction, theirs: Value, ours: Value
) -> None:
    decision = merge_cell(strangers(theirs, ours), Rules(direction=direction))

    assert Decision(action=Action.AGREE, pair=Pair(hub=ours, remote=theirs)) == decision


@given(VALUES, VALUES, ANY_RULES)
def test_no_stranger_loses_a_value_without_a_conflict(
    theirs: Value, ours: Value, rules: Rules
) -> None:
    before = strangers(theirs, ours)

    decision = merge_cell(before, rules)

    hub, remote = outcome(decision, before)
    lost_ours = hub != ours and not is_empty(ours)
    if lost_ours and rules.update is UpdateMode.APPEND:
        assert str(ours) in str(hub)
    elif lost_ours or (remote != theirs and not is_empty(theirs)):
        assert decision.clash is not None
