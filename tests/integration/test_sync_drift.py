"""Does a change of the other side's tables stop only what it touches, and is it told once?"""

from __future__ import annotations

from typing import Any

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, DEALS, HUB_ID, NAME, STAFF, STAGE, STATUS, World

from hub.store import schema_changes
from hub.sync.resolve import adopt_schema


@pytest.fixture
def acme(world: World) -> str:
    """A client that both sides know."""
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", STAFF: 1, STATUS: "active"})
    world.settle()
    return acme


def _changes(world: World) -> list[tuple[str, str, bool]]:
    found = world.query("select kind, grade, closed_at from hub.schema_change order by id")
    return [(row["kind"], row["grade"], row["closed_at"] is None) for row in found]


def _alerts(world: World) -> list[dict[str, Any]]:
    return world.query(
        "select title, next_step, seen_count from hub.alert where closed_at is null order by title"
    )


def _rename(world: World, table: str, field: str, name: str) -> None:
    path = f"/v0/meta/bases/{BASE}/tables/{table}/fields/{field}"
    assert 200 == world.sandbox.call("PATCH", path, {"name": name})[0]


def test_names_are_only_names(world: World, acme: str) -> None:
    _rename(world, CLIENTS, COUNTRY, "Land")
    world.sandbox.call("PATCH", f"/v0/meta/bases/{BASE}/tables/{CLIENTS}", {"name": "Customers"})
    world.sandbox.rename_choice(BASE, CLIENTS, STATUS, "active", "busy")
    world.edit(CLIENTS, acme, {COUNTRY: "Peru"})
    world.settle()

    client = world.client("Acme")
    assert client is not None
    assert ("Peru", "active") == (client["country"], client["status"])
    assert {"field_renamed", "table_renamed", "choice_renamed"} == {c[0] for c in _changes(world)}
    assert {("safe", False)} == {c[1:] for c in _changes(world)}
    assert [] == _alerts(world)


def test_a_new_field_and_a_new_option_are_told_and_change_nothing(world: World, acme: str) -> None:
    path = f"/v0/meta/bases/{BASE}/tables/{CLIENTS}/fields"
    world.sandbox.call("POST", path, {"name": "Colour", "type": "singleLineText"})
    world.sandbox.edit(
        BASE, CLIENTS, update=[{"id": acme, "fields": {STATUS: "sleeping"}}], typecast=True
    )
    world.settle()

    with world.database.reading() as session:
        seen = schema_changes.list_changes(session, standing=False, limit=10)

    assert {"field_added", "choice_added"} == {change.kind for change in seen}
    (added,) = (change for change in seen if change.kind == "field_added")
    assert "field Colour (singleLineText) is new" == added.sentence
    assert 'add COLUMN = "fld' in str(added.next_step)


def test_a_removed_field_stands_still_alone_and_is_read_again_when_it_is_back(
    world: World, acme: str
) -> None:
    world.sandbox.remove(BASE, CLIENTS, COUNTRY)
    world.edit(CLIENTS, acme, {STAFF: 2})
    world.settle()
    world.settle()

    client = world.client("Acme")
    assert client is not None
    assert ("Kenya", 2) == (client["country"], client["employee_count"])
    assert [("field_removed", "breaking", True)] == _changes(world)
    (alert,) = _alerts(world)
    assert "clients.country stands still: field fldCountry0000000 is not in" in alert["title"]
    assert 1 == alert["seen_count"]


def test_an_option_without_a_meaning_needs_attention(world: World) -> None:
    world.add(DEALS, {"fldCode0000000000": "D1", STAGE: "Stalled"})
    world.settle()

    assert ("choice_unmapped", "attention", True) in _changes(world)
    (alert,) = (a for a in _alerts(world) if "Stalled" in a["title"])
    assert 'values = { "Stalled"' in alert["next_step"]


def test_an_answer_that_lost_most_fields_is_not_believed(world: World, acme: str) -> None:
    _rename(world, CLIENTS, COUNTRY, "Land")
    world.sandbox.fault("partial_schema", path="/meta/", times=1)
    world.edit(CLIENTS, acme, {COUNTRY: "Peru", STAFF: 5})
    world.settle()

    client = world.client("Acme")
    assert client is not None
    assert ("Peru", 5) == (client["country"], client["employee_count"])
    assert "answer_doubted" in [kind for kind, _, _ in _changes(world)]
    assert not [kind for kind, _, _ in _changes(world) if kind == "field_removed"]
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_a_doubted_answer_is_taken_for_true_when_it_stays(world: World, acme: str) -> None:
    fields = list(world.sandbox.state.bases[BASE].tables[CLIENTS].fields)
    for field in [field for field in fields if field not in {NAME, STAFF, HUB_ID}]:
        if field in world.sandbox.state.bases[BASE].tables[CLIENTS].fields:
            world.sandbox.remove(BASE, CLIENTS, field)
    world.ring()
    world.attend()
    doubted = _changes(world)
    world.sql("update hub.schema_change set seen_at = seen_at - interval '11 minutes'")
    world.edit(CLIENTS, acme, {STAFF: 5})
    world.settle()

    client = world.client("Acme")
    assert client is not None
    assert ("Kenya", 5) == (client["country"], client["employee_count"])
    assert ("answer_doubted", "attention", True) in doubted
    assert ("answer_doubted", "attention", False) in _changes(world)
    assert ("field_removed", "breaking", True) in _changes(world)


def test_a_retyped_field_stands_still_until_it_is_adopted(world: World, acme: str) -> None:
    world.sandbox.retype(BASE, CLIENTS, STAFF, "singleLineText")
    world.edit(CLIENTS, acme, {STAFF: "many", COUNTRY: "Peru"})
    world.settle()
    held, seen = world.client("Acme"), _changes(world)

    world.edit(CLIENTS, acme, {STAFF: "12"})
    adopt_schema(world.database, "world", "clients", by="Olga")
    world.settle()

    after = world.client("Acme")
    assert held is not None
    assert after is not None
    assert [("field_retyped", "breaking", True)] == seen
    assert (1, "Peru") == (held["employee_count"], held["country"])
    assert 12 == after["employee_count"]
    assert [("field_retyped", "breaking", False)] == _changes(world)
    assert [] == _alerts(world)
