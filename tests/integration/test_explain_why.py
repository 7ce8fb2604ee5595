"""Does the chain behind a value name who, when, which run, which policy and which request?"""

from __future__ import annotations

import pytest
from sync_world import ASK, CLIENTS, COUNTRY, NAME, World

from hub.core.merge import Winner
from hub.errors import InvalidInput, NotFound
from hub.store.entities.base import new_id
from hub.sync.resolve import resolve_conflict
from hub.sync.why import Explanation, Kind, explain_cell


def _settled(world: World) -> str:
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"}, user="Alex")
    world.settle()
    return acme


def _why(world: World, column: str = "country", row: str = "acme") -> Explanation:
    return explain_cell(world.database, "client", row, column)


def test_a_persons_edit_there_names_person_place_run_and_trigger(world: World) -> None:
    acme = _settled(world)
    world.edit(CLIENTS, acme, {COUNTRY: "Chad"}, user="Berta")
    world.settle()

    told = _why(world)

    newest = told.steps[0]
    assert ("Chad", Kind.CHANGE) == (told.value, newest.kind)
    assert "Berta changed it from “Kenya” to “Chad” at world" in newest.sentence
    assert "pull run" in newest.sentence
    assert "started by test" in newest.sentence
    assert "Somebody made the row with “Kenya” at world" in told.steps[-1].sentence


def test_an_edit_here_is_followed_by_its_request_and_its_outcome(world: World) -> None:
    acme = _settled(world)
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    told = _why(world)

    write, change = told.steps[:2]
    assert (Kind.WRITE, Kind.CHANGE) == (write.kind, change.kind)
    assert "sent “Chad” to world.clients over “Kenya”" in write.sentence
    assert "it was answered" in write.sentence
    assert "Hanna changed it from “Kenya” to “Chad” through GraphQL" in change.sentence
    (standing,) = told.standing
    assert f"record {acme}: both sides agreed on “Chad” here and “Chad” there" in standing.sentence


def test_a_conflict_tells_the_three_values_and_who_decided(world: World) -> None:
    world.set_policy("clients", "country", conflict=ASK)
    acme = _settled(world)
    world.sql("update client set country = 'Ours' where name = 'Acme'")
    world.edit(CLIENTS, acme, {COUNTRY: "Theirs"}, user="Berta")
    world.settle()

    waiting = _why(world)
    resolve_conflict(
        world.database, world.scalar("select id from hub.conflict"), Winner.THEIRS, "Ada"
    )
    world.settle()
    decided = _why(world)

    assert "it stands still" in waiting.standing[0].sentence
    (open_one,) = [step for step in waiting.steps if step.kind is Kind.CONFLICT]
    assert "base “Kenya”, theirs “Theirs” by Berta, ours “Ours” by Hanna" in open_one.sentence
    assert "waits for a person (policy ask)" in open_one.sentence
    (closed,) = [step for step in decided.steps if step.kind is Kind.CONFLICT]
    assert "Ada let theirs stand" in closed.sentence
    assert any("by resolving a conflict" in step.sentence for step in decided.steps)


def test_a_deleted_row_still_has_its_chain(world: World) -> None:
    acme = _settled(world)
    row = world.scalar("select id from client")
    world.add(CLIENTS, {NAME: "Other"})
    world.settle()
    world.delete(CLIENTS, acme, user="Carl")
    world.settle()

    told = explain_cell(world.database, "client", str(row), "deleted_at")

    assert told.is_deleted
    assert "Carl" in told.steps[0].sentence


@pytest.mark.parametrize(
    ("table", "row", "column", "says"),
    [
        ("clients", "Acme", "country", "valid are client"),
        ("client", "Acme", "land", "valid are"),
        ("client", "Nobody", "country", "is called 'Nobody'"),
        ("client", str(new_id()), "country", "there is no row"),
    ],
)
def test_a_wrong_question_says_what_would_be_valid(
    world: World, table: str, row: str, column: str, says: str
) -> None:
    _settled(world)

    with pytest.raises((InvalidInput, NotFound), match=says):
        explain_cell(world.database, table, row, column)
