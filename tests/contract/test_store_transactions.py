"""Is a transaction whole or nothing, and what do others see of it meanwhile, in both stores?"""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session
from store_sides import HANNA, Killed, StoreSide

from hub.store import leases, rows, runs
from hub.store.entities.base import new_id
from hub.store.generic import UnitsOfWork


def names(session: Session, *row_ids: UUID) -> list[object]:
    loaded = rows.load_rows(session, "client", row_ids)
    return [loaded[row_id].values["name"] if row_id in loaded else None for row_id in row_ids]


def test_what_was_committed_is_there_for_everybody(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})

    with store.reading() as session:
        assert ["Acme"] == names(session, acme)


@pytest.mark.parametrize("failure", [ValueError, Killed])
def test_a_transaction_that_ends_in_the_middle_leaves_nothing(
    store: StoreSide, failure: type[BaseException]
) -> None:
    (acme,) = store.add("client", {"name": "Acme"})
    new = new_id()

    with pytest.raises(failure), store.writing() as session:  # noqa: PT012  it ends where it likes
        rows.update_rows(session, "client", {acme: {"name": "Acme Ltd"}})
        rows.insert_rows(session, "client", {new: {"name": "Newcomer"}})
        leases.ring(session, "world", "hook")
        runs.start_run(session, "world", None, "pull", "test")
        raise failure

    with store.reading() as session:
        assert ["Acme", None] == names(session, acme, new)
        assert {} == leases.waiting_pings(session, "world")
    assert [] == store.rows("run")


def test_a_savepoint_takes_back_what_was_done_since(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})
    new = new_id()

    with store.writing() as session:
        rows.update_rows(session, "client", {acme: {"note": "kept"}})
        with (  # noqa: PT012  it ends where it likes
            pytest.raises(ValueError, match="no"),
            session.begin_nested(),
        ):
            rows.update_rows(session, "client", {acme: {"note": "lost", "name": "lost"}})
            rows.insert_rows(session, "client", {new: {"name": "Newcomer"}})
            raise ValueError("no")
        rows.update_rows(session, "client", {acme: {"country": "FR"}})

    with store.reading() as session:
        values = rows.load_rows(session, "client", [acme, new])[acme].values
    assert ("Acme", "kept", "FR") == (values["name"], values["note"], values["country"])


def test_after_a_refused_statement_a_savepoint_lets_the_transaction_go_on(
    store: StoreSide,
) -> None:
    first, second = store.add("client", {"name": "Acme"}, {"name": "Beta"})

    with store.writing() as session:
        with pytest.raises(IntegrityError), session.begin_nested():
            rows.update_rows(session, "client", {second: {"name": "Acme"}})
        rows.update_rows(session, "client", {second: {"name": "Gamma"}})

    with store.reading() as session:
        assert ["Acme", "Gamma"] == names(session, first, second)


def test_after_a_refused_statement_nothing_else_is_done_without_a_savepoint(
    store: StoreSide,
) -> None:
    first, second = store.add("client", {"name": "Acme"}, {"name": "Beta"})

    transaction = store.open()
    with pytest.raises(IntegrityError):
        rows.update_rows(transaction.session, "client", {second: {"name": "Acme"}})
    with pytest.raises(DBAPIError):
        rows.update_rows(transaction.session, "client", {first: {"note": "never"}})
    transaction.give_up()

    with store.reading() as session:
        assert None is rows.load_rows(session, "client", [first])[first].values["note"]


def test_nobody_sees_what_is_not_committed(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})
    new = new_id()

    with store.writing() as session:
        rows.update_rows(session, "client", {acme: {"name": "Acme Ltd"}})
        rows.insert_rows(session, "client", {new: {"name": "Newcomer"}})
        leases.ring(session, "world", "hook")
        with store.reading() as other:
            assert ["Acme", None] == names(other, acme, new)
        with store.writing() as other:
            assert ["Acme", None] == names(other, acme, new)
            assert {} == leases.waiting_pings(other, "world")
        assert ["Acme Ltd", "Newcomer"] == names(session, acme, new)

    with store.reading() as session:
        assert ["Acme Ltd", "Newcomer"] == names(session, acme, new)


