"""What becomes of business rows that are written and read, in both stores?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DataError, IntegrityError
from store_sides import StoreSide, a_link

from hub.core.links import TOMBSTONE
from hub.store import rows
from hub.store.entities.base import new_id
from hub.store.rows import Row

NOON = "2026-11-25T12:00:00+00:00"


def load(store: StoreSide, table: str, row_id: UUID) -> Row:
    with store.reading() as session:
        return rows.load_rows(session, table, [row_id])[row_id]


@pytest.mark.parametrize(
    ("table", "column", "written", "read"),
    [
        ("client", "name", "Zürich \U0001f600\u2028x", "Zürich \U0001f600\u2028x"),
        ("client", "name", "", ""),
        ("client", "sector", "", None),
        ("client", "sector", None, None),
        ("client", "sector", 12, "12"),
        ("client", "employee_count", 2**31 - 1, 2**31 - 1),
        ("client", "employee_count", "12", 12),
        ("client", "annual_revenue", "12.50", "12.5"),
        ("client", "annual_revenue", "-0.005", "-0.01"),
        ("client", "annual_revenue", "1.005", "1.01"),
        ("client", "annual_revenue", 7, "7"),
        ("client", "annual_revenue", "0.00", "0"),
        ("client", "tags", ["b", "a"], ["a", "b"]),
        ("client", "tags", [], None),
        ("campaign", "starts_on", "2026-02-28", "2026-02-28"),
        ("sending_domain", "has_spf", True, True),
        ("sending_domain", "has_spf", "yes", True),
    ],
)
def test_a_value_comes_back_in_canonical_form(
    store: StoreSide, table: str, column: str, written: Any, read: Any
) -> None:
    needed = {"name": "x.example"} if table == "sending_domain" else {}

    (row,) = store.add(table, {**needed, column: written})

    assert read == load(store, table, row).values[column]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("client", "employee_count", 2**31),
        ("client", "employee_count", "many"),
        ("client", "employee_count", 1.5),
        ("client", "annual_revenue", "1" * 13),
        ("client", "annual_revenue", "999999999999.999"),
        ("client", "annual_revenue", "dear"),
        ("client", "parent_client_id", "nobody"),
        ("client", "tags", "no list"),
        ("client", "note", "a\x00b"),
        ("campaign", "starts_on", "2026-02-30"),
        ("sending_domain", "has_spf", "perhaps"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    store: StoreSide, table: str, column: str, value: Any
) -> None:
    needed = {"name": "x.example"} if table == "sending_domain" else {}

    with pytest.raises(DataError):
        store.add(table, {**needed, column: value})


def test_columns_that_nobody_names_have_their_defaults(store: StoreSide) -> None:
    (row,) = store.add("client", {"sector": "Food"})

    loaded = load(store, "client", row)

    assert ("", "active", "Food", None) == tuple(
        loaded.values[name] for name in ("name", "status", "sector", "note")
    )
    assert (row, None) == (loaded.id, loaded.deleted_at)


def test_rows_that_are_written_together_may_name_different_columns(store: StoreSide) -> None:
    first, second = store.add("deal", {"stage": "won"}, {"code": "D2"})

    assert ("won", None) == tuple(load(store, "deal", first).values[n] for n in ("stage", "code"))
    assert ("prospecting", "D2") == tuple(
        load(store, "deal", second).values[n] for n in ("stage", "code")
    )


def test_an_update_sets_each_rows_own_columns(store: StoreSide) -> None:
    first, second = store.add("client", {"name": "Acme", "note": "n"}, {"name": "Beta"})

    with store.writing() as session:
        changes: dict[UUID, dict[str, Any]] = {
            first: {"note": None},
            second: {"country": "FR", "deleted_at": NOON},
            new_id(): {"name": "nobody"},
        }
        rows.update_rows(session, "client", changes)
        rows.update_rows(session, "client", {})

    assert ("Acme", None) == tuple(load(store, "client", first).values[n] for n in ("name", "note"))
    deleted = load(store, "client", second)
    assert ("Beta", "FR") == (deleted.values["name"], deleted.values["country"])
    assert datetime(2026, 11, 25, 12, tzinfo=UTC) == deleted.deleted_at
    store.change("client", second, deleted_at=None)
    assert None is load(store, "client", second).deleted_at


def test_only_rows_that_are_there_are_loaded_in_the_order_of_their_ids(store: StoreSide) -> None:
    ids = store.add("client", {"name": "A"}, {"name": "B"}, {"name": "C"})

    with store.reading() as session:
        loaded = rows.load_rows(session, "client", [ids[2], new_id(), ids[0], ids[2]])
        assert {} == rows.load_rows(session, "client", [])
        assert {} == rows.load_rows(session, "deal", ids)
    assert [ids[0], ids[2]] == list(loaded)


def test_a_value_that_must_be_unique_is_refused_among_the_living(store: StoreSide) -> None:
    (first,) = store.add("client", {"name": "Acme"})

    with pytest.raises(IntegrityError, match="client_name_live"):
        store.add("client", {"name": "Acme"})

    store.change("client", first, deleted_at=NOON)
    (second,) = store.add("client", {"name": "Acme"})
    with pytest.raises(IntegrityError, match="client_name_live"):
        store.change("client", first, deleted_at=None)
    store.change("client", second, name="Acme Ltd")
    store.change("client", first, deleted_at=None)
    store.add("client", {"name": ""}, {"name": ""})
    store.add("deal", {"stage": "won"}, {"stage": "lost"})
    with pytest.raises(IntegrityError, match="deal_code_live"):
        store.add("deal", {"code": "D1"}, {"code": "D1"})


def test_a_refusal_says_which_rule_it_is(store: StoreSide) -> None:
    store.add("client", {"name": "Acme"})

    with pytest.raises(IntegrityError) as refused:
        store.add("client", {"name": "Acme"})

    diagnosis = refused.value.orig.diag  # type: ignore[union-attr]  # psycopg2's, and ours
    assert "client_name_live" == diagnosis.constraint_name
    assert "duplicate key" in diagnosis.message_primary


def test_an_id_is_used_once(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"})

    with pytest.raises(IntegrityError, match="client_pkey"), store.writing() as session:
        rows.insert_rows(session, "client", {row: {"name": "Beta"}})


def test_a_column_that_must_hold_something_is_not_emptied(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"})

    with pytest.raises(IntegrityError, match="not-null"):
        store.change("client", row, name=None)
    with pytest.raises(IntegrityError, match="not-null"):
        store.add("sending_domain", {"state": "ready"})


def test_a_reference_needs_its_row(store: StoreSide) -> None:
    (client,) = store.add("client", {"name": "Acme"})
    (deal,) = store.add("deal", {"client_id": str(client)})

    with pytest.raises(IntegrityError, match="deal_client_id_fkey"):
        store.add("deal", {"client_id": str(new_id())})
    with pytest.raises(IntegrityError, match="deal_client_id_fkey"):
        store.change("deal", deal, client_id=str(new_id()))

    assert str(client) == load(store, "deal", deal).values["client_id"]


def test_rows_of_one_statement_may_point_to_each_other(store: StoreSide) -> None:
    first, second = new_id(), new_id()

    with store.writing() as session:
        rows.insert_rows(
            session,
            "client",
            {
                first: {"name": "A", "parent_client_id": str(second)},
                second: {"name": "B", "parent_client_id": str(first)},
            },
        )

    assert str(second) == load(store, "client", first).values["parent_client_id"]


def test_a_hard_delete_empties_what_points_to_the_row(store: StoreSide) -> None:
    parent, child = store.add("client", {"name": "Parent"}, {"name": "Child"})
    store.change("client", child, parent_client_id=str(parent))
    (deal,) = store.add("deal", {"client_id": str(parent)})

    with store.writing() as session:
        store.delete(session, "client", [parent])

    assert None is load(store, "client", child).values["parent_client_id"]
    assert None is load(store, "deal", deal).values["client_id"]
    with store.reading() as session:
        assert {} == rows.load_rows(session, "client", [parent])


def test_a_column_that_is_not_there_is_a_bug_and_said_so(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"})

    with pytest.raises(AssertionError, match="colour"):
        store.add("client", {"colour": "red"})
    with pytest.raises(AssertionError, match="colour"):
        store.change("client", row, colour="red")


def test_rows_that_no_record_stands_for_are_listed_in_slices(store: StoreSide) -> None:
    ids = store.add("client", *({"name": name} for name in "ABCDE"))
    store.link(a_link(ids[0], "rec1"), a_link(ids[1], "rec2", state=TOMBSTONE))
    store.link(a_link(ids[2], "rec3"), stream="other")
    store.change("client", ids[3], deleted_at=NOON)

    with store.reading() as session:
        everything = rows.live_unlinked_rows(session, "client", "world", "clients")
        slice_of_it = rows.live_unlinked_rows(
            session, "client", "world", "clients", after=ids[1], limit=1
        )

    assert [ids[1], ids[2], ids[4]] == everything
    assert [ids[2]] == slice_of_it
