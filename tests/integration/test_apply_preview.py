"""Is exactly that carried out which was approved, and what moved since left and listed?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, STAFF, World

from hub.errors import InvalidInput, NotFound
from hub.store import previews as store
from hub.store.previews import KeptPreview
from hub.sync.dry_run import Direction
from hub.sync.pause import parse_target, set_paused
from hub.sync.preview import preview
from hub.sync.previews import ask_preview, decide_preview, keep, look


@pytest.fixture
def held(world: World) -> list[str]:
    """Ten clients that both sides know, of a stream that is paused."""
    records = world.add(CLIENTS, *({NAME: f"Client {n}", COUNTRY: "Kenya"} for n in range(10)))
    world.settle()
    set_paused(world.database, parse_target("world.clients"), paused=True, by="Olga")
    world.settle()
    return records


def _keep(world: World, direction: Direction) -> UUID:
    return keep(world.database, preview(world.connection(), "clients", direction), "Olga")


def _decide(world: World, preview_id: UUID, *, approve: bool = True) -> str:
    said = decide_preview(world.database, preview_id, approve=approve, by="Olga")
    world.attend()
    return said


def _load(world: World, preview_id: UUID) -> KeptPreview:
    with world.database.reading() as session:
        return store.load_preview(session, preview_id)


def _ours(world: World) -> dict[str, Any]:
    found = world.query("select name, country from client where deleted_at is null")
    return {row["name"]: row["country"] for row in found}


def test_an_approved_pull_takes_what_was_shown_and_lists_what_moved(
    world: World, held: list[str]
) -> None:
    world.edit(CLIENTS, held[0], {COUNTRY: "Peru", STAFF: 7})
    world.edit(CLIENTS, held[1], {COUNTRY: "Peru"})
    world.edit(CLIENTS, held[2], {COUNTRY: "Peru"})
    world.delete(CLIENTS, held[9])
    world.add(CLIENTS, {NAME: "Newborn", COUNTRY: "Chad"})
    seen = _keep(world, Direction.PULL)
    world.edit(CLIENTS, held[1], {COUNTRY: "Fiji"})
    world.edit(CLIENTS, held[3], {COUNTRY: "Unseen"})
    world.sql("update client set country = 'Ours' where name = 'Client 2'")

    said = _decide(world, seen)

    done, ours = _load(world, seen), _ours(world)
    assert "1 to create, 3 to change, 1 to delete" in said
    assert ("applied", "Peru", "Chad") == (done.status, ours["Client 0"], ours["Newborn"])
    assert ("Kenya", "Ours", "Kenya") == (ours["Client 1"], ours["Client 2"], ours["Client 3"])
    assert "Client 9" not in ours
    assert 7 == world.scalar("select employee_count from client where name = 'Client 0'")
    assert sorted([(held[1], "country"), (held[2], "country")]) == sorted(
        (cell["external_id"], cell["column"]) for cell in done.left_out["cells"]
    )
    assert "4 cells and records were carried out as shown, 2 were left" in str(done.message)


def test_an_approved_push_sends_what_was_shown_and_lists_what_moved(
    world: World, held: list[str]
) -> None:
    world.sql("update client set country = 'Peru', employee_count = 7 where name = 'Client 0'")
    world.sql("update client set country = 'Peru' where name in ('Client 1', 'Client 2')")
    world.sql("update client set deleted_at = now() where name = 'Client 9'")
    seen = _keep(world, Direction.PUSH)
    world.sql("update client set country = 'Fiji' where name = 'Client 1'")
    world.sql("update client set country = 'Unseen' where name = 'Client 3'")

    _decide(world, seen)

    theirs = world.records(CLIENTS)
    done = _load(world, seen)
    assert ("Peru", 7) == (theirs[held[0]][COUNTRY], theirs[held[0]][STAFF])
    assert ["Kenya", "Peru", "Kenya"] == [theirs[held[n]][COUNTRY] for n in (1, 2, 3)]
    assert held[9] not in theirs
    assert [(held[1], "country")] == [
        (cell["external_id"], cell["column"]) for cell in done.left_out["cells"]
    ]


def test_an_edit_made_there_after_the_preview_is_not_overwritten(
    world: World, held: list[str]
) -> None:
    world.sql("update client set country = 'Peru' where name = 'Client 0'")
    seen = _keep(world, Direction.PUSH)
    world.edit(CLIENTS, held[0], {COUNTRY: "Theirs"})

    _decide(world, seen)

    assert "Theirs" == world.records(CLIENTS)[held[0]][COUNTRY]
    (left,) = _load(world, seen).left_out["cells"]
    assert ("country", "it moved since the preview") == (left["column"], left["reason"])


def test_what_was_left_goes_its_usual_way_when_the_stream_resumes(
    world: World, held: list[str]
) -> None:
    world.edit(CLIENTS, held[0], {COUNTRY: "Peru"})
    seen = _keep(world, Direction.PULL)
    world.edit(CLIENTS, held[0], {COUNTRY: "Fiji"})
    _decide(world, seen)

    set_paused(world.database, parse_target("world.clients"), paused=False, by="Olga")
    world.settle()

    assert "Fiji" == _ours(world)["Client 0"]


def test_a_worker_makes_the_preview_that_was_asked_for(world: World, held: list[str]) -> None:
    world.edit(CLIENTS, held[0], {COUNTRY: "Peru"})
    asked = ask_preview(world.database, "world", "clients", Direction.PULL, "Olga")
    waiting = _load(world, asked).status

    look(world.connection(), asked, requests_per_second=5)
    look(world.connection(), asked, requests_per_second=5)

    kept = _load(world, asked)
    (record,) = kept.diff["records"]
    (run,) = world.query("select status, requests from hub.run where id = :id", id=kept.run_id)
    assert ("asked", "ready") == (waiting, kept.status)
    assert [{"column": "country", "before": "Kenya", "after": "Peru"}] == record["cells"]
    assert {"status": "succeeded", "requests": 1} == run
    assert (1, 0.2) == (kept.calls, kept.seconds)


def test_a_preview_that_cannot_be_made_says_why(world: World, held: list[str]) -> None:
    asked = ask_preview(world.database, "world", "clients", Direction.PULL, "Olga")
    world.sandbox.fault("status", status=401, type="AUTHENTICATION_REQUIRED", times=1)

    look(world.connection(), asked, requests_per_second=5)

    kept = _load(world, asked)
    assert "failed" == kept.status
    assert "token" in str(kept.message)


def test_a_refused_preview_changes_nothing_and_is_decided_once(
    world: World, held: list[str]
) -> None:
    world.edit(CLIENTS, held[0], {COUNTRY: "Peru"})
    seen = _keep(world, Direction.PULL)

    _decide(world, seen, approve=False)

    assert "Kenya" == _ours(world)["Client 0"]
    with pytest.raises(InvalidInput, match="is refused; only one that is ready"):
        _decide(world, seen)
    with pytest.raises(NotFound, match="there is no preview"):
        _decide(world, UUID(int=7))


def test_the_guard_has_nothing_to_ask_about_what_a_person_approved(
    world: World, held: list[str]
) -> None:
    world.streams["clients"] = replace(world.streams["clients"], delete_limit=3)
    world.delete(CLIENTS, *held[:8])
    seen = _keep(world, Direction.PULL)
    stops = _load(world, seen).diff["stops"]

    _decide(world, seen)

    assert stops
    assert ["Client 8", "Client 9"] == sorted(_ours(world))
