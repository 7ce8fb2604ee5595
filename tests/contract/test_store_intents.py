"""What was about to be written over what, and what became of it, in both stores?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from store_sides import StoreSide

from hub.store import intents
from hub.store.entities.base import new_id
from hub.store.intents import Intent

WORLD, CLIENTS = "world", "clients"


def update(row: UUID, field: str = "name", **changed: Any) -> Intent:
    values: dict[str, Any] = {"believed": "old", "sent": "new", **changed}
    return Intent(row_id=row, external_id="rec1", operation="update", field=field, **values)


def create(row: UUID, field: str, sent: Any) -> Intent:
    return Intent(row_id=row, external_id=None, operation="create", field=field, sent=sent)


def delete(row: UUID, external_id: str) -> Intent:
    return Intent(row_id=row, external_id=external_id, operation="delete")


def opened(store: StoreSide, *wanted: Intent, stream: str = CLIENTS) -> list[UUID]:
    with store.writing() as session:
        return intents.open_intents(session, WORLD, stream, wanted, fence=7, run_id=new_id())


def waiting(store: StoreSide, *records: str) -> dict[tuple[str, str], list[Intent]]:
    with store.reading() as session:
        return intents.awaiting_echo(session, WORLD, CLIENTS, records)


def test_an_intent_is_there_before_its_request_and_waits_for_its_echo(store: StoreSide) -> None:
    row = new_id()
    values = ["a", "b"]
    first, second = opened(store, update(row), update(row, "tags", believed=None, sent=values))

    found = waiting(store, "rec1", "rec2")

    assert {("rec1", "name"), ("rec1", "tags")} == set(found)
    (name,), (tags,) = found["rec1", "name"], found["rec1", "tags"]
    assert (first, row, "old", "new", "update") == (
        name.id,
        name.row_id,
        name.believed,
        name.sent,
        name.operation,
    )
    assert (second, None, values) == (tags.id, tags.believed, tags.sent)
    assert name.created_at is not None
    assert {} == waiting(store)
    assert [] == opened(store)
    assert {(7, CLIENTS, WORLD)} == {
        (kept["fence"], kept["stream"], kept["connection"]) for kept in store.rows("write_intent")
    }


def test_intents_of_one_cell_wait_in_their_order(store: StoreSide) -> None:
    row = new_id()
    opened(store, update(row, sent="1"))
    opened(store, update(row, sent="2"), update(row, sent="3"))

    assert ["1", "2", "3"] == [i.sent for i in waiting(store, "rec1")["rec1", "name"]]


def test_an_answered_intent_waits_on_until_it_is_closed(store: StoreSide) -> None:
    first, second = opened(store, update(new_id()), update(new_id(), "note"))

    with store.writing() as session:
        intents.note_outcome(session, [first], "answered", is_closed=False)
        intents.note_outcome(session, [second], "dropped", is_closed=True)
        intents.note_outcome(session, [], "confirmed", is_closed=True)

    assert {("rec1", "name")} == set(waiting(store, "rec1"))
    assert {first: ("answered", False), second: ("dropped", True)} == {
        row["id"]: (row["outcome"], row["closed_at"] is not None)
        for row in store.rows("write_intent")
    }


def test_what_the_other_side_made_of_it_is_what_its_echo_will_say(store: StoreSide) -> None:
    (intent,) = opened(store, update(new_id(), sent=" x "))

    with store.writing() as session:
        intents.note_made(session, {intent: ["selX"], new_id(): "nobody's"})
        intents.note_made(session, {})

    assert [["selX"]] == [i.sent for i in waiting(store, "rec1")["rec1", "name"]]


def test_creates_without_a_known_outcome_are_found_with_what_was_sent(store: StoreSide) -> None:
    lost, known = new_id(), new_id()
    opened(store, create(lost, "name", "Acme"), create(lost, "note", None))
    opened(store, create(lost, "name", "Acme Ltd"), update(known))
    (answered,) = opened(store, create(known, "name", "Beta"))
    with store.writing() as session:
        intents.note_outcome(session, [answered], "answered", is_closed=True)

    with store.reading() as session:
        creates = intents.unanswered_creates(session, WORLD, CLIENTS, [lost, known, new_id()])
        rows = intents.unanswered_rows(session, WORLD, CLIENTS)
        assert {} == intents.unanswered_creates(session, WORLD, CLIENTS, [])
        assert {} == intents.unanswered_creates(session, WORLD, "deals", [lost])

    assert {lost: {"name": "Acme Ltd", "note": None}} == creates
    assert {lost, known} == rows


def test_when_the_truth_was_read_creates_close_and_updates_wait_on(store: StoreSide) -> None:
    row, other = new_id(), new_id()
    opened(store, create(row, "name", "Acme"), update(row), delete(row, "rec1"))
    opened(store, update(other, "note"))

    with store.writing() as session:
        intents.close_unanswered(session, WORLD, CLIENTS, [row], "confirmed")
        intents.close_unanswered(session, WORLD, CLIENTS, [], "confirmed")

    assert {
        ("create", "confirmed", True),
        ("update", "confirmed", False),
        ("delete", "confirmed", True),
        ("update", None, False),
    } == {
        (kept["operation"], kept["outcome"], kept["closed_at"] is not None)
        for kept in store.rows("write_intent")
    }
    assert {("rec1", "name"), ("rec1", "note")} == set(waiting(store, "rec1"))


def test_superseded_writes_are_said_to_be_and_creates_stay(store: StoreSide) -> None:
    row = new_id()
    opened(store, create(row, "name", "Acme"), update(row), delete(row, "rec1"))

    with store.writing() as session:
        intents.note_superseded(session, WORLD, CLIENTS, [row])
        intents.note_superseded(session, WORLD, CLIENTS, [])

    assert {
        ("create", None, False),
        ("update", "superseded", False),
        ("delete", "superseded", True),
    } == {
        (kept["operation"], kept["outcome"], kept["closed_at"] is not None)
        for kept in store.rows("write_intent")
    }


def test_our_own_deletions_are_known_for_ever(store: StoreSide) -> None:
    row = new_id()
    (deletion, _) = opened(store, delete(row, "rec2"), update(row))
    opened(store, delete(row, "rec9"), stream="deals")
    with store.writing() as session:
        intents.note_outcome(session, [deletion], "answered", is_closed=True)

    with store.reading() as session:
        records = ["rec9", "rec2", "rec1"]
        assert ["rec2"] == intents.deleted_by_us(session, WORLD, CLIENTS, records)
        assert [] == intents.deleted_by_us(session, WORLD, CLIENTS, [])


def test_answered_intents_close_once_their_payload_cannot_come(store: StoreSide) -> None:
    answered, _ = opened(store, update(new_id()), update(new_id(), "note"))
    with store.writing() as session:
        intents.note_outcome(session, [answered], "answered", is_closed=False)

    with store.writing() as session:
        assert 0 == intents.close_rested(session, None, 60)
        assert 0 == intents.close_rested(session, "elsewhere", 0)
        assert 1 == intents.close_rested(session, WORLD, 60)
        assert 0 == intents.close_rested(session, None, -60)

    assert {("rec1", "note")} == set(waiting(store, "rec1"))


def test_old_intents_with_an_outcome_are_forgotten(store: StoreSide) -> None:
    answered, _ = opened(store, update(new_id()), update(new_id(), "note"))
    with store.writing() as session:
        intents.note_outcome(session, [answered], "answered", is_closed=False)

    with store.writing() as session:
        assert 0 == intents.forget_old(session, 1)
        assert 1 == intents.forget_old(session, -1)

    assert ["note"] == [row["field"] for row in store.rows("write_intent")]
