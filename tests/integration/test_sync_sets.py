"""Do links to several records and multi-selects merge element by element, on both sides?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sync_world import BASE, CLIENTS, NAME, PARTNERS, TAGS, World

from hub.core.mapping import FieldMapping
from hub.core.policies import ConflictPolicy, Direction
from hub.store.entities.base import new_id
from hub.store.tables import hub_columns
from hub.sync.resolve import decide_plan


def _tags(world: World, record: str) -> tuple[Any, Any]:
    """(at the hub, at Airtable), each in order."""
    ours = world.scalar("select tags from client where name = 'Acme'")
    theirs = world.records(CLIENTS)[record].get(TAGS)
    return sorted(ours or ()), sorted(theirs or ())


def _partners(world: World, name: str) -> set[str]:
    """The names of a client's partners at the hub."""
    found = world.query(
        "select p.name from client c join client p on p.id = any(c.partner_ids)"
        " where c.name = :name",
        name=name,
    )
    return {row["name"] for row in found}


def _partners_there(world: World, record: str) -> set[str]:
    records = world.records(CLIENTS)
    return {records[id_][NAME] for id_ in records[record].get(PARTNERS) or ()}


def _id(world: World, name: str) -> UUID:
    return UUID(str(world.scalar("select id from client where name = :name", name=name)))


def _text_column(world: World) -> None:
    """The multi-select is text in the hub."""
    mapping = world.streams["clients"]
    sector = FieldMapping(column=hub_columns("client")["sector"], field_id=TAGS)
    rest = tuple(item for item in mapping.fields if item.field_id != TAGS)
    world.streams["clients"] = replace(mapping, fields=(*rest, sector))


@pytest.mark.parametrize("policy", ConflictPolicy)
def test_a_tag_added_here_and_one_removed_there_are_both_carried_out(
    world: World, policy: ConflictPolicy
) -> None:
    world.set_policy("clients", "tags", conflict=policy)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big", "new"]})
    world.settle()

    world.edit(CLIENTS, acme, {TAGS: ["new", "shy"]})
    world.sql("update client set tags = '{loud,new,big,new}'")
    world.settle()

    assert (["loud", "new", "shy"], ["loud", "new", "shy"]) == _tags(world, acme)
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_tags_in_a_text_column_merge_in_the_same_way(world: World) -> None:
    _text_column(world)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big", "new"]})
    world.settle()

    world.edit(CLIENTS, acme, {TAGS: ["big", "shy"]})
    world.sql("update client set sector = 'new, loud,big'")
    world.settle()

    assert "big, loud, shy" == world.scalar("select sector from client")
    there = world.records(CLIENTS)[acme][TAGS]
    assert ["big", "loud", "shy"] == sorted(there)
    assert 0 == world.scalar("select count(*) from hub.conflict")


@pytest.mark.parametrize("as_text", [False, True], ids=["list", "text"])
def test_another_order_of_the_same_tags_rests(world: World, *, as_text: bool) -> None:
    if as_text:
        _text_column(world)
    world.add(CLIENTS, {NAME: "Acme", TAGS: ["big", "new"]})
    world.settle()
    world.sql(
        "update client set sector = 'new,big'"
        if as_text
        else "update client set tags = '{new,big,big}'"
    )
    world.settle()
    writes = world.sandbox.write_count()

    world.sql("update hub.stream_state set needs_reconcile = true")
    world.settle()

    assert writes == world.sandbox.write_count()
    assert 0 == world.scalar("select count(*) from hub.recheck")


