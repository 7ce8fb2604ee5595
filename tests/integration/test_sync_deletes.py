"""Is only a real deletion a deletion, and does none empty a table without a person's word?"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sync_world import BASE, CLIENT, CLIENTS, CODE, COUNTRY, DEALS, HUB_ID, NAME, World

from hub.core.policies import DeletePolicy
from hub.sync.resolve import decide_plan


def _many(world: World, count: int) -> list[str]:
    records = world.add(CLIENTS, *({NAME: f"Client {number:03}"} for number in range(count)))
    world.settle()
    return records


def _live(world: World) -> int:
    return int(world.scalar("select count(*) from client where deleted_at is null"))


def test_a_deleted_record_leaves_a_tombstone_with_its_author(world: World) -> None:
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.delete(CLIENTS, acme, user="Berta")
    world.settle()

    assert world.client("Acme")["deleted_at"] is not None  # type: ignore[index]
    assert "Berta" == world.scalar("select actor from hub.change order by id desc limit 1")
    assert 1 == len(world.records(CLIENTS))


def test_a_deleted_row_deletes_its_record(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.sql("update client set deleted_at = now() where name = 'Acme'")
    world.settle()

    assert ["Beta"] == [fields[NAME] for fields in world.records(CLIENTS).values()]


def test_a_row_deleted_by_sql_deletes_its_record(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.sql("delete from client where name = 'Acme'")
    world.settle()

    assert ["Beta"] == [fields[NAME] for fields in world.records(CLIENTS).values()]


def test_deleting_every_row_by_sql_does_not_empty_the_base(world: World) -> None:
    _many(world, 60)

    world.sql("delete from client")
    world.settle()

    (waiting,) = world.query("select id, reason, action from hub.approval")
    assert 60 == len(world.records(CLIENTS))
    assert "delete_at_source" == waiting["action"]
    assert "60 of 60" in waiting["reason"]
    assert 1 == world.scalar("select count(*) from hub.alert where closed_at is null")


def test_a_refused_deletion_brings_the_rows_back_with_their_ids(world: World) -> None:
    _many(world, 60)
    before = {row["id"] for row in world.query("select id from client")}
    world.sql("delete from client")
    world.settle()

    decide_plan(world.database, _waiting(world), approve=False, by="Olga")
    world.settle()

    assert before == {row["id"] for row in world.query("select id from client")}
    assert 60 == len(world.records(CLIENTS))


def test_an_approved_deletion_is_carried_out(world: World) -> None:
    _many(world, 60)
    world.sql("delete from client")
    world.settle()

    decide_plan(world.database, _waiting(world), approve=True, by="Olga")
    world.settle()

    assert {} == world.records(CLIENTS)


def test_emptying_the_grid_does_not_empty_the_hub(world: World) -> None:
    records = _many(world, 60)

    world.delete(CLIENTS, *records[:40])
    world.settle()
    kept = _live(world)
    decide_plan(world.database, _waiting(world), approve=True, by="Olga")
    world.settle()

    assert 60 == kept
    assert 20 == _live(world)


def test_deletions_that_trickle_in_are_counted_together(world: World) -> None:
    records = _many(world, 60)

    for start in range(0, 40, 8):
        world.delete(CLIENTS, *records[start : start + 8])
        world.ring()
        world.attend()

    assert _live(world) >= 40
    assert 1 == world.scalar("select count(*) from hub.approval where decision is null")


def test_a_refused_deletion_of_records_makes_them_anew(world: World) -> None:
    records = _many(world, 60)
    world.delete(CLIENTS, *records[:40])
    world.settle()

    decide_plan(world.database, _waiting(world), approve=False, by="Olga")
    world.settle()

    ids = {str(row["id"]) for row in world.query("select id from client")}
    assert 60 == _live(world)
    made = [fields.get(HUB_ID) for fields in world.records(CLIENTS).values()]
    assert 60 == len(made)
    assert {hub_id for hub_id in made if hub_id} <= ids


def _waiting(world: World) -> UUID:
    found: UUID = world.scalar("select id from hub.approval where decision is null")
    return found


def test_overwriting_too_many_rows_asks_first(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], overwrite_limit=5)
    _many(world, 20)

    world.sql("update client set name = name || ' x', country = 'Kenya'")
    world.settle()
    untouched = [f[NAME] for f in world.records(CLIENTS).values() if f[NAME].endswith(" x")]
    decide_plan(world.database, _waiting(world), approve=True, by="Olga")
    world.settle()

    assert [] == untouched
    assert 20 == len([f for f in world.records(CLIENTS).values() if f[NAME].endswith(" x")])


def test_a_refused_overwriting_at_the_source_puts_the_hub_back(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], overwrite_limit=5)
    _many(world, 20)
    world.sql("update client set name = name || ' x'")
    world.settle()

    decide_plan(world.database, _waiting(world), approve=False, by="Olga")
    world.settle()

    assert 0 == world.scalar("select count(*) from client where name like '% x'")
    assert 0 == world.sandbox.write_count()


def test_a_refused_overwriting_in_the_hub_puts_the_source_back(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], overwrite_limit=5)
    records = _many(world, 20)
    world.sandbox.edit(
        BASE, CLIENTS, update=[{"id": record, "fields": {NAME: record}} for record in records]
    )
    world.settle()
    kept = world.scalar("select count(*) from client where name like 'Client%'")

    decide_plan(world.database, _waiting(world), approve=False, by="Olga")
    world.settle()

    assert 20 == kept
    assert all(f[NAME].startswith("Client") for f in world.records(CLIENTS).values())


def test_an_edit_in_the_hub_outlives_a_deletion_at_the_source(world: World) -> None:
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    (deal,) = world.add(DEALS, {CODE: "D1", CLIENT: [acme]})
    world.settle()

    world.sql("update client set country = 'Kenya' where name = 'Acme'")
    world.delete(CLIENTS, acme)
    world.settle()

    (record,) = [key for key, fields in world.records(CLIENTS).items() if fields[NAME] == "Acme"]
    assert "Kenya" == world.records(CLIENTS)[record][COUNTRY]
    assert world.client("Acme")["deleted_at"] is None  # type: ignore[index]
    # Airtable took the old id out of the deal's link; that was a consequence, not an edit.
    assert [record] == world.records(DEALS)[deal][CLIENT]
    assert "Acme" == world.scalar("select c.name from deal d join client c on c.id = d.client_id")
    assert "edit_against_delete" == world.scalar("select cause from hub.conflict")


def test_an_edit_at_the_source_outlives_a_deletion_in_the_hub(world: World) -> None:
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"}, user="Berta")
    world.sql("update client set deleted_at = now() where name = 'Acme'")
    world.settle()

    found = world.client("Acme")
    assert found is not None
    assert (None, "Kenya") == (found["deleted_at"], found["country"])
    assert acme in world.records(CLIENTS)


def test_a_record_restored_from_the_trash_revives_its_row(world: World) -> None:
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()
    before = world.client("Acme")
    world.delete(CLIENTS, acme)
    world.settle()

    world.sandbox.restore(BASE, CLIENTS, [acme])
    world.settle()

    after = world.client("Acme")
    assert before is not None
    assert after is not None
    assert (before["id"], None) == (after["id"], after["deleted_at"])


def test_a_deleted_client_takes_its_link_out_of_deals(world: World) -> None:
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.add(DEALS, {CODE: "D1", CLIENT: [acme]})
    world.settle()

    world.delete(CLIENTS, acme)
    world.settle()

    assert world.scalar("select client_id from deal") is None
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_links_wait_with_a_deletion_that_waits(world: World) -> None:
    records = _many(world, 60)
    world.add(DEALS, {CODE: "D1", CLIENT: [records[0]]})
    world.settle()

    world.delete(CLIENTS, *records[:40])
    world.settle()
    held = world.scalar("select client_id from deal")
    decide_plan(world.database, _waiting(world), approve=False, by="Olga")
    world.settle()

    assert held is not None
    assert held == world.scalar("select client_id from deal")
    (fields,) = world.records(DEALS).values()
    assert world.records(CLIENTS)[fields[CLIENT][0]][NAME] == "Client 000"


def test_a_partial_listing_deletes_nothing(world: World) -> None:
    _many(world, 150)
    world.sql("update hub.stream_state set needs_reconcile = true")

    world.sandbox.fault("partial_list", method="GET", path=f"/v0/{BASE}/{CLIENTS}")
    world.settle()

    assert 150 == _live(world)


def test_a_deletion_that_no_payload_told_of_is_found_by_a_complete_read(world: World) -> None:
    acme, *_ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()
    world.delete(CLIENTS, acme)

    # The payloads are skipped, as if they had expired unread.
    world.sql("update hub.hook set cursor = cursor + 1")
    world.sql("update hub.stream_state set needs_reconcile = true")
    world.settle()

    assert world.client("Acme")["deleted_at"] is not None  # type: ignore[index]


def test_on_delete_restore_makes_the_record_anew(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], on_delete=DeletePolicy.RESTORE)
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.delete(CLIENTS, acme)
    world.settle()

    assert {"Acme", "Beta"} == {fields[NAME] for fields in world.records(CLIENTS).values()}


def test_on_delete_ignore_leaves_the_row(world: World) -> None:
    world.streams["clients"] = replace(world.streams["clients"], on_delete=DeletePolicy.IGNORE)
    acme, _ = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.delete(CLIENTS, acme)
    world.sql("update client set country = 'Kenya' where name = 'Acme'")
    world.settle()

    assert world.client("Acme")["deleted_at"] is None  # type: ignore[index]
    assert ["Beta"] == [fields[NAME] for fields in world.records(CLIENTS).values()]
