"""Does a push of many rows ask first, show how far it is, and let a person's edit go before?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sync_world import BASE, CLIENTS, COUNTRY, HUB_ID, NAME, NOTE, PARENT, World

import connectors
from connectors.airtable import Settings
from hub.contract import Priority
from hub.store import leases
from hub.store.database import Provenance
from hub.store.entities.base import new_id
from hub.sync.attend import attend
from hub.sync.connection import LeasedLimiter, SyncConnection
from hub.sync.resolve import decide_plan

MANY = 350


class Meanwhile:
    """A limiter at which something happens beside the worker, before its n-th or each request."""

    def __init__(self, number: int | None, act: Callable[[], None]) -> None:
        self.number = number
        self.act = act
        self.passed = 0

    def wait(self, priority: Priority) -> None:
        """Let the request pass."""
        self.passed += 1
        if self.number in {None, self.passed}:
            self.act()

    def penalise(self, seconds: float) -> None:
        """Do not mind."""


def attend_while(world: World, number: int | None, act: Callable[[], None]) -> None:
    """A worker comes by, and before its n-th or each request something happens."""
    with world.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        leases.ring(session, "world", "hub")
    limiter = LeasedLimiter(Meanwhile(number, act))
    settings = Settings(endpoint=world.sandbox.url, token=world.sandbox.token, base=BASE)
    connection = SyncConnection(
        name="world",
        database=world.database,
        connector=connectors.load("airtable").build("world", settings, limiter),
        limiter=limiter,
        mappings=world.streams,
    )
    attend(connection, trigger="test", report=world._report)


@pytest.fixture
def crowded(world: World) -> World:
    """Many clients that carry their Hub IDs, both sides equal."""
    world.streams["clients"] = replace(world.streams["clients"], overwrite_limit=10_000)
    rows = {new_id(): {"name": f"Client {number:03}"} for number in range(MANY)}
    world.settle()
    world.add_rows("client", dict(rows))
    world.settle()
    return world


def sent_since(world: World, last: int) -> list[str]:
    """The records whose country was written since, in order."""
    edits = world.sandbox.edits(after=last)
    return [edit["record"] for edit in edits if edit.get("field") == COUNTRY]


def last_edit(world: World) -> int:
    return int(world.sandbox.edits()[-1]["number"])


def test_an_update_of_every_row_asks_first_by_its_share(crowded: World) -> None:
    writes = crowded.sandbox.write_count()

    crowded.sql("update client set country = 'Peru'")
    crowded.settle()

    (waiting,) = crowded.query(
        "select action, reason, jsonb_array_length(items) n from hub.approval"
    )
    assert writes == crowded.sandbox.write_count()
    assert ("overwrite_at_source", MANY) == (waiting["action"], waiting["n"])
    assert "350 of 350 records (100%)" in waiting["reason"]


def test_a_long_push_says_how_far_it_is_and_writes_ten_at_a_time(crowded: World) -> None:
    crowded.sql("update client set country = 'Peru'")
    crowded.settle()
    waiting: UUID = crowded.scalar("select id from hub.approval where decision is null")
    decide_plan(crowded.database, waiting, approve=True, by="Olga")
    writes = crowded.sandbox.write_count()
    waited: list[int] = []

    def look() -> None:
        (run,) = crowded.query("select kind, counts from hub.run where status = 'running'")
        if run["kind"] == "push" and run["counts"]:
            waited.append(run["counts"]["rows_waiting"])

    attend_while(crowded, None, look)
    crowded.settle()

    # The first page makes way for the ping that began it; the others follow in one run.
    assert [150, 50] == list(dict.fromkeys(waited))
    assert MANY / 10 == crowded.sandbox.write_count() - writes
    assert {"Peru"} == {fields[COUNTRY] for fields in crowded.records(CLIENTS).values()}
    assert 0 == crowded.scalar("select count(*) from hub.approval where applied_at is null")


def test_an_edit_made_during_a_long_push_is_sent_before_its_rest(crowded: World) -> None:
    crowded.streams["clients"] = replace(crowded.streams["clients"], share_limit=1.0)
    crowded.sql("update client set country = 'Peru'")
    last = last_edit(crowded)

    def edit_the_last() -> None:
        crowded.sql("update client set note = 'urgent' where name = 'Client 349'")
        with crowded.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
            leases.ring(session, "world", "hub")

    # The first page makes way for the ping that began it; this is in the second.
    attend_while(crowded, 15, edit_the_last)
    crowded.settle()

    sent = sent_since(crowded, last)
    urgent = next(record for record, fields in crowded.records(CLIENTS).items() if NOTE in fields)
    assert MANY == len(sent) == len(set(sent))
    assert 200 == sent.index(urgent)


def test_rows_deleted_during_a_long_push_are_counted_before_their_records_go(
    crowded: World,
) -> None:
    crowded.streams["clients"] = replace(crowded.streams["clients"], share_limit=1.0)
    crowded.sql("update client set country = 'Peru'")

    attend_while(crowded, 5, lambda: crowded.sql("delete from client"))
    crowded.settle()

    assert MANY == len(crowded.records(CLIENTS))
    assert "delete_at_source" == crowded.scalar("select action from hub.approval")


def test_what_was_not_sent_any_more_is_told_apart_from_what_may_have_arrived(
    world: World,
) -> None:
    world.settle()
    world.add_rows("client", {new_id(): {"name": f"Client {number}"} for number in range(25)})
    world.sandbox.fault("status", method="PATCH", status=503, skip=1, times=1)

    world.ring()
    world.attend()
    outcomes = world.query(
        "select outcome, count(distinct row_id) as rows from hub.write_intent group by 1 order by 1"
    )
    world.settle()

    told = [(row["outcome"], row["rows"]) for row in outcomes]
    assert [("answered", 10), ("not_sent", 5), (None, 10)] == told
    assert 25 == len({fields[HUB_ID] for fields in world.records(CLIENTS).values()})
    assert 25 == len(world.records(CLIENTS))


def test_new_rows_that_belong_to_each_other_are_written_once(world: World) -> None:
    world.settle()
    parent, children = new_id(), [new_id() for _ in range(12)]
    writes = world.sandbox.write_count()

    world.add_rows(
        "client",
        {
            **{
                child: {"name": f"Child {n}", "parent_client_id": str(parent)}
                for n, child in enumerate(children)
            },
            parent: {"name": "Parent"},
        },
    )
    world.settle()

    linked = [fields for fields in world.records(CLIENTS).values() if fields.get(PARENT)]
    assert 12 == len(linked)
    # The parent, then the children in two requests; nothing had to be parked and sent again.
    assert 3 == world.sandbox.write_count() - writes
    assert {"create"} == {
        row["operation"] for row in world.query("select operation from hub.write_intent")
    }


def test_new_rows_in_a_circle_come_to_rest(world: World) -> None:
    world.settle()
    first, second = new_id(), new_id()
    world.add_rows("client", {first: {"name": "First"}, second: {"name": "Second"}})
    world.sql("update client set parent_client_id = :other where id = :id", id=first, other=second)
    world.sql("update client set parent_client_id = :other where id = :id", id=second, other=first)

    world.settle()

    records = world.records(CLIENTS)
    by_name = {fields[NAME]: record for record, fields in records.items()}
    assert [by_name["Second"]] == records[by_name["First"]][PARENT]
    assert [by_name["First"]] == records[by_name["Second"]][PARENT]
