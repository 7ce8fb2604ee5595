"""What does one edit cost, in calls of the API and in statements of the database?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event
from sync_world import BASE, CLIENTS, COUNTRY, NAME, World

from hub.store import leases
from hub.store.database import Provenance

STATEMENTS_OF_A_PULL, STATEMENTS_OF_A_PUSH, STATEMENTS_OF_AN_ECHO = 79, 87, 63
"""With two streams, commits not counted: nobody adds one without noticing."""


@dataclass
class Cost:
    """What a worker did."""

    statements: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@contextmanager
def counted(world: World) -> Iterator[Cost]:
    """Count the statements and the calls that are made inside."""
    cost = Cost()

    def note(*args: Any) -> None:
        cost.statements.append(args[2])  # (connection, cursor, statement, ...)

    journal = world.sandbox.requests()
    last = journal[-1]["number"] if journal else 0
    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        yield cost
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)
    cost.calls = [call["method"] for call in world.sandbox.requests(after=last)]


def ring(world: World, source: str) -> None:
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        leases.ring(session, "world", source)


@pytest.fixture
def at_rest(world: World) -> World:
    """Ten clients that carry their Hub IDs, both sides equal."""
    world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(10)))
    world.settle()
    world.sql("update client set country = 'Kenya'")
    world.settle()
    return world


def test_a_persons_edit_costs_two_calls(at_rest: World) -> None:
    record = next(iter(at_rest.records(CLIENTS)))
    at_rest.edit(CLIENTS, record, {COUNTRY: "Peru"})
    ring(at_rest, "hook")

    with counted(at_rest) as cost:
        at_rest.attend()

    assert 1 == at_rest.scalar("select count(*) from client where country = 'Peru'")
    assert ["GET", "GET"] == cost.calls
    assert len(cost.statements) <= STATEMENTS_OF_A_PULL


def test_what_the_hub_took_in_is_not_sent_back(at_rest: World) -> None:
    record = next(iter(at_rest.records(CLIENTS)))
    at_rest.edit(CLIENTS, record, {COUNTRY: "Peru"})
    ring(at_rest, "hook")
    at_rest.attend()
    ring(at_rest, "hub")

    with counted(at_rest) as cost:
        at_rest.attend()

    assert [] == cost.calls


def test_a_hub_edit_costs_two_calls_and_its_echo_one(at_rest: World) -> None:
    at_rest.sql("update client set country = 'Peru' where name = 'Client 3'")
    ring(at_rest, "hub")

    with counted(at_rest) as cost:
        at_rest.attend()
    ring(at_rest, "hook")
    with counted(at_rest) as echo:
        at_rest.attend()

    assert ["GET", "PATCH"] == cost.calls
    assert ["GET"] == echo.calls
    assert len(cost.statements) <= STATEMENTS_OF_A_PUSH
    assert len(echo.statements) <= STATEMENTS_OF_AN_ECHO


def test_a_hundred_edits_are_read_with_one_call_and_sent_with_ten(world: World) -> None:
    records = world.add(CLIENTS, *({NAME: f"Client {number}"} for number in range(100)))
    world.settle()
    world.sandbox.edit(
        BASE, CLIENTS, update=[{"id": record, "fields": {COUNTRY: "Peru"}} for record in records]
    )
    ring(world, "hook")

    with counted(world) as arriving:
        world.attend()
    world.sql("update client set employee_count = 7")
    ring(world, "hub")
    with counted(world) as leaving:
        world.attend()

    assert ["GET"] * 2 == arriving.calls
    assert ["GET", *["PATCH"] * 10] == leaving.calls
