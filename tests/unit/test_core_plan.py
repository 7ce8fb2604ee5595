"""What is written at the hub when a record was read?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from core_sides import (
    FIELDS,
    NOON,
    PARENT,
    ROW_ID,
    link,
    meeting,
    one_way,
    record,
    resolve,
    stream,
)

from hub.core.links import HELD, LIVE, TOMBSTONE, Frozen, Link
from hub.core.mapping import StreamMapping
from hub.core.meeting import Disagreement, Edit, LinkFate, Meeting, RecordPlan
from hub.core.merge import FreezeReason, Pair, Winner
from hub.core.plan import choose_row_id, keep_ours, plan_record
from hub.core.policies import ConflictPolicy, Direction
from hub.core.records import FieldSchema
from hub.core.stream_order import order_streams
from hub.core.values import Value

ANNA = Edit(actor="Anna", at=NOON)
HANNA = Edit(actor="Hanna", at=NOON + timedelta(minutes=1))
ASK = stream(conflict=ConflictPolicy.ASK)
ROW: dict[str, Value] = {"name": "Acme", "staff": 5, "vip": False, "parent_id": None}
SETTLED = link(
    name="Acme", staff=Pair(hub=5, remote="5"), vip=False, parent_id=Pair(hub=None, remote=None)
)
SAME = record(name="Acme", staff="5")
CONFLICT = Frozen(field="name", reason="conflict", incoming="Theirs")


def plan(
    met: Meeting,
    mapping: StreamMapping | None = None,
    fields: dict[str, FieldSchema] | None = None,
) -> RecordPlan:
    return plan_record(mapping or stream(), FIELDS if fields is None else fields, met, resolve)


def takes(made: RecordPlan) -> dict[str, Value]:
    return {name: value for name, (value, _) in made.takes.items()}


# A record that is read again


def test_a_record_that_nobody_changed_changes_nothing() -> None:
    made = plan(meeting(SAME, SETTLED, ROW))

    assert RecordPlan(meeting=made.meeting, link=SETTLED, takes={}) == made
    assert not made.changes_link


def test_their_edit_is_taken_with_who_made_it() -> None:
    read = record(name="Acme Ltd", staff="5")

    made = plan(meeting(read, SETTLED, ROW, edits={"fld_name": ANNA}))

    assert {"name": ("Acme Ltd", ANNA)} == made.takes
    assert Pair(hub="Acme Ltd", remote="Acme Ltd") == made.link.shadow["name"]
    assert made.overwrites
    assert made.changes_link


def test_filling_an_empty_cell_overwrites_nothing() -> None:
    made = plan(meeting(record(name="Acme", staff="5", parent_id=["recParent"]), SETTLED, ROW))

    assert {"parent_id": PARENT} == takes(made)
    assert not made.overwrites


def test_an_edit_of_ours_is_only_marked_to_be_sent() -> None:
    made = plan(meeting(SAME, SETTLED, {**ROW, "name": "Ours"}))

    assert {} == made.takes
    assert SETTLED == made.link
    assert made.has_to_push


def test_a_cleared_cell_is_taken_as_empty() -> None:
    made = plan(meeting(record(), SETTLED, ROW))

    assert {"name": None, "staff": None} == takes(made)


def test_an_unmapped_column_and_a_field_that_is_gone_survive() -> None:
    fields = {key: schema for key, schema in FIELDS.items() if key != "fld_name"}

    made = plan(meeting(record(staff="6"), SETTLED, {**ROW, "secret": "kept"}), fields=fields)

    assert {"staff": 6} == takes(made)
    assert SETTLED.shadow["name"] == made.link.shadow["name"]


@pytest.mark.parametrize("state", [HELD, TOMBSTONE])
def test_a_record_of_a_live_row_revives_its_link(state: str) -> None:
    made = plan(meeting(SAME, replace(SETTLED, state=state), ROW))

    assert LIVE == made.link.state
    assert made.changes_link


def test_who_and_when_come_from_the_change_then_the_birth_then_the_record() -> None:
    read = record(at=NOON, name="New", staff="6")
    told = meeting(read, SETTLED, ROW, edits={"fld_name": ANNA}, created_by=HANNA)
    untold = meeting(read, SETTLED, ROW)

    assert [ANNA, HANNA] == [edit for _, edit in plan(told).takes.values()]
    assert {Edit(actor="unknown", at=NOON)} == {edit for _, edit in plan(untold).takes.values()}


# Conflicts


def both_edited(mapping: StreamMapping, known: Link = SETTLED, theirs: str = "Theirs") -> Meeting:
    return meeting(
        record(name=theirs, staff="5"),
        known,
        {**ROW, "name": "Ours"},
        edits={"fld_name": ANNA},
        our_edits={"name": HANNA},
    )


def test_two_edits_are_a_disagreement_that_keeps_the_losing_value() -> None:
    made = plan(both_edited(stream()))

    expected = Disagreement(
        field="name",
        base="Acme",
        theirs="Theirs",
        ours="Ours",
        their_edit=ANNA,
        our_edit=HANNA,
        cause="both_changed",
        policy=ConflictPolicy.LATEST,
        winner=Winner.OURS,
    )
    assert (expected,) == made.disagreements
    assert made.has_to_push
    assert not made.needs_our_times


def test_a_conflict_by_time_asks_when_we_edited() -> None:
    made = plan(replace(both_edited(stream()), our_edits={}))

    assert made.needs_our_times


def test_ask_freezes_the_cell_and_lets_the_others_pass() -> None:
    met = both_edited(ASK)
    met = replace(met, record=record(name="Theirs", staff="6"))

    made = plan(met, ASK)

    assert {"staff": 6} == takes(made)
    assert (CONFLICT,) == made.freezes
    assert SETTLED.shadow["name"] == made.link.shadow["name"]
    assert [None] == [item.winner for item in made.disagreements]


def test_an_open_conflict_is_told_once() -> None:
    asked = replace(SETTLED, frozen={"name": CONFLICT})

    made = plan(both_edited(ASK, asked), ASK)

    assert ((), ()) == (made.freezes, made.disagreements)
    assert not made.changes_link


def test_an_open_conflict_is_not_told_again_because_another_opens() -> None:
    asked = replace(
        SETTLED,
        frozen={"staff": Frozen(field="staff", reason="conflict", incoming="6")},
    )
    met = meeting(record(name="Theirs", staff="6"), asked, {**ROW, "name": "Ours", "staff": 7})

    made = plan(met, ASK)

    assert ["name"] == [item.field for item in made.disagreements]


def test_an_open_conflict_follows_their_later_value() -> None:
    asked = replace(SETTLED, frozen={"name": CONFLICT})

    made = plan(both_edited(ASK, asked, theirs="Theirs again"), ASK)

    assert ["Theirs again"] == [cell.incoming for cell in made.freezes]
    assert ["Theirs again"] == [item.theirs for item in made.disagreements]


def test_a_person_who_was_asked_is_not_overruled_by_another_policy() -> None:
    asked = replace(SETTLED, frozen={"name": CONFLICT})

    made = plan(both_edited(stream(), asked), stream(conflict=ConflictPolicy.SOURCE))

    assert {} == made.takes
    assert () == made.disagreements


@pytest.mark.parametrize(
    ("theirs", "ours", "winner"),
    [
        ("Same", "Same", None),  # both say the same now
        ("Acme", "Ours", Winner.OURS),  # they took theirs back
        ("Theirs", "Acme", Winner.THEIRS),  # we took ours back
    ],
)
def test_values_that_agree_again_close_the_conflict(
    theirs: str, ours: str, winner: Winner | None
) -> None:
    asked = replace(SETTLED, frozen={"name": CONFLICT})

    made = plan(
        meeting(record(name=theirs, staff="5"), asked, {**ROW, "name": ours}),
        ASK,
    )

    assert (("name", winner),) == made.closed
    assert ("name",) == made.thaws
    assert {} == made.link.frozen


def test_a_value_that_became_valid_thaws_without_a_conflict_to_close() -> None:
    rejected = replace(
        SETTLED, frozen={"staff": Frozen(field="staff", reason="rejected", incoming="many")}
    )

    made = plan(meeting(record(name="Acme", staff="6"), rejected, ROW))

    assert {"staff": 6} == takes(made)
    assert (("staff",), ()) == (made.thaws, made.closed)


def test_a_conflict_that_frost_hid_is_told_when_it_thaws() -> None:
    rejected = replace(
        SETTLED, frozen={"name": Frozen(field="name", reason="rejected", incoming=None)}
    )

    made = plan(both_edited(stream(), rejected), stream(conflict=ConflictPolicy.SOURCE))

    assert {"name": "Theirs"} == takes(made)
    assert [Winner.THEIRS] == [item.winner for item in made.disagreements]


def test_an_open_conflict_in_a_field_that_became_one_way_is_decided() -> None:
    asked = replace(SETTLED, frozen={"name": CONFLICT})

    made = plan(both_edited(stream(), asked), one_way(Direction.TO_HUB))

    assert {"name": "Theirs"} == takes(made)
    assert (("name",), ()) == (made.thaws, made.closed)
    assert [Winner.THEIRS] == [item.winner for item in made.disagreements]


def test_refusing_their_value_counts_it_as_seen_and_sends_ours() -> None:
    made = keep_ours(plan(meeting(record(name="Theirs", staff="5"), SETTLED, ROW)))

    assert {} == made.takes
    assert "Theirs" == made.link.shadow["name"].remote
    assert made.has_to_push


# What cannot be applied


def test_a_value_that_does_not_fit_freezes_its_cell_with_the_reason() -> None:
    made = plan(meeting(record(name="Acme", staff="2.5"), SETTLED, ROW))

    assert ("staff", "rejected", "2.5", "'2.5' is not a whole number") == (
        made.freezes[0].field,
        made.freezes[0].reason,
        made.freezes[0].incoming,
        made.freezes[0].detail,
    )
    assert {} == made.takes


def test_a_link_to_an_unknown_record_waits_for_it() -> None:
    made = plan(meeting(record(name="Acme", staff="5", parent_id=["recNew"]), SETTLED, ROW))

    assert ("parked", "clients", "recNew") == (
        made.freezes[0].reason,
        made.freezes[0].parked_stream,
        made.freezes[0].parked_on,
    )


# Links and the deletion of what they point to

WITH_PARENT = replace(
    SETTLED, shadow={**SETTLED.shadow, "parent_id": Pair(hub=PARENT, remote=["recParent"])}
)
CHILD = {**ROW, "parent_id": PARENT}


def test_a_link_cleared_with_its_target_waits_for_the_verdict() -> None:
    fate = LinkFate(undecided=frozenset({PARENT}))

    made = plan(meeting(SAME, WITH_PARENT, CHILD, fate=fate))

    assert {} == made.takes
    assert FreezeReason.HELD == made.freezes[0].reason
    assert PARENT == made.freezes[0].parked_on


def test_a_link_cleared_with_a_target_that_stays_is_set_again() -> None:
    fate = LinkFate(kept=frozenset({PARENT}))

    made = plan(meeting(SAME, WITH_PARENT, CHILD, fate=fate))

    assert {} == made.takes
    assert Pair(hub=None, remote=None) == made.link.shadow["parent_id"]
    assert made.has_to_push


@pytest.mark.parametrize("fate", [LinkFate(), LinkFate(kept=frozenset({"another"}))])
def test_a_link_that_a_person_cleared_is_cleared(fate: LinkFate) -> None:
    assert {"parent_id": None} == takes(plan(meeting(SAME, WITH_PARENT, CHILD, fate=fate)))


def test_a_link_that_we_moved_meanwhile_is_not_set_back() -> None:
    fate = LinkFate(kept=frozenset({PARENT}))
    moved = {**CHILD, "parent_id": "0199a8c0-0000-7000-8000-000000000003"}

    made = plan(meeting(SAME, WITH_PARENT, moved, fate=fate))

    assert ["parent_id"] == [item.field for item in made.disagreements]


def test_a_link_that_was_never_there_does_not_wait_for_a_verdict() -> None:
    unsent = replace(SETTLED, shadow={**SETTLED.shadow, "parent_id": Pair(hub=PARENT, remote=None)})

    made = plan(meeting(SAME, unsent, CHILD, fate=LinkFate(undecided=frozenset({PARENT}))))

    assert () == made.freezes


def test_a_held_cell_is_not_looked_at_until_the_verdict() -> None:
    held = replace(
        WITH_PARENT, frozen={"parent_id": Frozen(field="parent_id", reason="held", incoming=None)}
    )

    made = plan(meeting(SAME, held, CHILD))

    assert not made.changes_link
    assert {} == made.takes


# A record that is new here


def newcomer(mapping: StreamMapping, **cells: Value) -> RecordPlan:
    return plan(meeting(record(None, **cells), link(), None, is_new_link=True), mapping)


def test_a_new_record_becomes_a_row() -> None:
    made = newcomer(stream(), name="Acme", staff="5", parent_id=["recParent"])

    assert {"name": "Acme", "staff": 5, "vip": False, "parent_id": PARENT} == takes(made)
    assert made.inserts
    assert LIVE == made.link.state
    assert Pair(hub=5, remote="5") == made.link.shadow["staff"]


def test_a_field_that_the_hub_owns_is_not_taken_from_a_new_record() -> None:
    made = newcomer(one_way(Direction.TO_SOURCE), name="Acme")

    assert {} == takes(made)
    assert {} == made.link.shadow
    assert made.inserts


def test_a_field_that_is_gone_is_left_out_of_a_new_row() -> None:
    made = plan(meeting(record(name="Acme"), link(), None, is_new_link=True), fields={})

    assert {} == takes(made)


def test_a_new_record_with_one_bad_cell_is_a_row_without_it() -> None:
    made = newcomer(stream(), name="Acme", staff="many", parent_id=["recNew"])

    assert {"name": "Acme", "vip": False} == takes(made)
    assert {"staff": "rejected", "parent_id": "parked"} == {
        cell.field: cell.reason for cell in made.freezes
    }


REQUIRED = stream(columns={"name": {"is_nullable": False}})


def test_a_record_that_cannot_be_a_row_yet_is_held() -> None:
    made = newcomer(REQUIRED, staff="5")

    assert {} == made.takes
    assert not made.inserts
    assert (HELD, {}) == (made.link.state, made.link.shadow)
    assert "this cell must not be empty" == made.freezes[0].detail


def test_a_bad_cell_does_not_hold_a_record_where_the_column_has_a_default() -> None:
    mapping = stream(columns={"staff": {"is_nullable": False, "default": 0}})

    made = newcomer(mapping, name="Acme", staff="many")

    assert made.inserts
    assert {"name": "Acme", "vip": False, "parent_id": None} == takes(made)


def test_a_held_record_becomes_a_row_once_it_is_complete() -> None:
    waiting = link(
        state=HELD, frozen={"name": Frozen(field="name", reason="rejected", incoming=None)}
    )

    made = plan(meeting(record(name="Acme"), waiting, None), REQUIRED)

    assert made.inserts
    assert ("name",) == made.thaws
    assert LIVE == made.link.state


@pytest.mark.parametrize(
    ("hub_id", "stands", "is_pushed"),
    [
        (str(ROW_ID), True, False),
        (None, False, False),  # it gets its Hub ID with the first write it needs anyway
        ("0199a8c0-0000-7000-8000-00000000dead", False, True),  # a copy of another record
    ],
)
def test_a_copied_hub_id_is_replaced_a_missing_one_is_no_hurry(
    hub_id: str | None, stands: bool, is_pushed: bool
) -> None:
    new = plan(meeting(record(hub_id=hub_id, name="Acme"), link(), None, is_new_link=True))
    known = plan(meeting(record(hub_id=hub_id, name="Acme", staff="5"), SETTLED, ROW))

    assert (stands, is_pushed) == (new.link.has_hub_id, new.has_to_push)
    assert (stands, is_pushed) == (known.link.has_hub_id, known.has_to_push)


def test_without_a_hub_id_field_there_is_nothing_to_correct() -> None:
    made = plan(meeting(SAME, SETTLED, ROW), stream(hub_id_field=None))

    assert made.link.has_hub_id
    assert not made.has_to_push


# A row that is deleted


def deleted(read: str, known: Link = SETTLED, row: dict[str, Value] | None = ROW) -> RecordPlan:
    met = meeting(
        record(name=read, staff="5"),
        known,
        row,
        is_row_deleted=row is not None,
        edits={"fld_name": ANNA},
        our_edits={"deleted_at": HANNA},
    )
    return plan(met)


@pytest.mark.parametrize("row", [ROW, None])
def test_a_deletion_of_ours_stands_while_nobody_edits_the_record(
    row: dict[str, Value] | None,
) -> None:
    made = deleted("Acme", row=row)

    assert {} == made.takes
    assert made.has_to_push
    assert not made.revives
    assert not made.inserts


def test_an_edit_against_our_deletion_wins_and_is_told() -> None:
    made = deleted("Edited")

    assert made.revives
    assert {"name": "Edited"} == takes(made)
    assert [("deleted_at", "edit_against_delete", ANNA, HANNA)] == [
        (item.field, item.cause, item.their_edit, item.our_edit) for item in made.disagreements
    ]


def test_an_edit_against_a_vanished_row_makes_it_anew() -> None:
    made = deleted("Edited", row=None)

    assert made.inserts
    assert "Edited" == takes(made)["name"]
    assert ["edit_against_delete"] == [item.cause for item in made.disagreements]


def test_an_edit_in_a_field_that_the_hub_owns_saves_no_record() -> None:
    met = meeting(record(name="Edited", staff="5"), SETTLED, ROW, is_row_deleted=True)

    made = plan(met, one_way(Direction.TO_SOURCE))

    assert not made.revives
    assert made.has_to_push


def test_a_record_that_brings_a_deleted_rows_id_revives_it_without_a_conflict() -> None:
    met = meeting(record(name="Back"), link(), ROW, is_row_deleted=True, is_new_link=True)

    made = plan(met)

    assert made.revives
    assert "deleted_at" not in {item.field for item in made.disagreements}


def test_a_silent_edit_against_our_deletion_has_no_author() -> None:
    met = meeting(record(at=NOON, name="Edited", staff="5"), SETTLED, ROW, is_row_deleted=True)

    assert [Edit(actor="unknown", at=NOON)] == [item.their_edit for item in plan(met).disagreements]


def test_a_record_that_reappears_revives_its_row_without_a_conflict() -> None:
    made = deleted("Acme", replace(SETTLED, state=TOMBSTONE))

    assert made.revives
    assert LIVE == made.link.state
    assert () == made.disagreements


def test_a_record_of_a_forgotten_tombstone_becomes_a_row() -> None:
    made = deleted("Acme", replace(SETTLED, state=TOMBSTONE), row=None)

    assert made.inserts
    assert () == made.disagreements


# Streams and ids


def test_parents_come_first_and_cycles_are_cut() -> None:
    def points_to(*targets: str) -> StreamMapping:
        fields = tuple(
            replace(stream().fields[0], link=target) for target in (*targets, None) if target != ""
        )
        return replace(stream(), fields=fields)

    streams = {
        "deals": points_to("clients", "contacts"),
        "clients": points_to("clients", "owners"),
        "owners": points_to("clients"),
        "contacts": points_to("clients", "elsewhere"),
    }

    order = order_streams(streams)

    assert {"deals", "clients", "owners", "contacts"} == set(order)
    assert order.index("clients") < order.index("contacts") < order.index("deals")


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        (str(ROW_ID), ROW_ID),
        (f" {ROW_ID}\n", ROW_ID),
        ("our best client", None),
        (None, None),
        (7, None),
    ],
)
def test_only_an_id_is_an_id(carried: Value, expected: UUID | None) -> None:
    assert expected == choose_row_id(carried)
