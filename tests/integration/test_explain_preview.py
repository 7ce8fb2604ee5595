"""Does a preview answer with the exact diff and its price, and write nothing?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, NOTE, STAFF, STATUS, World

from hub.errors import NotFound
from hub.store.entities.base import new_id
from hub.sync.dry_run import Action, CellDiff, Direction, Preview
from hub.sync.preview import preview

TABLES = (
    *("change", "tick", "record_link", "frozen_cell", "conflict", "write_intent"),
    *("run", "recheck", "stream_state", "approval", "alert", "lease", "ping"),
)


@contextmanager
def _nothing_is_written(world: World) -> Iterator[None]:
    before = _everything(world)
    yield
    assert before == _everything(world)


def _everything(world: World) -> tuple[object, ...]:
    digest = "select md5(coalesce(string_agg(t::text, '' order by t::text), '')) from hub."
    counted = [world.scalar(f"{digest}{table} t") for table in TABLES]
    return (*counted, len(world.sandbox.edits()), world.sandbox.write_count())


def _preview(world: World, direction: Direction) -> Preview:
    return preview(world.connection(), "clients", direction)


def _settled(world: World, *names: str) -> list[str]:
    made = world.add(CLIENTS, *({NAME: name, COUNTRY: "Kenya"} for name in names))
    world.settle()
    return made


def test_a_push_shows_each_cell_before_and_after(world: World) -> None:
    acme, _ = _settled(world, "Acme", "Bolt")
    world.sql("update client set country = 'Chad', status = 'paused' where name = 'Acme'")

    with _nothing_is_written(world):
        seen = _preview(world, Direction.PUSH)

    (record,) = seen.records
    assert (Action.CHANGE, acme) == (record.action, record.external_id)
    assert {
        CellDiff(column="country", before="Kenya", after="Chad"),
        CellDiff(column="status", before=None, after="paused"),
    } == set(record.cells)
    assert (2, 0.4) == (seen.calls, seen.seconds)
    world.settle()
    assert "Chad" == world.records(CLIENTS)[acme][COUNTRY]


def test_a_push_counts_new_and_deleted_records(world: World) -> None:
    _settled(world, "Acme", "Bolt")
    world.add_rows("client", {new_id(): {"name": "New", "country": "Mali"}})
    world.sql("update client set deleted_at = now() where name = 'Bolt'")

    with _nothing_is_written(world):
        seen = _preview(world, Direction.PUSH)

    by_action = {record.action: record for record in seen.records}
    assert {Action.CREATE, Action.DELETE} == set(by_action)
    assert CellDiff(column="name", before=None, after="New") in by_action[Action.CREATE].cells


def test_a_push_merges_what_was_edited_there_meanwhile(world: World) -> None:
    (acme,) = _settled(world, "Acme")
    world.sql("update client set country = 'Chad' where name = 'Acme'")
    world.edit(CLIENTS, acme, {NOTE: "call back"}, user="Berta")

    with _nothing_is_written(world):
        seen = _preview(world, Direction.PUSH)

    (record,) = seen.records
    assert (CellDiff(column="country", before="Kenya", after="Chad"),) == record.cells
    assert "1 cells edited there are taken in first" == record.note


def test_a_pull_shows_new_changed_and_deleted_rows(world: World) -> None:
    acme, bolt, _ = _settled(world, "Acme", "Bolt", "Stays")
    world.edit(CLIENTS, acme, {COUNTRY: "Chad", STAFF: 7})
    world.delete(CLIENTS, bolt)
    world.add(CLIENTS, {NAME: "New", STATUS: "paused"})

    with _nothing_is_written(world):
        seen = _preview(world, Direction.PULL)

    by_action = {record.action: record for record in seen.records}
    assert {Action.CREATE, Action.CHANGE, Action.DELETE} == set(by_action)
    assert {
        CellDiff(column="country", before="Kenya", after="Chad"),
        CellDiff(column="employee_count", before=None, after=7),
    } == set(by_action[Action.CHANGE].cells)
    assert bolt == by_action[Action.DELETE].external_id
    # The table, then the missing record, which the connector asks for twice to be sure.
    assert (3, 3) == (seen.calls, seen.calls_made)


def test_a_settled_stream_has_an_empty_diff(world: World) -> None:
    _settled(world, "Acme", "Bolt")

    for direction in Direction:
        with _nothing_is_written(world):
            assert [] == _preview(world, direction).records


def test_what_the_guard_would_stop_is_said_before(world: World) -> None:
    _settled(world, *(f"C{n}" for n in range(60)))
    world.sql("update client set deleted_at = now()")

    with _nothing_is_written(world):
        seen = _preview(world, Direction.PUSH)

    assert 60 == seen.counts[Action.DELETE]
    assert ["delete_at_source: 60 of 60 records, more than the limit of 50"] == seen.stops


def test_a_stream_that_never_ran_says_what_to_do(world: World) -> None:
    with pytest.raises(NotFound, match="has never run"):
        _preview(world, Direction.PULL)
    with pytest.raises(NotFound, match=r"hub\.toml has world\.clients"):
        preview(world.connection(), "nothing", Direction.PULL)
