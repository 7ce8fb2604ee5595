"""Does an edit win that falls between our last look at a record and our deleting it?"""

from __future__ import annotations

from typing import Any

import pytest
from sync_world import BASE, CLIENT, CLIENTS, CODE, COUNTRY, DEALS, NAME, STAFF, STATUS, TAGS, World

from hub.core.policies import Direction

PAGE = f"/v0/{BASE}/{CLIENTS}"


def _edit_before_our_delete(world: World, record: str, fields: dict[str, Any]) -> None:
    world.sandbox.fault(
        "edit_before",
        method="DELETE",
        path=PAGE,
        base=BASE,
        table=CLIENTS,
        edit={"update": [{"id": record, "fields": fields}]},
    )


def _acme(world: World, **more: Any) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", STAFF: 5, TAGS: ["big"], **more})
    world.settle()
    return acme


@pytest.mark.parametrize(
    "deletion", ["update client set deleted_at = now()", "delete from client"], ids=["soft", "hard"]
)
def test_the_row_comes_back_with_the_edit_and_makes_a_new_record(
    world: World, deletion: str
) -> None:
    acme = _acme(world)
    before = world.client("Acme")
    world.sql(deletion)

    _edit_before_our_delete(world, acme, {COUNTRY: "Kenya"})
    world.settle()

    after = world.client("Acme")
    assert before is not None
    assert after is not None
    assert (before["id"], None, "Kenya", 5, ["big"]) == (
        after["id"],
        after["deleted_at"],
        after["country"],
        after["employee_count"],
        after["tags"],
    )
    ((record, fields),) = world.records(CLIENTS).items()
    assert record != acme
    assert ("Acme", "Kenya", 5) == (fields[NAME], fields[COUNTRY], fields[STAFF])
    (kept,) = world.query("select field, ours, winner, their_actor, cause from hub.conflict")
    assert ("deleted_at", "deleted", "theirs", "Somebody else") == tuple(kept.values())[:4]
    assert "edit_against_delete" == kept["cause"]
    last = world.query("select actor from hub.change where operation <> 'D' order by id desc")
    assert "Somebody else" == last[0]["actor"]


def test_links_to_the_record_are_set_again(world: World) -> None:
    acme = _acme(world)
    (deal,) = world.add(DEALS, {CODE: "D1", CLIENT: [acme]})
    world.settle()
    world.sql("update client set deleted_at = now()")

    _edit_before_our_delete(world, acme, {COUNTRY: "Kenya"})
    world.settle()

    (record,) = world.records(CLIENTS)
    assert [record] == world.records(DEALS)[deal][CLIENT]
    assert "Acme" == world.scalar("select c.name from deal d join client c on c.id = d.client_id")


def test_a_deletion_that_nobody_edited_against_stands(world: World) -> None:
    acme = _acme(world)
    world.sql("update client set deleted_at = now()")

    _edit_before_our_delete(world, acme, {NAME: "Acme"})
    world.settle()

    assert {} == world.records(CLIENTS)
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_an_edit_in_a_field_that_the_hub_owns_saves_nothing(world: World) -> None:
    world.set_policy("clients", "country", direction=Direction.TO_SOURCE)
    acme = _acme(world)
    world.sql("update client set deleted_at = now()")

    _edit_before_our_delete(world, acme, {COUNTRY: "Kenya"})
    world.settle()

    assert {} == world.records(CLIENTS)


def test_a_value_that_does_not_fit_is_kept_beside_the_row_that_comes_back(world: World) -> None:
    acme = _acme(world, **{STATUS: "active"})
    world.sql("update client set deleted_at = now()")

    _edit_before_our_delete(world, acme, {STAFF: 10**12})
    world.settle()

    assert world.client("Acme")["deleted_at"] is None  # type: ignore[index]
    kept = world.query("select field, theirs from hub.conflict order by field")
    assert [("deleted_at", None), ("employee_count", "1000000000000")] == [
        tuple(row.values()) for row in kept
    ]


def test_where_the_name_was_taken_meanwhile_the_edit_is_kept_for_a_person(world: World) -> None:
    acme = _acme(world)
    world.sql("update client set deleted_at = now()")
    world.sql("insert into client (name) values ('Acme')")

    _edit_before_our_delete(world, acme, {COUNTRY: "Kenya"})
    world.settle()

    (kept,) = world.query("select field, theirs, winner from hub.conflict")
    assert ("country", "Kenya", "ours") == tuple(kept.values())
    assert 1 == len(world.records(CLIENTS))
    assert 0 == world.scalar("select count(*) from hub.recheck")
