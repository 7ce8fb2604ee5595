"""Does what random worlds once found stay mended? Each test is such a find, cut to its bone."""

from __future__ import annotations

from collections import Counter

from sync_world import BASE, CLIENTS, COUNTRY, HUB_ID, NAME, World

from hub.store.entities.base import new_id

PAGE = f"/v0/{BASE}/{CLIENTS}"


def _names(world: World) -> Counter[str]:
    return Counter(fields.get(NAME, "") for fields in world.records(CLIENTS).values())


def test_a_list_cut_short_is_no_deletion_even_if_it_shows_the_witness(world: World) -> None:
    world.add(CLIENTS, {NAME: "Witness"})
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"})
    world.sandbox.fault("partial_list", path=PAGE)
    world.settle()

    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]
    assert 0 == world.scalar("select count(*) from history.client where deleted_at is not null")


def test_a_record_restored_after_its_row_made_a_new_one_becomes_a_row_of_its_own(
    world: World,
) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set name = 'Acme Kenya' where name = 'Acme'")
    world.delete(CLIENTS, acme)
    world.settle()

    world.sandbox.restore(BASE, CLIENTS, [acme])
    world.settle()

    records = world.records(CLIENTS)
    assert {"Acme": 1, "Acme Kenya": 1} == _names(world)
    assert {"Acme", "Acme Kenya"} == {row["name"] for row in world.query("select * from client")}
    assert 2 == len({fields.get(HUB_ID) for fields in records.values()})


def test_a_row_and_its_record_that_both_come_back_meet_again(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    world.delete(CLIENTS, acme)
    world.settle()

    world.sandbox.restore(BASE, CLIENTS, [acme])
    world.sandbox.fault("status", path="/payloads", status=503)
    world.sql("update client set deleted_at = null, country = 'Uganda'")
    world.settle()

    assert [acme] == list(world.records(CLIENTS))
    assert "Uganda" == world.records(CLIENTS)[acme][COUNTRY]
    assert 1 == world.scalar("select count(*) from hub.record_link")


def test_a_row_deleted_before_its_create_is_known_takes_the_record_with_it(world: World) -> None:
    world.settle()
    world.add_rows("client", {new_id(): {"name": "Acme"}, new_id(): {"name": "Bolt"}})
    world.sandbox.fault("drop_after", method="PATCH", path=PAGE)
    world.ring()
    world.attend()
    assert 2 == len(world.records(CLIENTS))

    world.sql("update client set deleted_at = now() where name = 'Acme'")
    world.sql("delete from client where name = 'Bolt'")
    world.settle()

    assert {} == world.records(CLIENTS)
    assert 0 == world.scalar("select count(*) from client where deleted_at is null")


def test_a_record_that_cannot_become_a_row_keeps_saying_why(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Acme"})
    world.settle()

    world.sql("update hub.stream_state set needs_reconcile = true")
    world.settle()

    (held,) = world.query("select id from hub.record_link where state = 'held'")
    why = world.scalar("select detail from hub.frozen_cell where link_id = :id", id=held["id"])
    assert "another live row has this value" in str(why)


def test_a_write_that_never_arrived_is_not_waited_for_once_its_row_is_settled(
    world: World,
) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.sandbox.fault("drop_before", method="PATCH", path=PAGE)
    world.ring()
    world.attend()

    world.sql("update client set country = 'Uganda'")
    world.settle()

    assert "Uganda" == world.records(CLIENTS)[acme][COUNTRY]
    assert 0 == world.scalar("select count(*) from hub.write_intent where outcome is null")
