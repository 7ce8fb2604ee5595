"""What happens when people do what nobody should do?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg2
import pytest
from psycopg2 import errors
from sync_world import (
    BASE,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEALS,
    HUB_ID,
    NAME,
    NOTE,
    World,
)

import connectors
from connectors.airtable import Settings
from hub.sync.connection import LeasedLimiter
from hub.sync.resolve import pause

MOST_DELETIONS = 50_000
LONGEST_TEXT = 100_000


def _psql(world: World, statement: str) -> None:
    """Somebody at psql, who names neither themselves nor a reason."""
    url = world.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _live(world: World) -> int:
    return int(world.scalar("select count(*) from client where deleted_at is null"))


def _held(world: World) -> list[str]:
    found = world.query("select stream from hub.stream_state where hold_reason like 'guard%'")
    return [row["stream"] for row in found]


# psql


def test_delete_from_client_in_psql_does_not_empty_the_base(world: World) -> None:
    world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(60)))
    world.settle()

    _psql(world, "delete from client")
    world.settle()

    assert 60 == len(world.records(CLIENTS))
    assert ["clients"] == _held(world)
    assert "60 of 60" in world.scalar("select reason from hub.approval")


@pytest.mark.parametrize("statement", ["truncate client cascade", "truncate client, deal cascade"])
def test_truncate_in_psql_is_refused_and_says_why(world: World, statement: str) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    with pytest.raises(errors.RestrictViolation, match="keeps a record of every change"):
        _psql(world, statement)

    assert 1 == _live(world)


def test_changing_an_id_in_psql_is_refused(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    with pytest.raises(psycopg2.Error, match="id"):
        _psql(world, "update client set id = gen_random_uuid()")


# Hub IDs


def test_an_edited_hub_id_moves_no_record_to_another_row(world: World) -> None:
    acme, beta = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    mine = world.records(CLIENTS)[acme][HUB_ID]

    world.edit(CLIENTS, acme, {HUB_ID: world.records(CLIENTS)[beta][HUB_ID], COUNTRY: "Peru"})
    world.settle()

    assert mine == world.records(CLIENTS)[acme][HUB_ID]
    assert {"Acme": "Peru", "Beta": "Kenya"} == {
        row["name"]: row["country"] for row in world.query("select name, country from client")
    }


@pytest.mark.parametrize("written", ["mine", "00000000-0000-4000-8000-000000000000"])
def test_a_hub_id_that_is_no_rows_is_put_right(world: World, written: str) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    mine = world.records(CLIENTS)[acme][HUB_ID]

    world.edit(CLIENTS, acme, {HUB_ID: written, COUNTRY: "Peru"})
    world.settle()

    assert mine == world.records(CLIENTS)[acme][HUB_ID]
    assert 1 == world.scalar("select count(*) from client")
    assert "Peru" == world.scalar("select country from client")


def test_a_hub_id_that_was_emptied_is_written_again_with_the_next_value(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    mine = world.records(CLIENTS)[acme][HUB_ID]

    world.edit(CLIENTS, acme, {HUB_ID: None})
    world.settle()
    world.sql("update client set country = 'Peru'")
    world.settle()

    assert mine == world.records(CLIENTS)[acme][HUB_ID]
    assert 1 == world.scalar("select count(*) from client")


def test_two_records_that_carry_one_hub_id_are_two_rows(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    cells = world.records(CLIENTS)[acme]

    (copy,) = world.add(CLIENTS, {NAME: "Acme of Peru", HUB_ID: cells[HUB_ID]})
    world.settle()

    ids = [fields[HUB_ID] for fields in world.records(CLIENTS).values()]
    links = world.query("select external_id, row_id from hub.record_link")
    assert 2 == len(set(ids))
    assert cells[HUB_ID] == world.records(CLIENTS)[acme][HUB_ID]
    assert {acme, copy} == {link["external_id"] for link in links}


# Cells


def test_a_cell_that_is_too_long_for_airtable_stands_still_alone(world: World) -> None:
    acme, beta = world.add(CLIENTS, {NAME: "Acme"}, {NAME: "Beta"})
    world.settle()

    world.sql(
        "update client set note = repeat('x', :length), country = 'Kenya' where name = 'Acme'",
        length=LONGEST_TEXT + 1,
    )
    world.sql("update client set country = 'Peru' where name = 'Beta'")
    world.settle()

    told = world.query("select field, reason, detail from hub.frozen_cell")
    assert "Peru" == world.records(CLIENTS)[beta][COUNTRY]
    assert NOTE not in world.records(CLIENTS)[acme]
    assert told
    assert {"rejected"} == {cell["reason"] for cell in told}
    assert all(cell["detail"] for cell in told)
    assert LONGEST_TEXT + 1 == world.scalar("select length(note) from client where name = 'Acme'")


def test_an_empty_primary_field_is_an_empty_name_on_both_sides(world: World) -> None:
    (nameless,) = world.add(CLIENTS, {COUNTRY: "Kenya"})
    world.settle()
    world.add_rows("client", {UUID(int=7, version=4): {"name": "", "country": "Peru"}})
    world.settle()

    world.edit(CLIENTS, nameless, {NAME: "Acme"})
    world.settle()
    world.edit(CLIENTS, nameless, {NAME: None})
    world.settle()

    assert {("", "Kenya"), ("", "Peru")} == {
        (row["name"], row["country"]) for row in world.query("select name, country from client")
    }
    assert [None, None] == [fields.get(NAME) for fields in world.records(CLIENTS).values()]
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_a_link_to_a_record_of_a_table_that_is_not_synced_waits_and_is_not_cleared(
    world: World,
) -> None:
    del world.streams["clients"]
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    (deal,) = world.add(DEALS, {CODE: "D-1", CLIENT: [acme]})
    world.settle()

    world.sql("update deal set amount = 7")
    world.settle()

    (cell,) = world.query("select field, reason, parked_on from hub.frozen_cell")
    assert ("client_id", "parked", acme) == (cell["field"], cell["reason"], cell["parked_on"])
    assert [acme] == world.records(DEALS)[deal][CLIENT]
    assert 7 == world.scalar("select amount from deal")


def test_a_mapping_that_names_a_missing_field_stops_that_field_alone(world: World) -> None:
    world.set_policy("clients", "country", field_id="fldMissing0000000")
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()

    world.sql("update client set name = 'Acme Ltd', country = 'Peru'")
    world.settle()

    assert "Acme Ltd" == world.records(CLIENTS)[acme][NAME]
    assert "Kenya" == world.records(CLIENTS)[acme][COUNTRY]
    assert "Peru" == world.scalar("select country from client")
    told = world.query("select title from hub.alert where closed_at is null")
    assert any("fldMissing0000000" in alert["title"] for alert in told), told


# A copy of the base


def _at(world: World, base: str) -> Any:
    """The same connection, pointed at another base."""
    settings = Settings(endpoint=world.sandbox.url, token=world.sandbox.token, base=base)
    limiter = LeasedLimiter(world.connection().limiter._inner)
    connector = connectors.load("airtable").build("world", settings, limiter)
    return {"connector": connector, "limiter": limiter, "place": base}


def _copy_cells(world: World, copy: str) -> dict[str, dict[str, Any]]:
    _, answer = world.sandbox.call("GET", f"/_ui/bases/{copy}/tables/{CLIENTS}/rows?limit=1000")
    return {row["id"]: row["fields"] for row in answer["rows"]}


def test_edits_in_a_copy_of_the_base_do_not_write_into_production(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()

    copy = world.sandbox.duplicate_base(BASE)
    world.sandbox.edit(copy, CLIENTS, update=[{"id": acme, "fields": {COUNTRY: "Peru"}}])
    world.sql("update client set note = 'of production'")
    world.settle()

    assert "Kenya" == world.scalar("select country from client")
    assert "Kenya" == world.records(CLIENTS)[acme][COUNTRY]
    assert "Peru" == _copy_cells(world, copy)[acme][COUNTRY]
    assert NOTE not in _copy_cells(world, copy)[acme]


def test_a_connection_that_is_pointed_at_a_copy_waits_for_a_person(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.ring()
    world.attend(place=BASE)
    copy = world.sandbox.duplicate_base(BASE)
    world.sandbox.edit(copy, CLIENTS, update=[{"id": acme, "fields": {COUNTRY: "Peru"}}])
    world.sql("update client set note = 'of production'")

    for _ in range(3):
        world.ring()
        world.attend(**_at(world, copy))

    told = world.query("select title from hub.alert where key = 'moved:world'")
    assert [copy in alert["title"] for alert in told] == [True]
    held = world.query("select hold_reason from hub.stream_state")
    assert "Kenya" == world.scalar("select country from client")
    assert NOTE not in _copy_cells(world, copy)[acme]
    assert all(copy in (stream["hold_reason"] or "") for stream in held), held

    world.ring()
    world.attend(place=BASE)

    assert "of production" == world.records(CLIENTS)[acme][NOTE]
    assert {None} == {row["hold_reason"] for row in world.query("select * from hub.stream_state")}


def test_a_connection_that_moved_for_good_goes_on_when_a_person_says_so(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    world.ring()
    world.attend(place=BASE)
    copy = world.sandbox.duplicate_base(BASE)
    world.sandbox.edit(copy, CLIENTS, update=[{"id": acme, "fields": {COUNTRY: "Peru"}}])
    world.ring()
    world.attend(**_at(world, copy))

    for stream in world.streams:
        pause(world.database, "world", stream, paused=False, by="Olga")
    for _ in range(3):
        world.ring()
        world.attend(**_at(world, copy))

    assert "Peru" == world.scalar("select country from client")
    assert [copy, copy] == [row["place"] for row in world.query("select * from hub.stream_state")]


# So many at once


@pytest.mark.long
@pytest.mark.parametrize("side", ["hub", "source"])
def test_fifty_thousand_deletions_at_once_ask_first(world: World, side: str) -> None:
    records = [
        {"id": f"rec{number:014}", "fields": {NAME: f"Client {number}"}}
        for number in range(MOST_DELETIONS)
    ]
    base = world.sandbox.save()["bases"][0]
    base["records"] = {CLIENTS: records}
    world.sandbox.load({"bases": [base]}, reload=True)
    world.settle()
    assert MOST_DELETIONS == _live(world)

    if side == "hub":
        _psql(world, "delete from client")
    else:
        for start in range(0, MOST_DELETIONS, 1000):
            world.delete(CLIENTS, *(str(row["id"]) for row in records[start : start + 1000]))
    world.settle()

    assert ["clients"] == _held(world)
    (waiting,) = world.query("select action, reason, cardinality(items) as items from hub.approval")
    assert MOST_DELETIONS == waiting["items"], waiting
    left = len(world.records(CLIENTS)) if side == "hub" else _live(world)
    assert left == (1000 if side == "hub" else MOST_DELETIONS)
