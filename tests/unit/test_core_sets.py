"""Is a set that both sides changed joined, element by element, without a conflict?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_sides import FIELDS, PARENT, ROW_ID, link, meeting, record
from hypothesis import given
from hypothesis import strategies as st

from hub.core.links import Frozen
from hub.core.mapping import (
    SEPARATOR,
    FieldMapping,
    HubColumn,
    Parked,
    StreamMapping,
    readable,
    set_form,
    to_hub,
    to_remote,
)
from hub.core.meeting import LinkFate
from hub.core.merge import Action, Cell, Clash, Decision, FreezeReason, Pair, Rules, Winner
from hub.core.merge import merge_cell as merge
from hub.core.plan import plan_record
from hub.core.policies import ConflictPolicy, Direction, FirstMatchPolicy, UpdateMode
from hub.core.records import FieldSchema
from hub.core.sets import LISTED, Elements, SetForm, merge_sets
from hub.core.values import MISSING, Unfit, Value, ValueKind, canonical

NAMES = ("big", "loud", "new", "shy, and quiet")
SETS: st.SearchStrategy[Elements] = st.frozensets(st.sampled_from(NAMES))
TAGS = FieldSchema(
    id="fld_tags",
    name="Tags",
    kind=ValueKind.CHOICES,
    vendor_type="any",
    choices={f"sel{position}": name for position, name in enumerate(NAMES)},
)
AS_TEXT = FieldMapping(column=HubColumn(name="tags", kind=ValueKind.TEXT), field_id="fld_tags")
AS_LIST = FieldMapping(column=HubColumn(name="tags", kind=ValueKind.CHOICES), field_id="fld_tags")
FORMS = [set_form(AS_TEXT, TAGS), set_form(AS_LIST, TAGS)]
LINKS = FieldSchema(id="fld_friends", name="Friends", kind=ValueKind.LINKS, vendor_type="any")
A, B, C = (f"0199a8c0-0000-7000-8000-00000000000{letter}" for letter in "abc")
KNOWN = {"recA": A, A: "recA", "recB": B, B: "recB", "recC": C, C: "recC"}
FRIENDS = FieldMapping(
    column=HubColumn(name="friend_ids", kind=ValueKind.REFERENCES),
    field_id="fld_friends",
    link="clients",
)


def resolve(stream: str, id_: str) -> str | None:
    return KNOWN.get(id_)


# The laws of a three-way merge of sets


@given(SETS, SETS)
def test_one_sides_edit_of_a_set_is_the_outcome(base: Elements, edited: Elements) -> None:
    assert edited == merge_sets(base, edited, base)
    assert edited == merge_sets(base, base, edited)
    assert edited == merge_sets(base, edited, edited)


@given(SETS, SETS, SETS)
def test_swapped_sides_give_the_same_set(base: Elements, theirs: Elements, ours: Elements) -> None:
    assert merge_sets(base, theirs, ours) == merge_sets(base, ours, theirs)


@given(SETS, SETS, SETS)
def test_every_addition_is_in_and_every_removal_is_out(
    base: Elements, theirs: Elements, ours: Elements
) -> None:
    joined = merge_sets(base, theirs, ours)

    assert (theirs - base) | (ours - base) <= joined
    assert not ((base - theirs) | (base - ours)) & joined
    assert base & theirs & ours <= joined


@pytest.mark.parametrize("form", FORMS, ids=["text", "list"])
@given(SETS, SETS, SETS, st.sampled_from(ConflictPolicy))
def test_two_edits_of_a_set_never_clash(
    form: SetForm, base: Elements, theirs: Elements, ours: Elements, policy: ConflictPolicy
) -> None:
    joined = form.join(merge_sets(base, theirs, ours))
    before = Cell(
        base=Pair(hub=form.join(base), remote=sorted(base) or None),
        theirs=sorted(theirs) or None,
        theirs_as_hub=form.join(theirs),
        ours=form.join(ours),
        form=form,
    )

    decision = merge(before, Rules(conflict=policy))

    assert decision.clash is None
    expected = {
        Action.REST: before.ours,
        Action.AGREE: before.ours,
        Action.TAKE: before.theirs_as_hub,
        Action.PUSH: before.ours,
        Action.JOIN: decision.joined,
    }
    assert joined == expected[decision.action]
    assert decision.action is not Action.JOIN or joined not in (before.ours, before.theirs_as_hub)


def test_a_joined_set_is_written_to_both_sides() -> None:
    before = Cell(
        base=Pair(hub=["a", "b"], remote=["1", "2"]),
        theirs=["2", "3"],
        theirs_as_hub=["b", "c"],
        ours=["a", "b", "d"],
        form=LISTED,
    )

    expected = Decision(
        action=Action.JOIN, pair=Pair(hub=["b", "c"], remote=["2", "3"]), joined=["b", "c", "d"]
    )

    assert expected == merge(before, Rules())


@pytest.mark.parametrize(
    ("theirs", "ours", "action"),
    [
        (["a", "b", "c"], ["a", "b"], Action.TAKE),  # base: a, b
        (["a"], ["a", "b"], Action.TAKE),
        (["a", "b", "c"], ["a", "b", "c"], Action.AGREE),
        (["a", "b", "c"], ["a", "c", "b"], Action.AGREE),  # order means nothing
        (["b", "a"], ["a"], Action.PUSH),  # they only changed the order
        (["a", "c"], ["a", "b", "b"], Action.TAKE),  # doubles collapse
        (["a"], [], Action.PUSH),
        ([], ["a"], Action.TAKE),
    ],
)
def test_what_each_side_contributes_decides(
    theirs: list[str], ours: list[str], action: Action
) -> None:
    before = Cell(
        base=Pair(hub=["a", "b"], remote=["a", "b"]),
        theirs=theirs,
        theirs_as_hub=theirs,
        ours=ours,
        form=LISTED,
    )

    assert action == merge(before, Rules()).action


def test_our_text_keeps_its_order_where_the_sets_agree() -> None:
    before = Cell(
        base=Pair(hub="big", remote=["sel0"]),
        theirs=["sel0", "sel2"],
        theirs_as_hub="big, new",
        ours="new, big",
        form=set_form(AS_TEXT, TAGS),
    )

    assert Pair(hub="new, big", remote=["sel0", "sel2"]) == merge(before, Rules()).pair


@pytest.mark.parametrize(
    ("direction", "winner"),
    [(Direction.TO_HUB, Winner.THEIRS), (Direction.TO_SOURCE, Winner.OURS)],
)
def test_a_set_that_flows_one_way_has_one_master(direction: Direction, winner: Winner) -> None:
    before = Cell(
        base=Pair(hub=["a"], remote=["a"]),
        theirs=["a", "b"],
        theirs_as_hub=["a", "b"],
        ours=["a", "c"],
        form=LISTED,
    )

    clash = merge(before, Rules(direction=direction)).clash

    assert clash is not None
    assert winner == clash.winner


def test_strangers_with_the_same_elements_agree_and_others_follow_the_policy() -> None:
    met = Cell(
        base=MISSING, theirs=["a", "b"], theirs_as_hub=["a", "b"], ours=["b", "a"], form=LISTED
    )
    asked = Rules(on_first_match=FirstMatchPolicy.ASK)

    assert Action.AGREE == merge(met, asked).action
    assert (
        Clash(winner=None, policy=ConflictPolicy.ASK)
        == merge(replace(met, ours=["c"]), asked).clash
    )


def test_appending_to_a_set_keeps_what_they_removed() -> None:
    before = Cell(
        base=Pair(hub=["a", "b"], remote=["a", "b"]),
        theirs=["b", "c"],
        theirs_as_hub=["b", "c"],
        ours=["a", "b"],
        form=LISTED,
    )

    decision = merge(before, Rules(update=UpdateMode.APPEND))

    assert Pair(hub=["a", "b", "c"], remote=["b", "c"]) == decision.pair


def test_a_set_that_is_only_filled_once_stays() -> None:
    before = Cell(
        base=Pair(hub=["a"], remote=["a"]),
        theirs=["b"],
        theirs_as_hub=["b"],
        ours=["c"],
        form=LISTED,
    )
    rules = Rules(update=UpdateMode.SET_IF_EMPTY, conflict=ConflictPolicy.SOURCE)

    decision = merge(before, rules)

    assert Action.PUSH == decision.action
    assert decision.clash is not None


# How a column holds a set


@pytest.mark.parametrize("mapping", [AS_TEXT, AS_LIST], ids=["text", "list"])
@given(SETS)
def test_a_multi_select_comes_back_as_it_went(mapping: FieldMapping, names: Elements) -> None:
    form = set_form(mapping, TAGS)
    assert form is not None
    value = form.join(names)

    there = to_remote(mapping, TAGS, value, resolve)

    assert not isinstance(there, (Unfit, Parked))
    assert value == to_hub(mapping, TAGS, there, resolve)
    assert names == form.split(value)


def test_a_single_value_is_no_set() -> None:
    text = FieldSchema(id="fld1", name="Name", kind=ValueKind.TEXT, vendor_type="any")

    assert set_form(AS_TEXT, text) is None


def test_the_empty_set_is_the_default_of_a_text_that_must_be_filled() -> None:
    column = HubColumn(name="tags", kind=ValueKind.TEXT, is_nullable=False, default="")
    form = set_form(replace(AS_TEXT, column=column), TAGS)

    assert form is not None
    assert form.join(frozenset()) == ""


def test_each_element_must_be_one_that_the_column_takes() -> None:
    column = HubColumn(name="tags", kind=ValueKind.CHOICES, choices=("big", "new"))
    mapping = replace(AS_LIST, column=column)

    assert ["big", "new"] == to_hub(mapping, TAGS, ["sel0", "sel2"], resolve)
    assert Unfit(reason="'loud' is not valid here; valid are big, new") == to_hub(
        mapping, TAGS, ["sel0", "sel1"], resolve
    )


def test_links_to_several_records_are_row_ids_in_order() -> None:
    assert [A, B] == to_hub(FRIENDS, LINKS, ["recB", "recA"], resolve)
    assert ["recA", "recB"] == to_remote(FRIENDS, LINKS, [B, A], resolve)
    assert to_hub(FRIENDS, LINKS, None, resolve) is None
    assert to_remote(FRIENDS, LINKS, None, resolve) is None


def test_links_wait_for_the_first_record_that_is_not_known() -> None:
    assert Parked(stream="clients", waits_for="recX") == to_hub(
        FRIENDS, LINKS, ["recA", "recX", "recY"], resolve
    )
    assert Parked(stream="clients", waits_for=PARENT) == to_remote(
        FRIENDS, LINKS, [A, PARENT], resolve
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([B.upper(), A, A], [A, B]),
        ([], None),
        (None, None),
        ([A, "x"], Unfit(reason="'x' is not an id")),
        (A, Unfit(reason=f"'{A}' is not a list of ids")),
        (7, Unfit(reason="7 is not a list of ids")),
    ],
)
def test_a_set_of_ids_has_one_form(raw: object, expected: object) -> None:
    assert expected == canonical(ValueKind.REFERENCES, raw)


def test_what_nobody_can_read_is_shown_by_the_names_of_its_options() -> None:
    single = replace(TAGS, kind=ValueKind.CHOICE)

    assert ["big", "sel9"] == readable(TAGS, ["sel0", "sel9"])
    assert readable(single, "sel2") == "new"
    assert readable(single, "sel9") == "sel9"
    assert readable(single, None) is None
    assert readable(LINKS, ["recA"]) == ["recA"]


def test_names_are_told_apart_though_they_hold_the_separator() -> None:
    form = set_form(AS_TEXT, TAGS)
    assert form is not None

    assert {"big", "shy, and quiet"} == form.split(SEPARATOR.join(["shy, and quiet", "big"]))


# Sets of links in a plan

STREAM = StreamMapping(
    connection="base",
    stream="clients",
    remote_table="tbl1",
    hub_table="client",
    hub_id_field="fld_hub_id",
    note_field=None,
    modified_field=None,
    fields=(FRIENDS,),
)
SCHEMA = {**FIELDS, "fld_friends": LINKS}
AGREED = Pair(hub=[A, B], remote=["recA", "recB"])


def planned(
    theirs: list[str] | None, ours: Value, *, fate: LinkFate | None = None, **known: object
) -> tuple[dict[str, Value], Pair, bool, list[Frozen]]:
    """(taken, the new base, to be sent, frozen) of one set of links."""
    made = plan_record(
        STREAM,
        SCHEMA,
        meeting(
            record(None, friends=theirs),
            link(friend_ids=AGREED),
            {"friend_ids": ours},
            fate=fate or LinkFate(),
        ),
        lambda stream, id_: None if id_ in known.get("unknown", ()) else resolve(stream, id_),  # type: ignore[operator]  # a set of ids
    )
    assert not made.disagreements
    assert made.link.row_id == ROW_ID
    return (
        {name: value for name, (value, _) in made.takes.items()},
        made.link.shadow["friend_ids"],
        made.has_to_push,
        list(made.freezes),
    )


def test_a_link_that_they_add_and_one_that_we_remove_are_both_carried_out() -> None:
    taken, base, is_sent, frozen = planned(["recA", "recB", "recC"], [B])

    assert {"friend_ids": [B, C]} == taken
    assert Pair(hub=[A, B, C], remote=["recA", "recB", "recC"]) == base
    assert is_sent
    assert frozen == []


def test_a_joined_set_overwrites_nothing_that_a_guard_should_count() -> None:
    made = plan_record(
        STREAM,
        SCHEMA,
        meeting(
            record(None, friends=["recA", "recB", "recC"]),
            link(friend_ids=AGREED),
            {"friend_ids": [B]},
        ),
        resolve,
    )

    assert not made.overwrites


def test_links_that_went_with_their_target_wait_for_the_verdict() -> None:
    taken, base, is_sent, (frozen,) = planned(
        ["recA"], [A, B, C], fate=LinkFate(undecided=frozenset({B})), unknown={"recB"}
    )

    assert {} == taken
    assert AGREED == base
    assert not is_sent
    assert (FreezeReason.HELD, B) == (frozen.reason, frozen.parked_on)


def test_links_that_went_with_a_row_that_stays_are_sent_again() -> None:
    taken, base, is_sent, frozen = planned(
        ["recA", "recC"], [A, B], fate=LinkFate(kept=frozenset({B})), unknown={"recB"}
    )

    assert {"friend_ids": [A, B, C]} == taken
    assert Pair(hub=[A, C], remote=["recA", "recC"]) == base
    assert is_sent
    assert frozen == []


def test_a_link_that_we_removed_is_not_sent_again_because_its_row_stays() -> None:
    taken, base, is_sent, _ = planned(
        ["recA"], [A], fate=LinkFate(kept=frozenset({B})), unknown={"recB"}
    )

    assert {} == taken
    assert Pair(hub=[A], remote=["recA"]) == base
    assert not is_sent


def test_a_kept_link_is_remembered_while_another_waits_for_its_record() -> None:
    taken, base, is_sent, (frozen,) = planned(
        ["recA", "recC"], [A, B], fate=LinkFate(kept=frozenset({B})), unknown={"recB", "recC"}
    )

    assert {} == taken
    assert Pair(hub=[A], remote=["recA", "recB"]) == base
    assert not is_sent
    assert (FreezeReason.PARKED, "recC") == (frozen.reason, frozen.parked_on)


def test_a_link_that_a_person_took_out_of_a_set_is_out() -> None:
    taken, _, is_sent, _ = planned(["recA"], [A, B], fate=LinkFate(kept=frozenset({C})))

    assert {"friend_ids": [A]} == taken
    assert not is_sent