def test_a_reader_sees_one_snapshot(store: StoreSide) -> None:
    acme, gone = store.add("client", {"name": "Acme"}, {"name": "Gone"})

    with store.reading() as session:
        assert ["Acme", "Gone"] == names(session, acme, gone)
        store.change("client", acme, name="Acme Ltd")
        store.change("client", acme, name="Acme Inc")
        (new,) = store.add("client", {"name": "Newcomer"})
        with store.writing() as other:
            store.delete(other, "client", [gone])

        assert ["Acme", "Gone", None] == names(session, acme, gone, new)
        assert [] == rows.live_unlinked_rows(session, "client", "world", "clients", after=new)

    with store.reading() as session:
        assert ["Acme Inc", None, "Newcomer"] == names(session, acme, gone, new)


def test_a_reader_that_began_beside_an_open_writer_never_sees_its_work(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})

    writer = store.open()
    rows.update_rows(writer.session, "client", {acme: {"name": "Acme Ltd"}})
    with store.reading() as reader:
        assert ["Acme"] == names(reader, acme)
        writer.commit()

        assert ["Acme"] == names(reader, acme)


def test_a_reader_cannot_write(store: StoreSide) -> None:
    with pytest.raises(DBAPIError, match="read-only"), store.reading() as session:
        leases.ring(session, "world", "hook")


def test_a_try_is_given_up_at_its_end(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})

    with store.process().trying() as session:
        rows.load_rows(session, "client", [acme], lock=True)
        rows.update_rows(session, "client", {acme: {"name": "Acme Ltd"}})
        assert ["Acme Ltd"] == names(session, acme)

    with store.reading() as session:
        assert ["Acme"] == names(session, acme)
    with store.impatient().unit_of_work(HANNA) as session:
        rows.update_rows(session, "client", {acme: {"name": "Beta"}})


@pytest.mark.parametrize("holds", ["a lock", "a change"])
def test_a_row_that_is_held_is_waited_for_and_then_seen_as_it_is(
    store: StoreSide, holds: str
) -> None:
    acme, other = store.add("client", {"name": "Acme"}, {"name": "Other"})
    holder = store.open()
    rows.load_rows(holder.session, "client", [acme], lock=True)
    if holds == "a change":
        rows.update_rows(holder.session, "client", {acme: {"name": "Acme Ltd"}})
    seen: list[object] = []

    def waits(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as waiting:
            found = rows.load_rows(waiting, "client", [acme, other], lock=True)
            seen.append(found[acme].values["name"])

    store.lets_wait(waits, holder.commit)

    assert ["Acme Ltd" if holds == "a change" else "Acme"] == seen


def test_whoever_does_not_wait_gets_nothing(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})

    with store.writing() as session:
        rows.update_rows(session, "client", {acme: {"name": "Acme Ltd"}})
        with (
            pytest.raises(store.is_held),
            store.impatient().unit_of_work(HANNA) as other,
        ):
            rows.update_rows(other, "client", {acme: {"name": "Beta"}})

    with store.reading() as session:
        assert ["Acme Ltd"] == names(session, acme)


@pytest.mark.parametrize("ends", ["commits", "gives up"])
def test_a_value_that_must_be_unique_waits_for_the_other_who_wrote_it(
    store: StoreSide, ends: str
) -> None:
    holder = store.open()
    rows.insert_rows(holder.session, "client", {new_id(): {"name": "Acme"}})

    def waits(process: UnitsOfWork) -> None:
        with process.unit_of_work(HANNA) as waiting:
            rows.insert_rows(waiting, "client", {new_id(): {"name": "Acme"}})

    if ends == "commits":
        with pytest.raises(IntegrityError, match="client_name_live"):
            store.lets_wait(waits, holder.commit)
    else:
        store.lets_wait(waits, holder.give_up)

    with store.reading() as session:
        assert 1 == len(rows.live_unlinked_rows(session, "client", "world", "clients"))
