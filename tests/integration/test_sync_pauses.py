"""Does a pause hold exactly what was paused, and does resuming merge what came meanwhile?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, STAFF, World

from hub.errors import InvalidInput, NotFound
from hub.store import pauses
from hub.sync.divergence import differences
from hub.sync.pause import parse_target, set_paused


@pytest.fixture
def acme(world: World) -> str:
    """A client that both sides know."""
    (acme,) = world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya", STAFF: 1})
    world.settle()
    return acme


def _pause(world: World, name: str, row: UUID | None = None, *, paused: bool = True) -> str:
    said = set_paused(world.database, parse_target(name, row), paused=paused, by="Olga")
    world.settle()
    return said


def _row_id(world: World) -> UUID:
    return UUID(str(world.scalar("select id from client where name = 'Acme'")))


def _both(world: World, record: str) -> dict[str, tuple[Any, Any]]:
    """Ours and theirs of country and staff."""
    ours = world.client("Acme")
    assert ours is not None
    theirs = world.records(CLIENTS)[record]
    return {
        "country": (ours["country"], theirs.get(COUNTRY)),
        "staff": (ours["employee_count"], theirs.get(STAFF)),
    }


def test_a_paused_field_stands_still_and_the_rest_goes_on(world: World, acme: str) -> None:
    _pause(world, "world.clients.country")
    world.edit(CLIENTS, acme, {COUNTRY: "Peru", STAFF: 2})
    world.settle()
    held = _both(world, acme)

    _pause(world, "world.clients.country", paused=False)

    assert {"country": ("Kenya", "Peru"), "staff": (2, 2)} == held
    assert {"country": ("Peru", "Peru"), "staff": (2, 2)} == _both(world, acme)


def test_our_edit_of_a_paused_field_is_sent_when_it_resumes(world: World, acme: str) -> None:
    _pause(world, "world.clients.country")
    world.sql("update client set country = 'Chad', employee_count = 3 where name = 'Acme'")
    world.settle()
    held = _both(world, acme)

    _pause(world, "world.clients.country", paused=False)

    assert {"country": ("Chad", "Kenya"), "staff": (3, 3)} == held
    assert ("Chad", "Chad") == _both(world, acme)["country"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_paused_row_or_cell_waits_alone(world: World, acme: str, whole: bool) -> None:
    (other,) = world.add(CLIENTS, {NAME: "Beta", COUNTRY: "Kenya"})
    world.settle()
    name = "world.clients" if whole else "world.clients.country"
    _pause(world, name, _row_id(world))
    world.edit(CLIENTS, acme, {COUNTRY: "Peru", STAFF: 2})
    world.edit(CLIENTS, other, {COUNTRY: "Peru"})
    world.settle()
    held = _both(world, acme)

    _pause(world, name, _row_id(world), paused=False)

    assert ("Kenya", "Peru") == held["country"]
    assert ((1, 2) if whole else (2, 2)) == held["staff"]
    beta = world.client("Beta")
    assert beta is not None
    assert "Peru" == beta["country"]
    assert {"country": ("Peru", "Peru"), "staff": (2, 2)} == _both(world, acme)


def test_both_sides_edits_of_a_paused_row_merge_when_it_resumes(world: World, acme: str) -> None:
    row = _row_id(world)
    _pause(world, "world.clients", row)
    world.edit(CLIENTS, acme, {STAFF: 9})
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()
    held = _both(world, acme)

    _pause(world, "world.clients", row, paused=False)

    assert {"country": ("Chad", "Kenya"), "staff": (1, 9)} == held
    assert {"country": ("Chad", "Chad"), "staff": (9, 9)} == _both(world, acme)


def test_a_deletion_of_a_paused_row_waits_on_either_side(world: World, acme: str) -> None:
    (beta,) = world.add(CLIENTS, {NAME: "Beta"}, {NAME: "Gamma"}, {NAME: "Delta"})[:1]
    world.settle()
    rows = {
        name: UUID(str(world.scalar("select id from client where name = :name", name=name)))
        for name in ("Acme", "Beta")
    }
    for row in rows.values():
        _pause(world, "world.clients", row)
    world.delete(CLIENTS, acme)
    world.sql("update client set deleted_at = now() where name = 'Beta'")
    world.settle()
    held = (
        world.scalar("select deleted_at from client where name = 'Acme'"),
        beta in world.records(CLIENTS),
    )

    for row in rows.values():
        _pause(world, "world.clients", row, paused=False)

    assert (None, True) == held
    assert world.scalar("select deleted_at from client where name = 'Acme'") is not None
    assert beta not in world.records(CLIENTS)


@pytest.mark.parametrize(
    ("name", "of_row"),
    [
        ("world.clients.country", False),
        ("world.clients.country", True),
        ("world.clients", True),
        ("world.clients", False),
        ("world", False),
    ],
)
def test_a_difference_that_a_pause_made_says_so(
    world: World, acme: str, name: str, of_row: bool
) -> None:
    _pause(world, name, _row_id(world) if of_row else None)
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.settle()

    told = [
        found
        for found in differences(world.database, world.streams["clients"])
        if found.column == "country"
    ]

    assert ["paused"] == [found.reason.value for found in told]


def test_everything_that_is_paused_is_listed_with_who_and_when(world: World, acme: str) -> None:
    row = _row_id(world)
    _pause(world, "world.clients.country")
    _pause(world, "world.clients.note", row)
    _pause(world, "world.deals")

    with world.database.reading() as session:
        listed = pauses.list_pauses(session)

    assert [
        ("deals", None, None, "Olga"),
        ("clients", "country", None, "Olga"),
        ("clients", "note", row, "Olga"),
    ] == [(item.stream, item.column, item.row_id, item.by) for item in listed]
    assert all(item.since is not None for item in listed)


def test_what_cannot_be_paused_is_said_with_what_can(world: World, acme: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not CONNECTION\[\.STREAM\[\.FIELD\]\]"):
        parse_target("a.b.c.d")
    with pytest.raises(InvalidInput, match="a row is paused in one stream"):
        parse_target("world", _row_id(world))
    with pytest.raises(NotFound, match=r"there is no stream world\.people"):
        set_paused(world.database, parse_target("world.people.x"), paused=True, by="Olga")
    with pytest.raises(NotFound, match=r"no record of world\.deals stands for row"):
        _pause(world, "world.deals", _row_id(world))
    with pytest.raises(NotFound, match="maps no column colour; it maps name"):
        set_paused(
            world.database,
            parse_target("world.clients.colour"),
            paused=True,
            by="Olga",
            mapped=["name"],
        )
