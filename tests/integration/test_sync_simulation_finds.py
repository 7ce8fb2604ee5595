"""What has the simulation in one process found, so that it does not come back?"""

from __future__ import annotations

import pytest
from sync_world import (
    BASE,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEALS,
    HUB_ID,
    NAME,
    STAGE,
    STATUS,
    World,
)

from hub.core.merge import Winner
from hub.core.policies import ConflictPolicy
from hub.store import leases
from hub.store.database import Provenance
from hub.store.entities.base import new_id
from hub.sync.resolve import resolve_conflict

OPS = Provenance(actor="ops", origin="test")


def test_an_overwritten_edit_is_not_put_back_over_a_later_one(world: World) -> None:
    (record,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sandbox.fault(
        "edit_before",
        method="PATCH",
        path=f"/v0/{BASE}/{CLIENTS}",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Berta", "update": [{"id": record, "fields": {COUNTRY: "Peru"}}]},
    )
    world.sandbox.fault(
        "edit_after",
        method="PATCH",
        path=f"/v0/{BASE}/{CLIENTS}",
        base=BASE,
        table=CLIENTS,
        edit={"user": "Alex", "update": [{"id": record, "fields": {COUNTRY: "Chile"}}]},
    )
    world.sql("update client set country = 'Oman'")
    world.settle()

    assert "Chile" == world.records(CLIENTS)[record][COUNTRY]
    assert "Chile" == world.scalar("select country from client")
    kept = world.query("select theirs from hub.conflict where cause = 'lost_update'")
    assert [{"theirs": "Peru"}] == kept


def test_resolving_an_old_quarrel_settles_no_new_one_of_another_record(world: World) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.ASK)
    (record,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.edit(CLIENTS, record, {COUNTRY: "Peru"})
    world.sql("update client set country = 'Oman'")
    world.settle()
    world.delete(CLIENTS, record)
    world.settle()
    (another,) = world.records(CLIENTS)
    world.edit(CLIENTS, another, {COUNTRY: "Chile"})
    world.sql("update client set country = 'Nepal'")
    world.settle()
    (old,) = world.query("select id from hub.conflict where theirs = '\"Peru\"'")

    resolve_conflict(world.database, old["id"], Winner.THEIRS, "Igor")
    world.settle()

    assert "Peru" == world.scalar("select country from client")
    assert "Chile" == world.records(CLIENTS)[another][COUNTRY]
    assert "conflict" == world.scalar("select reason from hub.frozen_cell")


def test_a_link_to_a_row_that_is_gone_for_good_waits_until_it_is_back(world: World) -> None:
    (client,) = world.add(CLIENTS, {NAME: "Acme"})
    (deal,) = world.add(DEALS, {CODE: "D-1"})
    world.settle()
    world.sql("delete from client")
    world.edit(DEALS, deal, {CLIENT: [client]})
    world.edit(CLIENTS, client, {COUNTRY: "Peru"})
    world.settle()

    linked = world.query("select c.country from deal d join client c on c.id = d.client_id")
    assert [{"country": "Peru"}] == linked
    assert [] == world.query("select * from hub.frozen_cell")


def test_an_option_that_was_renamed_stays_what_it_was_when_another_is_added(world: World) -> None:
    (deal,) = world.add(DEALS, {CODE: "D-1", STAGE: "Won"})
    world.settle()
    world.sandbox.rename_choice(BASE, DEALS, STAGE, "Won", "Closed won")
    world.settle()
    world.sandbox.rename_choice(BASE, CLIENTS, STATUS, "active", "running")
    world.edit(DEALS, deal, {STAGE: "Lost"})
    world.settle()
    (other,) = world.add(DEALS, {CODE: "D-2", STAGE: "Closed won"})
    world.sandbox.rename_choice(BASE, CLIENTS, STATUS, "paused", "resting")
    world.settle()

    assert other
    assert "won" == world.scalar("select stage from deal where code = 'D-2'")
    assert [] == world.query("select * from hub.frozen_cell")


def test_a_worker_that_lost_its_lease_at_rest_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    give_back = leases.give_back
    asked: list[bool] = []

    def late(session: object, grant: leases.LeaseGrant, *, unless_rung: bool) -> bool:
        if unless_rung and not asked:
            asked.append(True)
            with world.database.unit_of_work(OPS) as other:
                world_lease = leases.take(other, "world", "another", 30, after=grant.holder)
                assert world_lease is not None
                give_back(other, world_lease, unless_rung=False)
        return give_back(session, grant, unless_rung=unless_rung)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(leases, "give_back", late)
    world.ring()
    attendance = world.attend()

    assert asked
    assert attendance.is_unfinished


def test_a_link_that_was_cleared_before_its_target_went_stays_cleared(world: World) -> None:
    (client,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    (deal,) = world.add(DEALS, {CODE: "D-1", CLIENT: [client]})
    world.settle()
    world.sql("update client set country = 'Oman'")
    world.edit(DEALS, deal, {CLIENT: None})
    world.sandbox.advance(5)
    world.delete(CLIENTS, client)
    world.settle()

    assert world.records(CLIENTS)
    assert CLIENT not in world.records(DEALS)[deal]
    assert None is world.scalar("select client_id from deal")


def test_a_delete_of_unknown_outcome_has_one_once_the_record_is_gone(world: World) -> None:
    (client,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sandbox.fault("drop_after", method="DELETE", path=f"/v0/{BASE}/{CLIENTS}")
    world.sql("delete from client")
    world.settle()

    assert client not in world.records(CLIENTS)
    assert 0 == world.scalar("select count(*) from hub.write_intent where outcome is null")


def test_our_own_write_whose_answer_was_lost_is_no_edit_of_theirs(world: World) -> None:
    (record,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sandbox.fault("drop_after", method="PATCH", path=f"/v0/{BASE}/{CLIENTS}")
    world.sql("update client set country = 'Oman'")
    world.ring()
    world.attend()
    world.sql("update client set country = 'Kenya'")
    world.settle()

    assert "Kenya" == world.scalar("select country from client")
    assert "Kenya" == world.records(CLIENTS)[record][COUNTRY]
    assert [] == world.query("select * from hub.conflict")


def test_a_cell_that_was_cleared_after_a_create_of_unknown_outcome_is_cleared_there(
    world: World,
) -> None:
    world.settle()
    world.sandbox.fault("drop_after", method="PATCH", path=f"/v0/{BASE}/{CLIENTS}")
    world.add_rows("client", {new_id(): {"name": "Acme", "country": "Kenya"}})
    world.ring()
    world.attend()
    world.sql("update client set country = null")
    world.settle()

    (record,) = world.records(CLIENTS).values()
    assert COUNTRY not in record
    assert None is world.scalar("select country from client")


def test_what_a_person_types_is_no_echo_of_ours(world: World) -> None:
    (record,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.sandbox.fault("drop_before", method="PATCH", path=f"/v0/{BASE}/{CLIENTS}")
    world.sql("update client set country = 'Oman'")
    world.ring()
    world.attend()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    world.edit(CLIENTS, record, {COUNTRY: "Peru"})
    world.edit(CLIENTS, record, {COUNTRY: "Oman"})
    world.settle()

    assert "Oman" == world.scalar("select country from client")
    assert [] == world.query("select * from hub.conflict")


def test_a_create_that_comes_too_late_overwrites_nothing_for_good(world: World) -> None:
    world.settle()
    row_id = new_id()
    world.sandbox.fault("drop_before", method="PATCH", path=f"/v0/{BASE}/{CLIENTS}")
    world.add_rows("client", {row_id: {"name": "Acme", "country": "Kenya"}})
    world.settle()
    (record,) = world.records(CLIENTS)
    world.edit(CLIENTS, record, {COUNTRY: "Peru"})
    world.settle()

    # The request that seemed lost was only under way for long.
    late = {
        "records": [{"fields": {NAME: "Acme", COUNTRY: "Kenya", HUB_ID: str(row_id)}}],
        "performUpsert": {"fieldsToMergeOn": [HUB_ID]},
    }
    status, _ = world.sandbox.call("PATCH", f"/v0/{BASE}/{CLIENTS}", late)
    assert 200 == status
    world.settle()

    (lost,) = world.query("select theirs, cause from hub.conflict")
    assert {"theirs": "Peru", "cause": "lost_update"} == lost
    assert "Peru" == world.scalar("select country from client")
    assert "Peru" == world.records(CLIENTS)[record][COUNTRY]


def test_a_new_row_with_a_cell_that_is_refused_is_made_without_it(world: World) -> None:
    world.settle()
    world.add_rows(
        "client", {new_id(): {"name": "Acme", "country": "Kenya", "note": "x" * 100_001}}
    )
    world.settle()

    (record,) = world.records(CLIENTS).values()
    assert ("Acme", "Kenya") == (record[NAME], record[COUNTRY])
    (standing,) = world.query("select field, reason, detail from hub.frozen_cell")
    assert ("note", "rejected") == (standing["field"], standing["reason"])
    assert standing["detail"]


def test_an_option_that_has_just_been_renamed_is_sent_by_its_new_name(world: World) -> None:
    (record,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "paused"})
    world.settle()
    world.sandbox.fault("status", path="payloads", status=503, times=1)
    world.sandbox.rename_choice(BASE, CLIENTS, STATUS, "active", "running")
    world.sql("update client set status = 'active'")
    world.ring()
    world.attend()
    world.settle()

    assert "running" == world.records(CLIENTS)[record][STATUS]
    assert [] == world.query("select * from hub.frozen_cell")
