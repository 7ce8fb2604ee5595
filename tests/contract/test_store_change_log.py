"""What changed, by whom, in which order, and what has a reader seen of it, in both stores?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from store_sides import HANNA, StoreSide, author, by

from hub.errors import InvalidInput, NotFound, TickUnknown
from hub.store import captured, change_log, rows
from hub.store.change_log import Change, TickId
from hub.store.database import Provenance, set_provenance
from hub.store.entities.base import new_id

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tick(store: StoreSide) -> TickId:
    return change_log.take_tick(store.process())


def read(
    store: StoreSide, after: int | None, until: int, tables: Iterable[str] = ("client",)
) -> list[Change]:
    with store.reading() as session:
        return list(change_log.read_changes(session, after=after, until=until, tables=tables))


def told(changes: Iterable[Change]) -> list[tuple[UUID, str, object]]:
    """Row and operation of each change, and the columns of an update."""
    return [
        (c.row_id, c.operation.value, set(c.columns) if c.operation == "U" else "all")
        for c in changes
    ]


def test_each_change_of_a_row_is_logged_in_order(store: StoreSide) -> None:
    before = tick(store)
    first, second = store.add("client", {"name": "Acme"}, {"name": "Beta"})
    store.change("client", second, name="Beta Ltd", country="FR")
    with store.writing() as session:
        store.delete(session, "client", [first])

    changes = read(store, before, tick(store))

    assert [
        (first, "I", "all"),
        (second, "I", "all"),
        (second, "U", {"name", "country"}),
        (first, "D", "all"),
    ] == told(changes)
    assert sorted(c.id for c in changes) == [c.id for c in changes]
    assert changes[0].tx == changes[1].tx < changes[2].tx < changes[3].tx
    assert {"id", "deleted_at", "name", "tags"} <= set(changes[0].columns)
    assert [first, second, second, first] == [change.client_id for change in changes]


def test_an_update_that_changes_nothing_leaves_no_trace(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme", "annual_revenue": "1.50", "tags": ["a"]})
    before = tick(store)

    store.change("client", row, name="Acme", annual_revenue="1.5", tags=["a"], deleted_at=None)

    assert [] == read(store, before, tick(store))


def test_what_was_taken_back_was_never_logged(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"})
    before = tick(store)
    lost = store.open()
    rows.update_rows(lost.session, "client", {row: {"name": "lost"}})
    lost.give_up()
    with store.writing() as session:
        rows.update_rows(session, "client", {row: {"note": "kept"}})
        with pytest.raises(ValueError, match="no"), session.begin_nested():  # noqa: PT012  at last
            rows.update_rows(session, "client", {row: {"country": "FR"}})
            raise ValueError("no")
        rows.update_rows(session, "client", {row: {"sector": "Food"}})

    changes = read(store, before, tick(store))

    assert [(row, "U", {"note"}), (row, "U", {"sector"})] == told(changes)
    assert changes[0].tx == changes[1].tx


def test_a_change_names_its_author_and_origin_and_run(store: StoreSide) -> None:
    run = new_id()
    before = tick(store)
    who = Provenance(actor="sync world", origin="sync:world", run_id=run, edited_at=NOON)
    (row,) = store.add("client", {"name": "Acme"}, who=who)
    store.change("client", row, name="Beta")

    first, second = read(store, before, tick(store))

    assert ("sync world", "sync:world", run, NOON) == (
        first.actor,
        first.origin,
        first.run_id,
        first.edited_at,
    )
    assert ("Hanna", "graphql", None) == (second.actor, second.origin, second.run_id)
    assert second.edited_at is not None
    assert abs(second.edited_at - second.at) < HOUR


def test_single_rows_have_authors_of_their_own(store: StoreSide) -> None:
    before = tick(store)
    alex, berta, rest = new_id(), new_id(), new_id()
    authors = {alex: author("Alex", NOON), berta: author("Berta")}
    who = Provenance(actor="sync", origin="sync", edited_at=NOON + HOUR, authors=authors)
    with store.writing(who) as session:
        named = {alex: {"name": "A"}, berta: {"name": "B"}, rest: {"name": "C"}}
        rows.insert_rows(session, "client", named)
        set_provenance(session, by("sync", NOON, origin="sync"))
        rows.update_rows(session, "client", {alex: {"note": "x"}})

    changes = read(store, before, tick(store))

    assert {
        (alex, "I", "Alex", NOON),
        (berta, "I", "Berta", None),
        (rest, "I", "sync", NOON + HOUR),
        (alex, "U", "sync", NOON),
    } == {(c.row_id, c.operation.value, c.actor, c.edited_at) for c in changes}


def test_a_change_belongs_to_a_client_also_after_it_left(store: StoreSide) -> None:
    (acme,) = store.add("client", {"name": "Acme"})
    before = tick(store)
    (deal,) = store.add("deal", {"client_id": str(acme)})
    store.change("deal", deal, client_id=None)
    store.change("deal", deal, stage="won")

    changes = read(store, before, tick(store), ["deal"])

    assert [acme, acme, None] == [change.client_id for change in changes]


def test_a_tick_never_misses_and_never_repeats_however_transactions_overlap(
    store: StoreSide,
) -> None:
    row, other, third = store.add("client", {"name": "A"}, {"name": "B"}, {"name": "C"})
    start = tick(store)
    early, late, open_one = store.open(), store.open(), store.open()
    rows.update_rows(early.session, "client", {row: {"note": "1"}})
    rows.update_rows(open_one.session, "client", {third: {"note": "open"}})
    rows.update_rows(late.session, "client", {other: {"note": "2"}})
    late.commit()
    first = tick(store)
    early.commit()
    store.change("client", row, note="3")
    second = tick(store)
    open_one.commit()
    third_tick = tick(store)

    assert [other] == [change.row_id for change in read(store, start, first)]
    assert [row, row] == [change.row_id for change in read(store, first, second)]
    assert [third] == [change.row_id for change in read(store, second, third_tick)]
    assert [] == read(store, third_tick, third_tick)
    whole = read(store, start, third_tick)
    assert [row, third, other, row] == [change.row_id for change in whole]


def test_rows_of_a_batch_come_once_in_the_order_of_their_first_change(store: StoreSide) -> None:
    first, second = store.add("client", {"name": "A"}, {"name": "B"})
    (deal,) = store.add("deal", {"code": "D1"})
    before = tick(store)
    store.change("client", second, note="x")
    store.change("client", first, note="x")
    store.change("deal", deal, stage="won")
    store.change("client", second, note="y")
    until = tick(store)

    with store.reading() as session:
        changed = change_log.changed_rows(session, "client", after=before, until=until)
        deals = change_log.changed_rows(session, "deal", after=before, until=until)
        everything = change_log.changed_rows(session, "client", after=None, until=until)

    assert [second, first] == changed
    assert [deal] == deals
    assert {first, second} <= set(everything)


def test_a_batch_is_read_on_from_where_it_was_left(store: StoreSide) -> None:
    before = tick(store)
    ids = store.add("client", *({"name": name} for name in "ABCD"))
    until = tick(store)

    with store.reading() as session:
        some = list(change_log.read_changes(session, after=before, until=until, limit=2))
        last = some[-1].id
        rest = list(change_log.read_changes(session, after=before, until=until, past_change=last))

    assert (ids[:2], ids[2:]) == ([c.row_id for c in some], [c.row_id for c in rest])


def test_a_tick_of_nobody_is_refused(store: StoreSide) -> None:
    known = tick(store)

    with store.reading() as session:
        with pytest.raises(TickUnknown):
            change_log.find_tick(session, known + 1000)
        with pytest.raises(TickUnknown):
            change_log.changed_rows(session, "client", after=known + 1000, until=known)
        with pytest.raises(TickUnknown):
            list(change_log.read_changes(session, after=None, until=7))


def test_a_reader_does_not_know_a_tick_that_is_younger_than_itself(store: StoreSide) -> None:
    known = tick(store)

    with store.reading() as session:
        assert known == change_log.find_tick(session, known).id
        younger = tick(store)
        with pytest.raises(TickUnknown):
            change_log.find_tick(session, younger)
        newest = change_log.newest_tick(session)
    assert newest is not None
    assert known == newest.id
    with store.reading() as session:
        assert younger == change_log.find_tick(session, younger).id


def test_ticks_grow_and_stand_for_moments(store: StoreSide) -> None:
    first, second = tick(store), tick(store)
    minute = change_log.ensure_minute_tick(store.process())

    with store.reading() as session:
        one, two = (change_log.find_tick(session, number) for number in (first, second))
        assert two == change_log.newest_tick(session)
        assert one == change_log.tick_at(session, two.at - (two.at - one.at) / 2)
        assert two == change_log.tick_at(session, two.at + HOUR)
        with pytest.raises(NotFound):
            change_log.tick_at(session, datetime(2000, 1, 1, tzinfo=UTC))
        with pytest.raises(InvalidInput, match="time zone"):
            change_log.tick_at(session, datetime(2026, 1, 1))  # noqa: DTZ001  that is the point

    assert first < second == minute
    assert one.at < two.at
    assert one.seen_below <= one.unseen_from <= two.unseen_from
    assert one.era == two.era


def test_only_captured_tables_can_be_asked_about(store: StoreSide) -> None:
    until = tick(store)

    with store.reading() as session:
        names = [table.name for table in captured.captured_tables(session)]
        facts = {t.name for t in captured.captured_tables(session) if t.is_fact}
        (client,) = captured.find_captured(session, ["client"])
        with pytest.raises(InvalidInput, match="colours"):
            captured.find_captured(session, ["client", "colours"])
        with pytest.raises(InvalidInput, match="colours"):
            list(change_log.read_changes(session, after=None, until=until, tables=["colours"]))
        assert [] == change_log.read_notices(session, after=until, until=until)

    assert {"client", "deal", "campaign"} <= set(names)
    assert {"delivery_metric_daily", "warmup_daily"} == facts
    assert {"id", "deleted_at", "name", "partner_ids"} <= set(client.columns.values())


def test_the_log_tells_who_wrote_a_cell_last(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"}, who=by("Alex", NOON))
    store.change("client", row, by("Berta"), note="x", country="FR")
    store.change("client", row, by("Carl", NOON + HOUR), note="y")

    with store.reading() as session:
        edits = change_log.last_edits(session, "client", [row, new_id()])
        note = change_log.last_edit(session, "client", row, "note")
        assert None is change_log.last_edit(session, "client", new_id(), "note")

    assert {row} == set(edits)
    assert note == edits[row]["note"]
    authors = {name: edits[row][name].actor for name in ("name", "country", "note")}
    assert {"name": "Alex", "country": "Berta", "note": "Carl"} == authors
    assert (NOON, NOON + HOUR) == (edits[row]["name"].edited_at, edits[row]["note"].edited_at)


def test_a_rows_versions_are_what_stood_between_transactions(store: StoreSide) -> None:
    (row,) = store.add("client", {"name": "Acme"}, who=by("Alex"))
    with store.writing(by("Berta")) as session:
        rows.update_rows(session, "client", {row: {"name": "never seen"}})
        rows.update_rows(session, "client", {row: {"name": "Beta"}})
    with store.writing() as session:
        store.delete(session, "client", [row])
    with store.writing(by("Carl")) as session:
        rows.insert_rows(session, "client", {row: {"name": "Gamma"}})

    with store.reading() as session:
        history = change_log.row_history(session, "client", row)
        assert [] == change_log.row_history(session, "client", new_id())

    assert [("Acme", "Alex"), ("Beta", "Berta"), ("Gamma", "Carl")] == [
        (version.values["name"], version.actor) for version in history
    ]
    assert history[0].tx_to == history[1].tx_from
    assert history[1].tx_to is not None
    assert history[1].tx_to < history[2].tx_from
    assert None is history[2].tx_to


def test_a_row_as_of_a_tick_is_what_the_tick_saw(store: StoreSide) -> None:
    before = tick(store)
    (row,) = store.add("client", {"name": "Acme"})
    first = tick(store)
    writer = store.open()
    rows.update_rows(writer.session, "client", {row: {"name": "Beta"}})
    beside = tick(store)
    writer.commit()
    after = tick(store)
    with store.writing() as session:
        store.delete(session, "client", [row])
    end = tick(store)

    with store.reading() as session:
        names = [
            (change_log.row_as_of(session, "client", row, number) or {}).get("name")
            for number in (before, first, beside, after, end)
        ]

    assert [None, "Acme", "Acme", "Beta", None] == names


def test_a_transaction_without_a_word_is_still_somebodys(store: StoreSide) -> None:
    before = tick(store)
    with store.writing(Provenance(actor="", origin="")) as session:
        rows.insert_rows(session, "client", {new_id(): {"name": "Acme"}})

    (change,) = read(store, before, tick(store))

    assert change.actor
    assert "sql" == change.origin
    assert HANNA.actor != change.actor
