"""Which cells stand still, and which rows are compared again, in both stores?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session
from store_sides import StoreSide, a_link

from hub.core.links import PAUSED, WHOLE_ROW, Frozen, Link
from hub.core.merge import Pair
from hub.store import change_log, frozen_cells, links, notes, pauses, rechecks, streams
from hub.store.entities.base import new_id
from hub.store.rechecks import RowToCompare

WORLD, CLIENTS = "world", "clients"
NOON = datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC)


def linked(store: StoreSide, external_id: str = "rec1", **changed: object) -> Link:
    link = a_link(new_id(), external_id, **changed)
    store.link(link)
    return link


def freeze(store: StoreSide, link: Link, *cells: Frozen) -> None:
    with store.writing() as session:
        frozen_cells.freeze(session, [(link.id, cell) for cell in cells])


def found(session: Session, link: Link) -> Link:
    return links.links_of_records(session, WORLD, CLIENTS, [link.external_id])[link.external_id]


def test_a_frozen_cell_is_updated_and_keeps_its_moment(store: StoreSide) -> None:
    link = linked(store)
    freeze(store, link, Frozen(field="name", reason="rejected", incoming="x"))
    (before,) = store.rows("frozen_cell")
    cell = Frozen(
        field="name", reason="parked", incoming=None, parked_stream="deals", parked_on="rec7"
    )

    freeze(store, link, cell)

    (after,) = store.rows("frozen_cell")
    assert before["since"] == after["since"]
    with store.reading() as session:
        assert {"name": cell} == found(session, link).frozen


def test_cells_thaw_one_by_one(store: StoreSide) -> None:
    link = linked(store)
    freeze(
        store,
        link,
        Frozen(field="name", reason="rejected", incoming="x"),
        Frozen(field="note", reason="conflict", incoming="y"),
    )

    with store.writing() as session:
        frozen_cells.thaw(session, [(link.id, "name"), (link.id, "country"), (new_id(), "note")])
        frozen_cells.thaw(session, [])

    with store.reading() as session:
        assert ["note"] == list(found(session, link).frozen)


def test_a_cell_of_no_link_cannot_freeze(store: StoreSide) -> None:
    with pytest.raises(IntegrityError, match="frozen_cell_link_id_fkey"):
        freeze(store, a_link(new_id(), "rec1"), Frozen(field="name", reason="held", incoming=None))


def test_one_statement_freezes_a_cell_once(store: StoreSide) -> None:
    link = linked(store)
    cell = Frozen(field="name", reason="held", incoming=None)

    with pytest.raises(DBAPIError, match="second time"):
        freeze(store, link, cell, cell)


def held(row_id: UUID, field: str = "parent_client_id", stream: str = CLIENTS) -> Frozen:
    return Frozen(
        field=field,
        reason="held",
        incoming=None,
        parked_stream=stream,
        parked_on=str(row_id),
    )


@pytest.mark.parametrize("keeps", [False, True])
def test_a_decided_deletion_lets_the_cells_go_on_that_waited_for_it(
    store: StoreSide, keeps: bool
) -> None:
    gone, other = new_id(), new_id()
    agreed = {"parent_client_id": Pair(hub=str(gone), remote=["rec9"])}
    link = linked(store, shadow=agreed)
    waiting = linked(store, "rec2", shadow=agreed)
    freeze(store, link, held(gone), Frozen(field="name", reason="rejected", incoming="x"))
    freeze(store, waiting, held(other))

    with store.writing() as session:
        frozen_cells.release_held(session, WORLD, CLIENTS, [gone], keeps=keeps)

    with store.reading() as session:
        after = found(session, link)
        assert ["name"] == list(after.frozen)
        assert ["parent_client_id"] == list(found(session, waiting).frozen)
        assert {link.row_id} == set(rechecks.rechecks(session, WORLD, CLIENTS))
    assert "decided" == store.rows("recheck")[0]["reason"]
    cleared = {"parent_client_id": Pair(hub=None, remote=None)}
    assert (cleared if keeps else agreed) == after.shadow


def test_a_kept_row_counts_as_cleared_in_every_cell_that_waited_for_it(store: StoreSide) -> None:
    gone, kept = new_id(), str(new_id())
    link = linked(
        store,
        shadow={
            "parent_client_id": Pair(hub=str(gone), remote=["rec9"]),
            "partner_ids": Pair(hub=sorted([str(gone), kept]), remote=["rec8", "rec9"]),
        },
    )
    freeze(store, link, held(gone), held(gone, "partner_ids"))

    with store.writing() as session:
        frozen_cells.release_held(session, WORLD, CLIENTS, [gone], keeps=True)

    with store.reading() as session:
        after = found(session, link)
    assert {} == after.frozen
    assert {
        "parent_client_id": Pair(hub=None, remote=None),
        "partner_ids": Pair(hub=[kept], remote=["rec8", "rec9"]),
    } == after.shadow


def test_a_row_is_asked_for_once_and_the_latest_reason_stands(store: StoreSide) -> None:
    row, other = new_id(), new_id()
    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [row, other], "differs")
        rechecks.recheck(session, WORLD, CLIENTS, [], "nothing")
    with store.reading() as session:
        first = rechecks.rechecks(session, WORLD, CLIENTS)

    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [row], "settled")

    with store.reading() as session:
        second = rechecks.rechecks(session, WORLD, CLIENTS)
        assert {row: second[row]} == rechecks.rechecks(session, WORLD, CLIENTS, [row, new_id()])
        assert {} == rechecks.rechecks(session, WORLD, CLIENTS, [])
        assert {} == rechecks.rechecks(session, WORLD, "deals")
    assert {row, other} == set(first) == set(second)
    assert first[row] < second[row]
    assert first[other] == second[other]
    reasons = {kept["row_id"]: kept["reason"] for kept in store.rows("recheck")}
    assert {row: "settled", other: "differs"} == reasons


def test_what_was_asked_anew_since_is_not_cleared(store: StoreSide) -> None:
    row, other = new_id(), new_id()
    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [row, other], "differs")
    with store.reading() as session:
        seen = rechecks.rechecks(session, WORLD, CLIENTS)
    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [row], "again")

    with store.writing() as session:
        rechecks.clear_rechecks(session, WORLD, CLIENTS, seen)
        rechecks.clear_rechecks(session, WORLD, CLIENTS, {})

    with store.reading() as session:
        assert {row} == set(rechecks.rechecks(session, WORLD, CLIENTS))


def parked(field: str, stream: str, on: str) -> Frozen:
    return Frozen(field=field, reason="parked", incoming=[on], parked_stream=stream, parked_on=on)


def test_whoever_arrives_wakes_the_rows_that_waited_for_it(store: StoreSide) -> None:
    by_record, by_row = linked(store), linked(store, "rec2")
    unmoved, asked = linked(store, "rec3"), linked(store, "rec4")
    arrived = a_link(new_id(), "recNew")
    freeze(store, by_record, parked("parent_client_id", CLIENTS, "recNew"))
    freeze(store, by_row, parked("parent_client_id", CLIENTS, str(arrived.row_id)))
    freeze(store, unmoved, parked("parent_client_id", "deals", "recNew"))
    freeze(store, asked, parked("parent_client_id", CLIENTS, "recNew"))
    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [asked.row_id], "differs")

    with store.writing() as session:
        rechecks.unpark(session, WORLD, CLIENTS, [arrived])
        rechecks.unpark(session, "elsewhere", CLIENTS, [arrived])
        rechecks.unpark(session, WORLD, CLIENTS, [])

    reasons = {row["row_id"]: row["reason"] for row in store.rows("recheck")}
    assert {
        by_record.row_id: "unparked",
        by_row.row_id: "unparked",
        asked.row_id: "differs",
    } == reasons


def test_a_push_looks_at_changed_rows_first_and_at_each_row_once(store: StoreSide) -> None:
    before = change_log.take_tick(store.process())
    first, second = store.add("client", {"name": "Acme"}, {"name": "Beta"})
    store.change("client", first, name="Acme Ltd")
    asked = new_id()
    with store.writing() as session:
        rechecks.recheck(session, WORLD, CLIENTS, [second, asked], "differs")
    until = change_log.take_tick(store.process())

    with store.reading() as session:
        listed = list(
            rechecks.rows_to_compare(session, WORLD, CLIENTS, "client", after=before, until=until)
        )

    assert [
        RowToCompare(row_id=first, is_changed=True, is_asked=False),
        RowToCompare(row_id=second, is_changed=True, is_asked=True),
        RowToCompare(row_id=asked, is_changed=False, is_asked=True),
    ] == listed


def test_a_paused_row_stands_still_as_a_whole(store: StoreSide) -> None:
    link = linked(store)

    with store.writing() as session:
        paused = pauses.set_row_paused(
            session, WORLD, CLIENTS, link.row_id, [WHOLE_ROW], by="Hanna", at=NOON
        )
        again = pauses.set_row_paused(
            session, WORLD, CLIENTS, link.row_id, [WHOLE_ROW], by="Hanna", at=NOON
        )
        nobody = pauses.set_row_paused(
            session, WORLD, CLIENTS, new_id(), [WHOLE_ROW], by="Hanna", at=NOON
        )

    assert (True, False, None) == (paused, again, nobody)
    with store.reading() as session:
        after = found(session, link)
        assert "client" == pauses.table_of_row(session, WORLD, CLIENTS, link.row_id)
        assert None is pauses.table_of_row(session, WORLD, CLIENTS, new_id())
    assert after.is_paused
    assert (PAUSED, "paused by Hanna, 2026-11-25 12:00 UTC") == (
        after.frozen[WHOLE_ROW].reason,
        after.frozen[WHOLE_ROW].detail,
    )


def test_a_paused_cell_stands_still_whatever_else_holds_it(store: StoreSide) -> None:
    link = linked(store)
    freeze(store, link, Frozen(field="name", reason="conflict", incoming="theirs"))
    row = link.row_id
    with store.writing() as session:
        pauses.set_row_paused(session, WORLD, CLIENTS, row, ["name", "note"], by="Igor", at=NOON)
    with store.reading() as session:
        still = found(session, link).frozen
    store.link(replace(link, has_hub_id=False))

    with store.writing() as session:
        assert pauses.set_row_paused(session, WORLD, CLIENTS, row, ["name"], by=None, at=NOON)
        assert not pauses.set_row_paused(session, WORLD, CLIENTS, row, ["x"], by=None, at=NOON)

    assert {"name": PAUSED, "note": PAUSED} == {name: c.reason for name, c in still.items()}
    assert ("Acme", None) == (still["name"].incoming, still["note"].incoming)
    with store.reading() as session:
        now = found(session, link).frozen
    assert {"name": "conflict", "note": PAUSED} == {name: c.reason for name, c in now.items()}


def test_everything_that_is_paused_is_listed(store: StoreSide) -> None:
    whole, cell = linked(store), linked(store, "rec2")
    with store.writing() as session:
        streams.ensure(session, WORLD, CLIENTS)
        streams.ensure(session, WORLD, "deals")
        streams.change(session, WORLD, "deals", is_paused=True, paused_by="Igor", paused_at=NOON)
        for name in ("name", "note"):
            assert pauses.set_field_paused(session, WORLD, CLIENTS, name, by="Hanna", at=NOON)
        assert not pauses.set_field_paused(session, WORLD, CLIENTS, "name", by="I", at=NOON)
        assert pauses.set_field_paused(session, WORLD, CLIENTS, "note", by=None, at=NOON)
        assert not pauses.set_field_paused(session, WORLD, CLIENTS, "note", by=None, at=NOON)
        assert not pauses.set_field_paused(session, WORLD, "nothing", "name", by="I", at=NOON)
        for link, columns in ((whole, [WHOLE_ROW, "name"]), (cell, ["country"])):
            pauses.set_row_paused(
                session, WORLD, CLIENTS, link.row_id, columns, by="Hanna", at=NOON
            )

    with store.reading() as session:
        listed = pauses.list_pauses(session)
        assert {CLIENTS: frozenset({"name"})} == pauses.paused_fields(session, WORLD)
        assert [CLIENTS, "deals"] == pauses.stream_names(session, WORLD)
        assert listed[:1] == pauses.list_pauses(session, limit=1)

    assert [
        ("deals", None, None, None, "Igor"),
        (CLIENTS, "name", None, None, "Hanna"),
        (CLIENTS, None, whole.row_id, "client", "Hanna"),
        (CLIENTS, "country", cell.row_id, "client", "Hanna"),
    ] == [(p.stream, p.column, p.row_id, p.table_name, p.by) for p in listed]
    assert {NOON} == {pause.since for pause in listed}


def test_a_note_is_due_until_it_says_what_stands_still(store: StoreSide) -> None:
    link, parked_link = linked(store), linked(store, "rec2")
    freeze(store, link, Frozen(field="name", reason="rejected", incoming="x", detail="too long"))
    freeze(store, parked_link, parked("parent_client_id", CLIENTS, "rec9"))
    with store.reading() as session:
        (due,) = notes.due_notes(session, WORLD, [CLIENTS], limit=10)
        assert [] == notes.due_notes(session, WORLD, ["deals"], limit=10)

    with store.writing() as session:
        notes.note_written(session, {link.id: due.basis})
    with store.reading() as session:
        assert [] == notes.due_notes(session, WORLD, [CLIENTS], limit=10)
    freeze(store, link, Frozen(field="name", reason="rejected", incoming="x", detail="too short"))
    with store.reading() as session:
        (changed,) = notes.due_notes(session, WORLD, [CLIENTS], limit=10)
    with store.writing() as session:
        notes.note_written(session, {link.id: changed.basis})
        frozen_cells.thaw(session, [(link.id, "name")])
    with store.reading() as session:
        (cleared,) = notes.due_notes(session, WORLD, [CLIENTS], limit=10)

    assert ("rec1", CLIENTS, link.id) == (due.external_id, due.stream, due.link_id)
    assert [("name", "rejected", "too long")] == [(c.field, c.reason, c.detail) for c in due.cells]
    assert due.basis != changed.basis
    assert (None, ()) == (cleared.basis, cleared.cells)
