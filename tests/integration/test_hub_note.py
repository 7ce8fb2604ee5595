"""Is a person told beside the record why the hub did not take a cell over, and what to do?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, NAME, STATUS, World, base_file

from hub.core.merge import Winner
from hub.core.policies import ConflictPolicy
from hub.sync.resolve import resolve_conflict

HUB_NOTE = "fldHubNote0000000"


@pytest.fixture
def world(world: World) -> World:
    """The world whose clients have a field for the hub's notes."""
    base = base_file()
    fields = base["bases"][0]["tables"][0]["fields"]
    fields.append({"id": HUB_NOTE, "name": "Hub note", "type": "multilineText"})
    world.sandbox.load(base, reload=True)
    world.streams["clients"] = replace(world.streams["clients"], note_field=HUB_NOTE)
    return world


def _note(world: World, record: str) -> Any:
    return world.records(CLIENTS)[record].get(HUB_NOTE)


def _calls(world: World, after: int) -> list[str]:
    return [call["method"] for call in world.sandbox.requests(after=after)]


def _last_call(world: World) -> int:
    journal = world.sandbox.requests()
    return int(journal[-1]["number"]) if journal else 0


def test_a_refused_value_is_explained_and_the_note_goes_when_it_is_corrected(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "sleeping"})
    world.settle()
    told = _note(world, acme)

    world.edit(CLIENTS, acme, {STATUS: "active"})
    world.settle()

    assert told.startswith("Status: what stands here was not taken over: 'sleeping' is not valid")
    assert "Correct it, and it is." in told
    assert _note(world, acme) is None


def test_a_conflict_is_told_with_both_values_until_it_is_settled(world: World) -> None:
    world.set_policy("clients", "country", conflict=ConflictPolicy.ASK)
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.settle()
    told = _note(world, acme)
    (kept,) = world.query("select id from hub.conflict")

    resolve_conflict(world.database, kept["id"], Winner.OURS, by="Olga")
    world.settle()

    assert "Country: changed on both sides. Here: Theirs (Berta). In the hub: Ours (Hanna)." in told
    assert _note(world, acme) is None


def test_a_note_is_written_once_and_costs_nothing_at_rest(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {n}", STATUS: "sleeping"} for n in range(25)))
    world.settle()
    written = world.scalar("select sum((counts->>'notes_written')::int) from hub.run")
    before = _last_call(world)

    for _ in range(3):
        world.ring()
        world.attend()

    assert 25 == written
    assert {"GET"} == set(_calls(world, before))


def test_notes_are_written_ten_at_a_time(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {n}", STATUS: "sleeping"} for n in range(25)))

    world.settle()

    writes = world.query("select requests from hub.run where kind = 'annotate'")
    assert 3 == sum(row["requests"] for row in writes)


def test_what_a_person_writes_into_the_note_is_not_data(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "sleeping"})
    world.settle()
    changes = world.scalar("select count(*) from hub.change")

    world.edit(CLIENTS, acme, {HUB_NOTE: "I know!"})
    world.settle()

    assert "I know!" == _note(world, acme)
    assert changes == world.scalar("select count(*) from hub.change")


def test_a_note_field_that_is_gone_stops_nothing(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "sleeping"})
    world.sandbox.remove(BASE, CLIENTS, HUB_NOTE)

    world.settle()

    client = world.client("Acme")
    assert client is not None
    assert HUB_NOTE not in world.records(CLIENTS)[acme]
    assert 0 == world.scalar("select count(*) from hub.run where status = 'failed'")
