"""When both sides change one cell, does one value stand, and can the other always be had back?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, NAME, NOTE, STAFF, World

from hub.core.merge import Winner
from hub.core.policies import ConflictPolicy, Direction
from hub.errors import NotFound
from hub.store.entities.base import new_id
from hub.sync.resolve import resolve_conflict


def _acme(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    return acme


def _clash(world: World, acme: str, *, ours_first: bool = False) -> None:
    if ours_first:
        world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    if not ours_first:
        world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.settle()


def _values(world: World, acme: str) -> tuple[Any, Any]:
    ours = world.client("Acme")
    assert ours is not None
    return ours["country"], world.records(CLIENTS)[acme].get(COUNTRY)


def test_within_two_seconds_the_source_wins_and_ours_is_kept(world: World) -> None:
    acme = _acme(world)

    _clash(world, acme)

    (kept,) = world.query("select * from hub.conflict")
    assert ("Theirs", "Theirs") == _values(world, acme)
    assert ("Kenya", "Theirs", "Ours", "theirs", "settled") == (
        kept["base"],
        kept["theirs"],
        kept["ours"],
        kept["winner"],
        kept["status"],
    )
    assert ("Berta", "Hanna") == (kept["their_actor"], kept["our_actor"])


@pytest.mark.parametrize(
    ("policy", "stands"), [(ConflictPolicy.HUB, "Ours"), (ConflictPolicy.SOURCE, "Theirs")]
)
@pytest.mark.parametrize("ours_first", [True, False])
def test_a_policy_decides_and_the_loser_is_kept(
    world: World, policy: ConflictPolicy, stands: str, ours_first: bool
) -> None:
    world.set_policy("clients", "country", conflict=policy)
    acme = _acme(world)

    _clash(world, acme, ours_first=ours_first)

    (kept,) = world.query("select theirs, ours, status from hub.conflict")
    assert (stands, stands) == _values(world, acme)
    assert {"theirs": "Theirs", "ours": "Ours", "status": "settled"} == kept


@pytest.mark.parametrize(("winner", "stands"), [(Winner.THEIRS, "Theirs"), (Winner.OURS, "Ours")])
def test_ask_leaves_both_values_until_a_person_decides(
    world: World, winner: Winner, stands: str
) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.ASK)
    acme = _acme(world)

    _clash(world, acme)
    standing = _values(world, acme)
    (kept,) = world.query("select id, status from hub.conflict")
    resolve_conflict(world.database, kept["id"], winner, by="Olga")
    world.settle()

    assert ("Ours", "Theirs") == standing
    assert "open" == kept["status"]
    assert (stands, stands) == _values(world, acme)
    (after,) = world.query("select status, winner, resolved_by from hub.conflict")
    assert {"status": "resolved", "winner": winner.value, "resolved_by": "Olga"} == after


def test_the_losing_value_can_be_restored_after_any_policy(world: World) -> None:
    acme = _acme(world)
    _clash(world, acme)
    (kept,) = world.query("select id from hub.conflict")

    resolve_conflict(world.database, kept["id"], Winner.OURS, by="Olga")
    world.settle()

    assert ("Ours", "Ours") == _values(world, acme)
    assert "Olga" == world.scalar("select actor from hub.change order by id desc limit 1")


def test_later_values_update_the_one_open_conflict(world: World) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.ASK)
    acme = _acme(world)
    _clash(world, acme)

    world.edit(CLIENTS, acme, {COUNTRY: "Theirs again"}, user="Carl")
    world.settle()

    (kept,) = world.query("select theirs, ours, status, their_actor from hub.conflict")
    assert {
        "theirs": "Theirs again",
        "ours": "Ours",
        "status": "open",
        "their_actor": "Carl",
    } == kept


def test_equal_values_close_an_open_conflict(world: World) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.ASK)
    acme = _acme(world)
    _clash(world, acme)

    world.edit(CLIENTS, acme, {COUNTRY: "Ours"})
    world.settle()

    (kept,) = world.query("select status from hub.conflict")
    assert "settled" == kept["status"]
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")
    assert ("Ours", "Ours") == _values(world, acme)


def test_equal_edits_on_both_sides_are_no_conflict(world: World) -> None:
    acme = _acme(world)

    world.edit(CLIENTS, acme, {COUNTRY: "Same"})
    world.sql("update client set country = 'Same' where name = 'Acme'")
    world.settle()

    assert ("Same", "Same") == _values(world, acme)
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_different_fields_of_one_record_merge_without_a_conflict(world: World) -> None:
    acme = _acme(world)

    world.edit(CLIENTS, acme, {NOTE: "theirs"})
    world.sql("update client set employee_count = 5 where name = 'Acme'")
    world.settle()

    assert "theirs" == world.client("Acme")["note"]  # type: ignore[index]
    assert 5 == world.records(CLIENTS)[acme][STAFF]
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_an_edit_of_another_field_made_while_the_hub_writes_arrives(world: World) -> None:
    acme = _acme(world)
    world.sql("update client set employee_count = 5 where name = 'Acme'")

    # A person's edit lands after our request took effect and before its answer leaves: the
    # answer is the whole record, and taking it for the shadow would swallow the edit.
    world.sandbox.fault(
        "edit_after",
        method="PATCH",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Berta", "update": [{"id": acme, "fields": {NOTE: "mine"}}]},
    )
    world.settle()

    assert "mine" == world.client("Acme")["note"]  # type: ignore[index]
    assert "mine" == world.records(CLIENTS)[acme][NOTE]
    assert 5 == world.records(CLIENTS)[acme][STAFF]


def test_an_edit_between_our_read_and_our_write_is_found_and_put_back(world: World) -> None:
    acme = _acme(world)
    world.sql("update client set country = 'Ours' where name = 'Acme'")

    world.sandbox.fault(
        "edit_before",
        method="PATCH",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Berta", "update": [{"id": acme, "fields": {COUNTRY: "Overwritten"}}]},
    )
    world.settle()

    (kept,) = world.query("select cause, theirs, their_actor, winner from hub.conflict")
    assert {
        "cause": "lost_update",
        "theirs": "Overwritten",
        "their_actor": "Berta",
        "winner": "theirs",
    } == kept
    assert ("Overwritten", "Overwritten") == _values(world, acme)


def test_under_the_hub_policy_an_overwritten_edit_is_kept_but_not_put_back(
    world: World,
) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.HUB)
    acme = _acme(world)
    world.sql("update client set country = 'Ours' where name = 'Acme'")

    world.sandbox.fault(
        "edit_before",
        method="PATCH",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Berta", "update": [{"id": acme, "fields": {COUNTRY: "Overwritten"}}]},
    )
    world.settle()

    (kept,) = world.query("select id, cause, theirs, winner from hub.conflict")
    assert ("lost_update", "Overwritten", "ours") == (
        kept["cause"],
        kept["theirs"],
        kept["winner"],
    )
    assert ("Ours", "Ours") == _values(world, acme)
    resolve_conflict(world.database, kept["id"], Winner.THEIRS, by="Olga")
    world.settle()
    assert ("Overwritten", "Overwritten") == _values(world, acme)


def test_a_field_that_flows_to_the_hub_only_is_never_written(world: World) -> None:
    world.set_policy("clients", "country", direction=Direction.TO_HUB)
    acme = _acme(world)

    world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.settle()
    ours_alone = _values(world, acme)
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"})
    world.settle()

    assert ("Ours", "Kenya") == ours_alone
    assert ("Theirs", "Theirs") == _values(world, acme)
    assert "Ours" == world.scalar("select ours #>> '{}' from hub.conflict")
    assert 0 == world.sandbox.write_count()


def test_a_field_that_the_hub_owns_is_put_back_and_the_edit_is_kept(world: World) -> None:
    acme = _acme(world)
    world.set_policy("clients", "country", direction=Direction.TO_SOURCE)

    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    world.settle()

    assert ("Kenya", "Kenya") == _values(world, acme)
    assert "Theirs" == world.scalar("select theirs #>> '{}' from hub.conflict")


def test_a_conflict_that_is_not_there_is_named_with_the_next_step(world: World) -> None:
    with pytest.raises(NotFound, match="hub sync conflicts"):
        resolve_conflict(world.database, new_id(), Winner.OURS, by="Olga")


def test_an_unknown_time_asks(world: World) -> None:
    acme = _acme(world)
    world.add(CLIENTS, {NAME: "Beta"})
    # Without a hook and without a modified field nobody knows when they edited.
    world.streams["clients"] = replace(world.streams["clients"], modified_field=None)
    world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.sandbox.fault(
        "edit_before",
        method="GET",
        path=f"/v0/{BASE}/{CLIENTS}",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Berta", "update": [{"id": acme, "fields": {COUNTRY: "Theirs"}}]},
    )
    world.settle()

    (kept,) = world.query("select id, status, policy from hub.conflict")
    assert ("open", "latest") == (kept["status"], kept["policy"])
    assert isinstance(kept["id"], UUID)
