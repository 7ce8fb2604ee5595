"""Which record is which row, and what did both sides agree on, in both stores?"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from store_sides import HANNA, StoreSide, a_link

from hub.core.links import HELD, TOMBSTONE, Frozen, Link
from hub.core.merge import Pair
from hub.store import links
from hub.store.entities.base import new_id
from hub.store.generic import UnitsOfWork

WORLD, CLIENTS = "world", "clients"


def by_record(store: StoreSide, *records: str) -> dict[str, Link]:
    with store.reading() as session:
        return links.links_of_records(session, WORLD, CLIENTS, records)


def by_row(store: StoreSide, *row_ids: UUID) -> dict[UUID, Link]:
    with store.reading() as session:
        return links.links_of_rows(session, WORLD, CLIENTS, row_ids)


def test_a_link_comes_back_as_it_was_saved(store: StoreSide) -> None:
    shadow = {
        "name": Pair(hub="Zürich \u2028 \U0001f600", remote="Zu\u0308rich"),
        "amount": Pair(hub="0.10", remote=0.1),
        "employee_count": Pair(hub=12, remote=12),
        "is_active": Pair(hub=False, remote=None),
        "tags": Pair(hub=["a", "b"], remote=["b", "a"]),
        "note": Pair(hub=None, remote=None),
    }
    link = a_link(new_id(), "rec1", shadow=shadow, has_hub_id=False, state=HELD)

    store.link(link)

    assert {"rec1": link} == by_record(store, "rec1", "rec2")
    assert {link.row_id: link} == by_row(store, link.row_id, new_id())


def test_nothing_asked_for_is_nothing_found(store: StoreSide) -> None:
    store.link()

    assert ({}, {}) == (by_record(store), by_row(store))


def test_links_are_told_apart_by_connection_and_stream(store: StoreSide) -> None:
    link, other = a_link(new_id(), "rec1"), a_link(new_id(), "rec1")
    store.link(link)
    store.link(other, stream="deals", table="deal")

    assert {"rec1": link} == by_record(store, "rec1")
    with store.reading() as session:
        assert {"rec1": other} == links.links_of_records(session, WORLD, "deals", ["rec1"])
        assert {} == links.links_of_records(session, "elsewhere", CLIENTS, ["rec1"])
        assert ("client", "deal") == (
            links.table_of(session, link.id),
            links.table_of(session, other.id),
        )


def test_a_saved_link_is_replaced_by_its_id(store: StoreSide) -> None:
    link = a_link(new_id(), "rec1")
    store.link(link)
    moved = replace(link, external_id="rec2", row_id=new_id(), shadow={}, has_hub_id=False)

    store.link(moved)

    assert {"rec2": moved} == by_record(store, "rec1", "rec2")
    assert {moved.row_id: moved} == by_row(store, link.row_id, moved.row_id)


def test_a_tombstone_is_found_by_its_record_and_not_by_its_row(store: StoreSide) -> None:
    link = a_link(new_id(), "rec1", state=TOMBSTONE)
    store.link(link)

    assert {"rec1": link} == by_record(store, "rec1")
    assert {} == by_row(store, link.row_id)


def test_a_row_may_get_a_new_record_after_its_first_was_deleted(store: StoreSide) -> None:
    row = new_id()
    store.link(a_link(row, "rec1", state=TOMBSTONE))
    second = a_link(row, "rec2")

    store.link(second)

    assert {row: second} == by_row(store, row)


@pytest.mark.parametrize("shared", ["record", "row"])
def test_no_two_links_share_a_record_or_a_living_row(store: StoreSide, shared: str) -> None:
    link = a_link(new_id(), "rec1")
    store.link(link)
    same_record = a_link(new_id(), "rec1")
    same_row = a_link(link.row_id, "rec2")

    with pytest.raises(IntegrityError, match="record_link_"):
        store.link(same_record if shared == "record" else same_row)

    assert {"rec1": link} == by_record(store, "rec1", "rec2")


def test_one_statement_writes_a_link_once(store: StoreSide) -> None:
    link = a_link(new_id(), "rec1")

    with pytest.raises(DBAPIError, match="second time"):
        store.link(link, link)


def test_the_moment_of_a_deletion_stays_and_goes_with_a_revival(store: StoreSide) -> None:
    link = a_link(new_id(), "rec1", state=TOMBSTONE)
    store.link(link)
    (first,) = store.rows("record_link")
    store.link(link)
    (again,) = store.rows("record_link")
    store.link(replace(link, state="live"))
    (revived,) = store.rows("record_link")

    assert first["deleted_at"] is not None
    assert first["deleted_at"] == again["deleted_at"]
    assert revived["deleted_at"] is None
    assert first["created_at"] == revived["created_at"]


def test_live_links_are_counted_and_listed(store: StoreSide) -> None:
    live, other = a_link(new_id(), "rec1"), a_link(new_id(), "rec2")
    held = a_link(new_id(), "rec3", state=HELD)
    dead = a_link(new_id(), "rec4", state=TOMBSTONE)
    store.link(live, other, held, dead)
    store.link(a_link(new_id(), "rec9"), stream="deals")

    with store.reading() as session:
        assert 2 == links.count_live(session, WORLD, CLIENTS)
        assert {"rec1", "rec2", "rec3"} == links.live_external_ids(session, WORLD, CLIENTS)
        each = list(links.each_live_external_id(session, WORLD, CLIENTS))
        assert ["rec1", "rec2", "rec3"] == sorted(each)
        assert 1 == links.deleted_lately(session, WORLD, CLIENTS, 10)
        assert 0 == links.deleted_lately(session, WORLD, CLIENTS, -10)
        assert "rec2" == links.a_live_witness(session, WORLD, CLIENTS, [])
        assert "rec1" == links.a_live_witness(session, WORLD, CLIENTS, ["rec2", "rec3"])
        assert None is links.a_live_witness(session, WORLD, CLIENTS, ["rec1", "rec2"])


def test_ids_are_resolved_for_live_records_only(store: StoreSide) -> None:
    live, held = a_link(new_id(), "rec1"), a_link(new_id(), "rec2", state=HELD)
    deal = a_link(new_id(), "rec1")
    store.link(live, held)
    store.link(deal, stream="deals")
    wanted = {CLIENTS: [str(live.row_id), str(held.row_id)], "deals": [str(deal.row_id)]}

    with store.reading() as session:
        external = links.external_ids_of(session, WORLD, wanted)
        rows = links.row_ids_of(session, WORLD, {CLIENTS: ["rec1", "rec2"], "deals": ["rec1"]})
        nothing = links.row_ids_of(session, WORLD, {CLIENTS: []})

    assert {(CLIENTS, str(live.row_id)): "rec1", ("deals", str(deal.row_id)): "rec1"} == external
    assert {(CLIENTS, "rec1"): str(live.row_id), ("deals", "rec1"): str(deal.row_id)} == rows
    assert {} == nothing


def test_frozen_cells_come_with_their_link(store: StoreSide) -> None:
    link, free = a_link(new_id(), "rec1"), a_link(new_id(), "rec2")
    store.link(link, free)
    cell = Frozen(field="name", reason="rejected", incoming=["x"], detail="too long")

    with store.writing() as session:
        links.freeze(session, [(link.id, cell)])

    found = by_record(store, "rec1", "rec2")
    assert {"name": cell} == found["rec1"].frozen
    assert {} == found["rec2"].frozen
    assert {"name": cell} == by_row(store, link.row_id)[link.row_id].frozen


def test_saving_a_link_leaves_its_frozen_cells(store: StoreSide) -> None:
    link = a_link(new_id(), "rec1")
    store.link(link)
    cell = Frozen(field="name", reason="conflict", incoming=None)
    with store.writing() as session:
        links.freeze(session, [(link.id, cell)])

    store.link(replace(link, has_hub_id=False))

    assert {"name": cell} == by_record(store, "rec1")["rec1"].frozen


@pytest.mark.parametrize("asked", ["records", "rows"])
def test_a_locked_link_is_waited_for_and_then_seen_as_it_is(store: StoreSide, asked: str) -> None:
    link = a_link(new_id(), "rec1")
    store.link(link)
    holder = store.open()
    links.links_of_records(holder.session, WORLD, CLIENTS, ["rec1"], lock=True)
    later = replace(link, shadow={"name": Pair(hub="Beta", remote="Beta")})
    links.save_links(holder.session, WORLD, CLIENTS, "client", [later])
    seen: list[Link] = []

    def looks(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as session:
            if asked == "records":
                found = links.links_of_records(session, WORLD, CLIENTS, ["rec1"], lock=True)
                seen.extend(found.values())
            else:
                rows = links.links_of_rows(session, WORLD, CLIENTS, [link.row_id], lock=True)
                seen.extend(rows.values())

    store.lets_wait(looks, holder.commit)

    assert [later] == seen
