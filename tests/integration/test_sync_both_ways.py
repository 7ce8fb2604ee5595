"""Does what one side changes arrive at the other, once, and does it then rest?"""

from __future__ import annotations

from uuid import UUID

import pytest
from sync_world import (
    AMOUNT,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEALS,
    HUB_ID,
    NAME,
    NOTE,
    PARENT,
    STAFF,
    STAGE,
    STATUS,
    World,
)

from hub.store.entities.base import new_id


def test_the_first_read_makes_rows_with_their_links(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "paused", STAFF: 12})
    world.add(DEALS, {CODE: "D1", STAGE: "Won", AMOUNT: 12.5, CLIENT: [acme]})

    world.settle()

    (row,) = world.query(
        "select d.code, d.stage, d.amount::text, c.name, c.status, c.employee_count"
        " from deal d join client c on c.id = d.client_id"
    )
    assert {
        "code": "D1",
        "stage": "won",
        "amount": "12.50",
        "name": "Acme",
        "status": "paused",
        "employee_count": 12,
    } == row


def test_a_persons_edit_arrives_with_its_author_and_time(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"}, user="Berta")
    world.settle()

    (change,) = world.query(
        "select actor, origin, edited_at from hub.change order by id desc limit 1"
    )
    told = world.sandbox.edits()[-1]
    assert "Kenya" == world.client("Acme")["country"]  # type: ignore[index]
    assert ("Berta", "sync:world") == (change["actor"], change["origin"])
    assert told["at"][:19] == change["edited_at"].isoformat()[:19]


def test_two_authors_of_one_record_keep_their_names(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    world.edit(CLIENTS, acme, {COUNTRY: "Kenya"}, user="Berta")
    world.edit(CLIENTS, acme, {NOTE: "call back"}, user="Carl")
    world.settle()

    actors = world.query("select actor from hub.change where operation = 'U' order by id")
    assert ["Berta", "Carl"] == [row["actor"] for row in actors]


def test_a_hub_edit_arrives_and_its_echo_changes_nothing(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    world.sql("update client set country = 'Kenya', employee_count = 7 where name = 'Acme'")
    world.settle()
    changes = world.scalar("select count(*) from hub.change")
    writes = world.sandbox.write_count()
    world.settle()

    assert "Kenya" == world.records(CLIENTS)[acme][COUNTRY]
    assert 7 == world.records(CLIENTS)[acme][STAFF]
    assert changes == world.scalar("select count(*) from hub.change")
    assert 1 == writes == world.sandbox.write_count()


def test_a_cleared_cell_is_cleared_on_the_other_side_both_ways(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", NOTE: "x"})
    world.settle()

    world.edit(CLIENTS, acme, {COUNTRY: None})
    world.sql("update client set note = null where name = 'Acme'")
    world.settle()

    assert world.client("Acme")["country"] is None  # type: ignore[index]
    assert NOTE not in world.records(CLIENTS)[acme]


def test_a_row_born_in_the_hub_makes_a_record_that_carries_its_id(world: World) -> None:
    world.settle()
    parent, child, deal = new_id(), new_id(), new_id()

    world.add_rows("client", {parent: {"name": "Acme"}})
    world.add_rows("client", {child: {"name": "Acme Kenya", "parent_client_id": str(parent)}})
    world.add_rows("deal", {deal: {"code": "D9", "stage": "won", "client_id": str(child)}})
    world.settle()

    clients = {fields[NAME]: (key, fields) for key, fields in world.records(CLIENTS).items()}
    (made,) = world.records(DEALS).values()
    assert str(child) == clients["Acme Kenya"][1][HUB_ID]
    assert [clients["Acme"][0]] == clients["Acme Kenya"][1][PARENT]
    assert [clients["Acme Kenya"][0]] == made[CLIENT]
    assert "Won" == made[STAGE]


def test_rows_that_existed_before_the_first_read_meet_their_records_by_hub_id(
    world: World,
) -> None:
    row_id = UUID("01900000-0000-7000-8000-000000000001")
    world.add_rows("client", {row_id: {"name": "Acme", "country": "Kenya"}})
    world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", HUB_ID: str(row_id)})

    world.settle()

    assert 1 == world.scalar("select count(*) from client")
    assert 0 == world.sandbox.write_count()
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_two_hundred_pasted_rows_arrive_and_cost_no_write(world: World) -> None:
    world.settle()

    world.add(CLIENTS, *({NAME: f"Client {number:03}"} for number in range(200)))
    world.settle()

    assert 200 == world.scalar("select count(distinct name) from client")
    assert 0 == world.sandbox.write_count()


def test_two_hundred_rows_of_the_hub_cost_twenty_writes(world: World) -> None:
    world.settle()

    world.add_rows("client", {new_id(): {"name": f"Client {n:03}"} for n in range(200)})
    world.settle()

    assert 200 == len({fields[NAME] for fields in world.records(CLIENTS).values()})
    assert 20 == world.sandbox.write_count()


def test_many_edits_of_one_cell_are_one_write(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.settle()

    for number in range(50):
        world.sql("update client set employee_count = :n where name = 'Acme'", n=number)
    world.settle()

    assert 49 == world.records(CLIENTS)[acme][STAFF]
    assert 1 == world.sandbox.write_count()


def test_a_link_to_a_record_that_comes_later_waits_for_it(world: World) -> None:
    world.settle()
    (deal,) = world.add(DEALS, {CODE: "D1"})
    world.settle()

    # The deal's stream is asked first, so the client is not known when its link comes in.
    world.streams = {"deals": world.streams["deals"], "clients": world.streams["clients"]}
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    world.edit(DEALS, deal, {CLIENT: [acme]})
    world.settle()

    assert "Acme" == world.scalar("select c.name from deal d join client c on c.id = d.client_id")
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")
    assert [acme] == world.records(DEALS)[deal][CLIENT]


def test_records_that_link_to_each_other_in_a_circle_arrive(world: World) -> None:
    first, second = world.add(CLIENTS, {NAME: "One"}, {NAME: "Two"})
    world.edit(CLIENTS, first, {PARENT: [second]})
    world.edit(CLIENTS, second, {PARENT: [first]})

    world.settle()

    pairs = world.query(
        "select c.name, p.name as parent from client c join client p on p.id = c.parent_client_id"
    )
    assert {("One", "Two"), ("Two", "One")} == {(row["name"], row["parent"]) for row in pairs}


def test_a_to_one_link_that_receives_two_ids_stands_still_and_is_not_pushed(
    world: World,
) -> None:
    first, second = world.add(CLIENTS, {NAME: "One"}, {NAME: "Two"})
    (deal,) = world.add(DEALS, {CODE: "D1", CLIENT: [first]})
    world.settle()

    world.edit(DEALS, deal, {CLIENT: [first, second]})
    world.settle()
    (cell,) = world.query("select field, reason, detail from hub.frozen_cell")
    world.edit(DEALS, deal, {CLIENT: [second]})
    world.settle()

    assert ("client_id", "rejected") == (cell["field"], cell["reason"])
    assert "two records" in cell["detail"]
    assert 0 == world.sandbox.write_count()
    assert "Two" == world.scalar("select c.name from deal d join client c on c.id = d.client_id")
    assert 0 == world.scalar("select count(*) from hub.frozen_cell")


def test_a_value_that_does_not_fit_stands_still_with_its_reason(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STAFF: 3})
    world.settle()

    world.edit(CLIENTS, acme, {STAFF: 3_000_000_000})
    world.settle()
    (cell,) = world.query("select field, reason, detail from hub.frozen_cell")
    kept = world.client("Acme")["employee_count"]  # type: ignore[index]
    world.edit(CLIENTS, acme, {STAFF: 4})
    world.settle()

    assert ("employee_count", "rejected") == (cell["field"], cell["reason"])
    assert "too large" in cell["detail"]
    assert 3 == kept
    assert 4 == world.client("Acme")["employee_count"]  # type: ignore[index]
    assert 0 == world.sandbox.write_count()


def test_a_name_that_another_live_client_has_costs_that_row_only(world: World) -> None:
    _, second, third = world.add(CLIENTS, {NAME: "One"}, {NAME: "Two"}, {NAME: "Three"})
    world.settle()

    world.sandbox.edit(
        "appWorld000000000",
        CLIENTS,
        update=[
            {"id": second, "fields": {NAME: "One"}},
            {"id": third, "fields": {NAME: "Drei"}},
        ],
    )
    world.settle()

    (cell,) = world.query("select field, reason, detail from hub.frozen_cell")
    assert ("name", "rejected") == (cell["field"], cell["reason"])
    assert "unique" in cell["detail"]
    assert world.client("Two") is not None
    assert world.client("Drei") is not None


def test_an_option_that_the_source_does_not_have_is_not_sent(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STATUS: "active"})
    world.settle()

    world.sql("update client set status = 'churned' where name = 'Acme'")
    world.settle()

    (cell,) = world.query("select field, detail from hub.frozen_cell")
    assert "status" == cell["field"]
    assert "churned" in cell["detail"]
    assert "active" == world.records(CLIENTS)[acme][STATUS]


@pytest.mark.parametrize("copies", [2, 3])
def test_a_copied_record_becomes_a_row_of_its_own_with_its_own_hub_id(
    world: World, copies: int
) -> None:
    row_id = new_id()
    world.settle()
    world.add_rows("client", {row_id: {"name": "Acme"}})
    world.settle()

    # People duplicate a row by copy and paste; the Hub ID comes along.
    world.add(CLIENTS, *({NAME: f"Acme {n}", HUB_ID: str(row_id)} for n in range(1, copies)))
    world.settle()

    ids = [fields[HUB_ID] for fields in world.records(CLIENTS).values()]
    assert copies == len(set(ids)) == world.scalar("select count(*) from client")
    assert str(row_id) == next(
        fields[HUB_ID] for fields in world.records(CLIENTS).values() if fields[NAME] == "Acme"
    )
