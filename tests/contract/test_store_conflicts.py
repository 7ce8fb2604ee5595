"""Where did both sides change one field differently, and whose value stands, in both stores?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError
from store_sides import StoreSide

from hub.errors import NotFound
from hub.store import conflicts, divergences, explanations
from hub.store.conflicts import OPEN, RESOLVED, SETTLED, ConflictRecord
from hub.store.entities.base import new_id

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LINK, ROW = new_id(), new_id()


def conflict(**changed: Any) -> ConflictRecord:
    values: dict[str, Any] = {
        "link_id": LINK,
        "row_id": ROW,
        "external_id": "rec1",
        "field": "name",
        "base": "Acme",
        "theirs": ["a", "b"],
        "ours": None,
        "their_actor": "Alex",
        "their_edited_at": NOON,
        "our_actor": None,
        "our_edited_at": None,
        "cause": "both_changed",
        "policy": "ask",
        "winner": None,
        "status": OPEN,
        **changed,
    }
    return ConflictRecord(**values)


def keep(store: StoreSide, *records: ConflictRecord) -> None:
    with store.writing() as session:
        conflicts.record_conflicts(session, "world", "clients", "client", records)


def listed(store: StoreSide, status: str | None = None, **rest: Any) -> list[ConflictRecord]:
    with store.reading() as session:
        return conflicts.list_conflicts(session, status=status, **rest)


def one(store: StoreSide) -> ConflictRecord:
    (found,) = listed(store)
    return found


def test_a_conflict_keeps_all_three_values(store: StoreSide) -> None:
    keep(store, conflict())
    keep(store)

    found = one(store)

    assert found.id is not None
    assert conflict(id=found.id, connection="world", stream="clients", table_name="client") == found
    with store.reading() as session:
        assert found == conflicts.load_conflict(session, found.id)
        assert {(LINK, "name"): found} == conflicts.open_of_links(session, [LINK, new_id()])
        assert {(LINK, "name"): found.id} == divergences.open_conflicts(session, [LINK])


def test_an_open_conflict_of_the_same_cell_is_updated(store: StoreSide) -> None:
    keep(store, conflict())
    before = one(store)

    later = conflict(
        base="ignored", theirs="Beta", ours="Gamma", their_actor=None, their_edited_at=None
    )
    keep(store, later, conflict(field="note"))

    name, note = sorted(listed(store), key=lambda record: record.field)
    assert (before.id, "Acme", "Beta", "Gamma") == (name.id, name.base, name.theirs, name.ours)
    assert ("Alex", NOON) == (name.their_actor, name.their_edited_at)
    assert note.id != name.id


def test_a_conflict_settled_by_policy_stands_beside_an_open_one(store: StoreSide) -> None:
    keep(store, conflict())
    keep(store, conflict(status=SETTLED, winner="theirs"))
    keep(store, conflict(status=SETTLED, winner="ours"))

    assert [OPEN] == [record.status for record in listed(store, OPEN)]
    assert ["ours", "theirs"] == [record.winner for record in listed(store, SETTLED)]
    assert 3 == len(listed(store))
    assert 2 == len(listed(store, limit=2))
    with store.reading() as session:
        told = explanations.conflicts_of(session, ROW, "name")
        assert [] == explanations.conflicts_of(session, ROW, "note")
    assert ["ours", "theirs", None] == [row["winner"] for row in told]


def test_one_statement_keeps_an_open_conflict_of_a_cell_once(store: StoreSide) -> None:
    with pytest.raises(DBAPIError, match="second time"):
        keep(store, conflict(), conflict(theirs="x"))


def test_what_went_away_by_itself_is_closed(store: StoreSide) -> None:
    keep(store, conflict(), conflict(field="note"))
    cells: list[tuple[UUID, str, str | None]] = [
        (LINK, "name", "theirs"),
        (LINK, "country", None),
    ]

    with store.writing() as session:
        conflicts.close_conflicts(session, cells)

    assert {("name", SETTLED, "theirs"), ("note", OPEN, None)} == {
        (record.field, record.status, record.winner) for record in listed(store)
    }
    keep(store, conflict())
    assert 3 == len(listed(store))


def test_a_persons_word_is_kept_with_the_person(store: StoreSide) -> None:
    keep(store, conflict())
    found = one(store)
    assert found.id is not None

    with store.writing() as session:
        conflicts.load_conflict(session, found.id, lock=True)
        conflicts.resolve(session, found.id, "ours", "Hanna")

    assert (RESOLVED, "ours") == (one(store).status, one(store).winner)
    (row,) = store.rows("conflict")
    assert "Hanna" == row["resolved_by"]
    assert row["updated_at"] > row["created_at"]
    with store.reading() as session:
        assert {} == conflicts.open_of_links(session, [LINK])


def test_a_conflict_that_is_not_there_is_said_so(store: StoreSide) -> None:
    with store.reading() as session, pytest.raises(NotFound, match="there is no conflict"):
        conflicts.load_conflict(session, new_id())
