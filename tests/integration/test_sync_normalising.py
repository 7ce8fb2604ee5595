"""Do both sides rest when the server stores what it is sent in a way that nobody foresaw?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sync_world import CLIENTS, COUNTRY, NAME, NOTE, World

from hub.contract import Priority, StreamAddress
from hub.core.records import WriteItem, WriteResult
from hub.core.values import Value
from hub.store import leases, streams
from hub.store.database import Provenance
from hub.sync.attend import attend

TEST = Provenance(actor="test", origin="test")
RESTING_ROUNDS = 5


class ShoutingServer:
    """Airtable, if it stored texts in capitals without the blanks around them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(
        self, address: StreamAddress, items: Sequence[WriteItem], priority: Priority
    ) -> tuple[WriteResult, ...]:
        """What is stored, and answered, differs from what was sent."""
        stored = [
            replace(
                item, fields={name: _stored(name, value) for name, value in item.fields.items()}
            )
            for item in items
        ]
        results: tuple[WriteResult, ...] = self._inner.write(address, stored, priority)
        return tuple(
            replace(result, item=item) for result, item in zip(results, items, strict=True)
        )


def _stored(field_id: str, value: Value) -> Value:
    return value.strip().upper() if field_id in {NAME, NOTE} and isinstance(value, str) else value


def come_by(world: World, *, reads_all: bool = False) -> None:
    """A worker whose server shouts; it may read everything."""
    with world.database.unit_of_work(TEST) as session:
        leases.ring(session, "world", "sweep")
        if reads_all:
            streams.change(session, "world", "clients", needs_reconcile=True)
    connection = world.connection()
    shouting: Any = ShoutingServer(connection.connector)
    attend(
        replace(connection, connector=shouting),
        trigger="test",
        report=world._report,
    )


@pytest.mark.parametrize("reads_all", [False, True], ids=["changes", "complete reads"])
def test_an_unforeseen_normalisation_costs_one_write_and_then_none(
    world: World, reads_all: bool
) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    come_by(world)
    world.sql("update client set name = ' Acme of Peru ', note = 'quiet'")
    come_by(world)
    writes, changes = world.sandbox.write_count(), world.scalar("select count(*) from hub.change")

    for _ in range(RESTING_ROUNDS):
        come_by(world, reads_all=reads_all)

    assert 1 == writes == world.sandbox.write_count()
    assert changes == world.scalar("select count(*) from hub.change")
    assert "ACME OF PERU" == world.records(CLIENTS)[acme][NAME]
    assert ["quiet", " Acme of Peru "] == list(
        world.query("select note, name from client")[0].values()
    )
    assert 0 == world.scalar("select count(*) from hub.conflict")


def test_either_side_may_edit_what_was_normalised(world: World) -> None:
    (acme,) = world.add(CLIENTS, {NAME: "Acme"})
    come_by(world)
    world.sql("update client set name = 'Acme of Peru', note = 'quiet'")
    come_by(world)

    world.edit(CLIENTS, acme, {COUNTRY: "Peru", NOTE: "Loud"})
    world.sql("update client set name = 'Acme of Chile'")
    come_by(world)
    come_by(world)

    assert "ACME OF CHILE" == world.records(CLIENTS)[acme][NAME]
    assert ["Acme of Chile", "Loud", "Peru"] == list(
        world.query("select name, note, country from client")[0].values()
    )
    assert 0 == world.scalar("select count(*) from hub.conflict")
