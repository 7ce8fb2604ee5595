"""Is every difference told with its reason, and what has none as unexplained?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sync_world import (
    ASK,
    BASE,
    CLIENTS,
    CODE,
    COUNTRY,
    DEALS,
    NAME,
    NOTE,
    ONE_WAY,
    STAFF,
    STATUS,
    World,
)

from hub.store import streams
from hub.store.database import Provenance
from hub.store.entities.base import new_id
from hub.sync import divergence as diverging
from hub.sync.divergence import differences, tell_unexplained
from hub.sync.reasons import Divergence, Reason
from hub.sync.remote_scan import scan_calls, scan_differences
from hub.sync.resolve import pause

FRESH = timedelta(minutes=5)


def _differences(world: World, stream: str = "clients", **options: datetime) -> list[Divergence]:
    return list(differences(world.database, world.streams[stream], freshness=FRESH, **options))


def _scan(world: World, stream: str = "clients") -> list[Divergence]:
    return list(scan_differences(world.connection(), world.streams[stream], freshness=FRESH))


def _settled(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", STATUS: "active", STAFF: 12})
    world.settle()
    return acme


def test_nothing_is_told_when_both_sides_rest(world: World) -> None:
    _settled(world)
    world.add(DEALS, {CODE: "D1"})
    world.add_rows("client", {new_id(): {"name": "Ours", "country": "Chad"}})
    world.settle()

    assert [] == _differences(world)
    assert [] == _differences(world, "deals")
    assert [] == _scan(world)


def test_a_change_on_its_way_is_named_with_both_values_and_its_age(world: World) -> None:
    acme = _settled(world)

    world.sql("update client set country = 'Chad' where name = 'Acme'")
    (found,) = _differences(world)

    change = world.scalar("select max(id) from hub.change")
    assert (Reason.IN_FLIGHT, change) == (found.reason, found.change_id)
    assert ("client", "Acme", acme, "country") == (
        found.table,
        found.row_name,
        found.external_id,
        found.column,
    )
    assert ("Chad", "Kenya") == (found.hub, found.remote)
    assert "Hanna" in found.detail
    assert found.age_seconds is not None
    assert found.age_seconds < 60


def test_in_flight_ends_with_the_freshness_of_the_stream(world: World) -> None:
    _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")

    (late,) = _differences(world, now=datetime.now(UTC) + timedelta(minutes=6))

    assert Reason.UNEXPLAINED is late.reason
    assert "300 s" in late.detail


def test_a_difference_that_counts_as_sent_is_unexplained_and_an_alert(world: World) -> None:
    _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.execute(
            text(
                "update hub.record_link set shadow = jsonb_set(shadow, '{country,h}', '\"Mali\"')"
                " where stream = 'clients'"
            )
        )
    (found,) = _differences(world)
    tell_unexplained(world.database, "world", "clients", 1)
    tell_unexplained(world.database, "world", "clients", 1)

    assert Reason.UNEXPLAINED is found.reason
    assert 1 == world.scalar("select count(*) from hub.alert where closed_at is null")
    tell_unexplained(world.database, "world", "clients", 0)
    assert 0 == world.scalar("select count(*) from hub.alert where closed_at is null")


def test_an_open_conflict_says_how_to_decide_it(world: World) -> None:
    world.set_policy("clients", "country", conflict=ASK)
    acme = _settled(world)
    world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    world.settle()

    (found,) = _differences(world)

    conflict = world.scalar("select id from hub.conflict")
    assert (Reason.CONFLICT_OPEN, "Ours", "Theirs") == (found.reason, found.hub, found.remote)
    assert f"hub sync resolve {conflict}" in found.detail


def test_a_refused_value_is_frozen_with_the_reason(world: World) -> None:
    acme = _settled(world)
    world.sandbox.edit(
        BASE, CLIENTS, user="Alex", update=[{"id": acme, "fields": {STAFF: 3_000_000_000}}]
    )
    world.settle()

    (found,) = _differences(world)

    assert (Reason.REJECTED, 12, "3000000000") == (found.reason, found.hub, found.remote)
    assert "too large" in found.detail


def test_a_paused_stream_explains_what_waits(world: World) -> None:
    _settled(world)
    pause(world.database, "world", "clients", paused=True, by="Ada")
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.add_rows("client", {new_id(): {"name": "Waits"}})

    assert {Reason.PAUSED} == {found.reason for found in _differences(world)}


def test_a_stopped_stream_says_that_the_guard_did_it(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"C{n}"} for n in range(60)))
    world.settle()
    world.sql("delete from client")
    world.settle()

    found = _differences(world)

    assert 60 == len(found)
    assert {Reason.GUARD} == {item.reason for item in found}
    assert "delete records at the source" in found[0].detail


def test_a_field_that_flows_to_the_hub_only_is_one_way(world: World) -> None:
    world.set_policy("clients", "country", direction=ONE_WAY)
    _settled(world)

    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    (found,) = _differences(world)
    assert (Reason.ONE_WAY, "country") == (found.reason, found.column)


def test_a_row_that_is_being_made_there_is_in_flight(world: World) -> None:
    _settled(world)

    world.add_rows("client", {new_id(): {"name": "New"}})
    (found,) = _differences(world)

    assert (Reason.IN_FLIGHT, None, None) == (found.reason, found.column, found.external_id)
    assert "New" == found.row_name


def test_a_deletion_on_its_way_is_a_pending_tombstone(world: World) -> None:
    _settled(world)

    world.sql("update client set deleted_at = now() where name = 'Acme'")
    (found,) = _differences(world)

    assert Reason.TOMBSTONE_PENDING is found.reason


def test_before_the_first_complete_read_nothing_is_sent_yet(world: World) -> None:
    world.add_rows("client", {new_id(): {"name": "Early"}})
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        streams.ensure(session, "world", "clients")

    (found,) = _differences(world)

    assert Reason.NOT_SENT_YET is found.reason


def test_memory_stays_flat_because_slices_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diverging, "SLICE", 7)
    world.add(CLIENTS, *({NAME: f"C{n}"} for n in range(20)))
    world.settle()

    world.sql("update client set country = 'Chad'")
    world.add_rows("client", {new_id(): {"name": f"N{n}"} for n in range(20)})

    assert 40 == len({found.row_id for found in _differences(world)})


def test_a_scan_finds_what_was_edited_there_and_writes_nothing(world: World) -> None:
    acme = _settled(world)
    changes = world.scalar("select count(*) from hub.change")
    world.edit(CLIENTS, acme, {STATUS: "paused"}, user="Berta")
    world.add(CLIENTS, {NAME: "Fresh"})
    edits, writes = len(world.sandbox.edits()), world.sandbox.write_count()

    found = {item.external_id: item for item in _scan(world)}

    assert 2 == len(found)
    assert (Reason.IN_FLIGHT, "active", "paused") == (
        found[acme].reason,
        found[acme].hub,
        found[acme].remote,
    )
    assert changes == world.scalar("select count(*) from hub.change")
    assert (edits, writes) == (len(world.sandbox.edits()), world.sandbox.write_count())
    assert 1 == scan_calls(world.database, world.streams["clients"])


def test_a_scan_sees_a_deletion_there(world: World) -> None:
    acme = _settled(world)
    world.add(CLIENTS, {NAME: "Stays"})
    world.settle()

    world.delete(CLIENTS, acme)
    (found,) = _scan(world)

    assert (Reason.TOMBSTONE_PENDING, "Acme") == (found.reason, found.row_name)


def test_a_link_to_a_row_without_a_record_is_parked(world: World) -> None:
    _settled(world)
    world.add(DEALS, {CODE: "D1"})
    world.settle()
    pause(world.database, "world", "clients", paused=True, by="Ada")
    client = new_id()
    world.add_rows("client", {client: {"name": "Unsent"}})

    world.sql("update deal set client_id = :client", client=client)
    (found,) = _differences(world, "deals")

    assert (Reason.PARKED, "client_id") == (found.reason, found.column)


def test_two_notes_that_a_person_typed_are_shown_as_typed(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {NOTE: "call [back]"})
    world.settle()

    world.sql("update client set note = null where name = 'Acme'")
    (found,) = _differences(world)

    assert (None, "call [back]") == (found.hub, found.remote)
