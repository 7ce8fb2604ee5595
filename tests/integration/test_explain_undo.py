"""Does an undo put back exactly what was replaced, on both sides, and leave what came since?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, NOTE, STAFF, World

from hub.errors import InvalidInput, NotFound
from hub.store.entities.base import new_id
from hub.store.undoing import Selection
from hub.sync.undo import Action, apply_undo, person_selection, preview_undo


def _settled(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", STAFF: 12})
    world.settle()
    return acme


def _country(world: World, acme: str) -> tuple[Any, Any]:
    row = world.client("Acme")
    assert row is not None
    return row["country"], world.records(CLIENTS)[acme].get(COUNTRY)


def _last_run(world: World) -> UUID:
    run_id: UUID = world.scalar(
        "select run_id from hub.change where run_id is not null order by id desc limit 1"
    )
    return run_id


def _of(person: str, minutes: int = 5) -> Selection:
    now = datetime.now(UTC)
    return person_selection(person, now - timedelta(minutes=minutes), now + timedelta(minutes=1))


def test_a_preview_lists_the_cells_and_changes_nothing(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Chad"}, user="Berta")
    world.settle()
    changes = world.scalar("select count(*) from hub.change")

    seen = preview_undo(world.database, Selection(run_id=_last_run(world)))

    (cell,) = seen.cells
    assert (Action.SET, "country", "Chad", "Kenya") == (
        cell.action,
        cell.column,
        cell.now,
        cell.back_to,
    )
    assert changes == world.scalar("select count(*) from hub.change")


def test_a_run_is_undone_on_both_sides_and_the_undo_too(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Chad", STAFF: 13}, user="Berta")
    world.settle()

    undone = apply_undo(world.database, Selection(run_id=_last_run(world)), "Ada")
    world.settle()
    after_undo = _country(world, acme), world.records(CLIENTS)[acme][STAFF]
    apply_undo(world.database, Selection(run_id=undone.run_id), "Ada")
    world.settle()

    assert (("Kenya", "Kenya"), 12) == after_undo
    assert ("Chad", "Chad") == _country(world, acme)
    assert {"kind": "undo", "status": "succeeded", "trigger": "Ada"} == world.query(
        "select kind, status, trigger from hub.run where id = :id", id=undone.run_id
    )[0]
    assert {"undo"} == {
        row["origin"]
        for row in world.query("select origin from hub.change where run_id = :id", id=undone.run_id)
    }


def test_a_cell_changed_since_is_left_and_listed(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Chad", NOTE: "wrong"}, user="Berta")
    world.settle()
    run_id = _last_run(world)
    world.sql("update client set country = 'Mali' where name = 'Acme'")

    undone = apply_undo(world.database, Selection(run_id=run_id), "Ada")
    world.settle()

    (left,) = undone.left
    assert ["note"] == [cell.column for cell in undone.cells]
    assert "country" == left.column
    assert "changed since by Hanna" in left.reason
    assert ("Mali", "Mali") == _country(world, acme)
    assert NOTE not in world.records(CLIENTS)[acme]


def test_a_persons_edits_go_back_wherever_they_were_made(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Chad"}, user="Hanna")
    world.settle()
    world.sql("update client set country = 'Mali', employee_count = 99 where name = 'Acme'")
    world.settle()

    undone = apply_undo(world.database, _of("hanna"), "Ada")
    world.settle()

    assert {"country", "employee_count"} == {cell.column for cell in undone.cells}
    assert ("Kenya", "Kenya") == _country(world, acme)
    assert 12 == world.records(CLIENTS)[acme][STAFF]


def test_a_later_edit_of_the_same_person_goes_back_to_what_others_made(world: World) -> None:
    _settled(world)
    for actor, country in (("Hanna", "Chad"), ("Ivo", "Mali"), ("Hanna", "Peru")):
        world.sql("update client set country = :country", actor=actor, country=country)

    apply_undo(world.database, _of("Hanna"), "Ada")

    row = world.client("Acme")
    assert row is not None
    assert "Mali" == row["country"]


def test_a_row_that_was_made_goes_and_comes_back(world: World) -> None:
    _settled(world)
    world.add_rows("client", {new_id(): {"name": "Mistake"}})
    world.settle()

    undone = apply_undo(world.database, _of("Hanna"), "Ada")
    world.settle()
    gone = [fields[NAME] for fields in world.records(CLIENTS).values()]
    apply_undo(world.database, Selection(run_id=undone.run_id), "Ada")
    world.settle()

    assert [Action.DELETE] == [cell.action for cell in undone.cells]
    assert ["Acme"] == gone
    assert {"Acme", "Mistake"} == {f[NAME] for f in world.records(CLIENTS).values()}


@pytest.mark.parametrize(
    "statement", ["update client set deleted_at = now()", "delete from client"]
)
def test_a_deleted_row_comes_back_with_its_values_and_its_id(world: World, statement: str) -> None:
    _settled(world)
    before = world.client("Acme")
    world.sql(statement)
    world.settle()
    assert {} == world.records(CLIENTS)

    undone = apply_undo(world.database, _of("Hanna"), "Ada")
    world.settle()

    after = world.client("Acme")
    assert before is not None
    assert after is not None
    assert 1 == len(undone.cells)
    assert (before["id"], "Kenya", 12, None) == (
        after["id"],
        after["country"],
        after["employee_count"],
        after["deleted_at"],
    )
    assert ["Kenya"] == [fields[COUNTRY] for fields in world.records(CLIENTS).values()]


def test_what_postgres_refuses_is_left_and_the_rest_is_done(world: World) -> None:
    _settled(world)
    world.sql("update client set name = 'Renamed' where name = 'Acme'")
    world.sql("update client set country = 'Chad'")
    world.sql("insert into client (id, name) values (:id, 'Acme')", actor="Ivo", id=new_id())

    undone = apply_undo(world.database, _of("Hanna"), "Ada")

    (left,) = undone.left
    assert "the central database refuses it" in left.reason
    assert [] == undone.cells


def test_nothing_to_undo_says_what_to_do(world: World) -> None:
    acme = _settled(world)
    world.sql("update client set country = 'Chad'")
    world.settle()
    push = world.scalar("select run_id from hub.write_intent where field = 'country'")

    with pytest.raises(NotFound, match="there is no run"):
        preview_undo(world.database, Selection(run_id=new_id()))
    with pytest.raises(NotFound, match="hub sync undo person"):
        preview_undo(world.database, Selection(run_id=push))
    with pytest.raises(NotFound, match=r"These did: .*Hanna"):
        preview_undo(world.database, _of("Nobody"))
    with pytest.raises(InvalidInput, match="Swap them"):
        person_selection("Hanna", datetime.now(UTC), datetime.now(UTC) - timedelta(days=1))
    assert acme