def test_many_clients_that_link_to_many_arrive_in_both_directions(world: World) -> None:
    acme, beta, cora = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"}, {NAME: "Cora"})
    world.edit(CLIENTS, acme, {PARTNERS: [beta, cora]})
    world.edit(CLIENTS, beta, {PARTNERS: [acme, beta]})  # a circle, and itself
    world.settle()
    here = _partners(world, "Acme"), _partners(world, "Beta")

    world.sql(
        "update client set partner_ids = array_append(partner_ids, :id) where name = 'Cora'",
        id=_id(world, "Acme"),
    )
    world.settle()

    assert ({"Beta", "Cora"}, {"Acme", "Beta"}) == here
    assert {"Acme"} == _partners_there(world, cora)
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_links_that_both_sides_change_at_once_are_joined(world: World) -> None:
    acme, beta, _, dora = world.add(CLIENTS, *({NAME: n} for n in ("Acme", "Beta", "Cora", "Dora")))
    world.edit(CLIENTS, acme, {PARTNERS: [beta]})
    world.settle()

    world.edit(CLIENTS, acme, {PARTNERS: [beta, dora]})
    world.sql(
        "update client set partner_ids = array[:id] where name = 'Acme'", id=_id(world, "Cora")
    )
    world.settle()

    assert {"Cora", "Dora"} == _partners(world, "Acme") == _partners_there(world, acme)
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_rows_born_at_the_hub_that_link_to_each_other_become_records(world: World) -> None:
    one, two = new_id(), new_id()
    world.settle()

    world.add_rows(
        "client",
        {
            one: {"name": "One", "partner_ids": [str(two)]},
            two: {"name": "Two", "partner_ids": [str(one), str(two)]},
        },
    )
    world.settle()

    by_name = {fields[NAME]: record for record, fields in world.records(CLIENTS).items()}
    assert {"Two"} == _partners_there(world, by_name["One"])
    assert {"One", "Two"} == _partners_there(world, by_name["Two"])


def test_a_set_waits_for_a_record_that_comes_later(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], delete_limit=50)
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.edit(
        BASE, CLIENTS, create=[{"fields": {NAME: "Late"}}], user="Berta", typecast=True
    )
    late = next(key for key, fields in world.records(CLIENTS).items() if fields[NAME] == "Late")
    world.edit(CLIENTS, acme, {PARTNERS: [acme, late]})

    world.settle()

    assert {"Acme", "Late"} == _partners(world, "Acme")


def test_a_deleted_partner_leaves_the_set_and_the_others_stay(world: World) -> None:
    acme, beta, cora = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"}, {NAME: "Cora"})
    world.edit(CLIENTS, acme, {PARTNERS: [beta, cora]})
    world.settle()

    world.delete(CLIENTS, beta)
    world.settle()

    assert {"Cora"} == _partners_there(world, acme)
    assert [_id(world, "Cora")] == world.scalar("select partner_ids from client where name='Acme'")


def test_a_partner_that_outlives_its_deletion_stays_in_the_set(world: World) -> None:
    acme, beta, cora = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"}, {NAME: "Cora"})
    world.edit(CLIENTS, acme, {PARTNERS: [beta, cora]})
    world.settle()

    world.sql("update client set country = 'Kenya' where name = 'Beta'")
    world.delete(CLIENTS, beta)
    world.settle()

    assert {"Beta", "Cora"} == _partners(world, "Acme") == _partners_there(world, acme)


def test_a_set_waits_with_the_deletion_of_its_targets(world: World) -> None:
    records = world.add(CLIENTS, *({NAME: f"Client {n:02}"} for n in range(30)))
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.edit(CLIENTS, acme, {PARTNERS: [records[0], records[1], records[29]]})
    world.settle()

    world.delete(CLIENTS, *records[:20])
    world.settle()
    held = _partners(world, "Acme")
    waiting = world.scalar("select id from hub.approval where decision is null")
    decide_plan(world.database, UUID(str(waiting)), approve=False, by="Olga")
    world.settle()

    expected = {"Client 00", "Client 01", "Client 29"}
    assert expected == held == _partners(world, "Acme") == _partners_there(world, acme)


def test_a_set_that_flows_to_the_hub_only_is_theirs(world: World) -> None:
    world.set_policy("clients", "tags", direction=Direction.TO_HUB)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", TAGS: ["big"]})
    world.settle()

    world.sql("update client set tags = '{big,loud}'")
    world.edit(CLIENTS, acme, {TAGS: ["big", "shy"]})
    world.settle()

    assert (["big", "shy"], ["big", "shy"]) == _tags(world, acme)
    assert ["big", "loud"] == world.scalar("select ours from hub.conflict")
