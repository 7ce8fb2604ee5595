"""Does a reader of the change log see every change once, in order, whoever overlaps whom?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection
from sqlalchemy import text

from hub.errors import InvalidInput, NotFound, TickUnknown
from hub.store.change_log import (
    changed_rows,
    ensure_minute_tick,
    find_tick,
    newest_tick,
    read_changes,
    row_as_of,
    take_tick,
    tick_at,
)
from hub.store.database import Database, Provenance
from hub.store.eras import check_era, hold_streams
from hub.store.writers import open_writers

ANN = Provenance(actor="ann", origin="test")
Open = Callable[[], Connection]


@pytest.fixture
def open_writer(database_url: str) -> Iterator[Open]:
    """Direct connections, each with a transaction of its own."""
    opened: list[Connection] = []

    def open_one() -> Connection:
        opened.append(psycopg2.connect(database_url, options="-c search_path=public"))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


def write(writer: Connection, name: str, actor: str) -> None:
    """Touch one client within the writer's open transaction, in the name of `actor`."""
    with writer.cursor() as cursor:
        cursor.execute("select set_config('hub.actor', %s, true)", (actor,))
        cursor.execute(
            "update client set employee_count = coalesce(employee_count, 0) + 1 where name = %s",
            (name,),
        )


def add_clients(database: Database, *names: str) -> int:
    """Clients of these names, and a tick that has seen them."""
    with database.unit_of_work(ANN) as session:
        for name in names:
            session.execute(text("insert into client (name) values (:name)"), {"name": name})
    return take_tick(database)


class Reader:
    """Follows the change log from tick to tick."""

    def __init__(self, database: Database, tick: int | None) -> None:
        self.database = database
        self.tick = tick

    def read(self) -> list[str]:
        """The actors of what is new."""
        until = take_tick(self.database)
        with self.database.reading() as session:
            found = [c.actor for c in read_changes(session, after=self.tick, until=until)]
        self.tick = until
        return found


class NaiveReader:
    """Follows the change log by the last number it saw: the rule that is wrong."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.last = 0
        self.read()

    def read(self) -> list[str]:
        """The actors of what is new, or so it believes."""
        with self.database.reading() as session:
            found = session.execute(
                text("select id, actor from hub.change where id > :last order by id"),
                {"last": self.last},
            ).all()
        self.last = max([self.last, *(row.id for row in found)])
        return [row.actor for row in found]


def test_three_interleaved_writers_are_each_read_once_and_in_order(
    database: Database, open_writer: Open
) -> None:
    reader = Reader(database, add_clients(database, "A", "B", "C"))
    naive = NaiveReader(database)
    open_long, lower, higher = open_writer(), open_writer(), open_writer()

    write(open_long, "C", "long")
    write(lower, "B", "lower on B")
    write(higher, "A", "higher on A")
    higher.commit()
    first = (reader.read(), naive.read())
    write(lower, "A", "lower on A")
    lower.commit()
    second = (reader.read(), naive.read())
    open_long.commit()
    third = (reader.read(), naive.read())

    assert [["higher on A"], ["lower on B", "lower on A"], ["long"]] == [
        first[0],
        second[0],
        third[0],
    ]
    # The test of the test: a plain number as a cursor skips two of these four changes.
    assert [["higher on A"], ["lower on A"], []] == [first[1], second[1], third[1]]


def test_the_order_by_transaction_would_be_wrong(database: Database, open_writer: Open) -> None:
    start = add_clients(database, "A", "B")
    lower, higher = open_writer(), open_writer()
    write(lower, "B", "lower on B")
    write(higher, "A", "first on A")
    higher.commit()
    write(lower, "A", "second on A")
    lower.commit()

    until = take_tick(database)
    with database.reading() as session:
        changes = list(read_changes(session, after=start, until=until))
    by_transaction = sorted(changes, key=lambda change: (change.tx, change.id))

    assert ["first on A", "second on A"] == [c.actor for c in changes if "A" in c.actor]
    assert ["second on A", "first on A"] == [c.actor for c in by_transaction if "A" in c.actor]


def test_a_rolled_back_writer_is_never_read(database: Database, open_writer: Open) -> None:
    reader = Reader(database, add_clients(database, "A"))
    writer = open_writer()
    write(writer, "A", "undone")
    writer.rollback()

    assert [] == reader.read()


def test_a_long_batch_can_be_read_in_slices(database: Database) -> None:
    start = add_clients(database, "A")
    add_clients(database, *(f"more {number}" for number in range(25)))
    until = take_tick(database)
    slices: list[int] = []
    seen: list[int] = []

    with database.reading() as session:
        while True:
            part = list(
                read_changes(
                    session,
                    after=start,
                    until=until,
                    past_change=seen[-1] if seen else None,
                    limit=10,
                )
            )
            if not part:
                break
            slices.append(len(part))
            seen += [change.id for change in part]

    assert [10, 10, 5] == slices
    assert sorted(set(seen)) == seen


def test_rows_changed_often_are_named_once_by_their_first_change(
    database: Database, open_writer: Open
) -> None:
    start = add_clients(database, "A", "B")
    writer = open_writer()
    for name in ("B", "A", "B"):
        write(writer, name, "ann")
        writer.commit()
    until = take_tick(database)

    with database.reading() as session:
        names = [
            session.scalar(text("select name from client where id = :id"), {"id": row_id})
            for row_id in changed_rows(session, "client", after=start, until=until)
        ]

    assert ["B", "A"] == names


def test_reading_can_stop_in_the_middle_and_the_session_goes_on(database: Database) -> None:
    add_clients(database, *(f"client {number}" for number in range(30)))
    until = take_tick(database)

    with database.reading() as session:
        first = next(read_changes(session, after=None, until=until, tables=["client"]))
        assert 30 == session.scalar(text("select count(*) from client"))

    assert "ann" == first.actor


def test_a_reader_older_than_its_tick_is_refused(database: Database) -> None:
    with database.reading() as session:
        session.execute(text("select 1"))
        until = take_tick(database)

        with pytest.raises(TickUnknown):
            read_changes(session, after=None, until=until)


def test_a_cursor_of_another_database_is_refused(database: Database) -> None:
    tick = take_tick(database)

    with (
        database.reading() as session,
        pytest.raises(TickUnknown, match=rf"{tick + 1} is none .* newest is {tick}"),
    ):
        read_changes(session, after=tick + 1, until=tick)


def test_an_unknown_table_is_refused_with_the_known_ones(database: Database) -> None:
    tick = take_tick(database)

    with database.reading() as session, pytest.raises(InvalidInput, match="valid are client"):
        read_changes(session, after=None, until=tick, tables=["clients"])


def test_a_moment_means_the_last_tick_before_it(database: Database) -> None:
    first = take_tick(database)
    second = take_tick(database)

    with database.reading() as session:
        at_first, at_second = find_tick(session, first), find_tick(session, second)
        assert at_first.at < at_second.at
        assert first == tick_at(session, at_second.at - timedelta(microseconds=1)).id
        assert second == tick_at(session, datetime.now(UTC) + timedelta(days=1)).id
        assert at_second == newest_tick(session)
        with pytest.raises(NotFound, match="begins at"):
            tick_at(session, at_first.at - timedelta(days=1))
        with pytest.raises(InvalidInput, match="time zone"):
            tick_at(session, datetime(2026, 1, 1))  # noqa: DTZ001  # a naive one is the point


def test_a_tick_a_minute_is_enough(database: Database) -> None:
    first = ensure_minute_tick(database)
    assert first == ensure_minute_tick(database)

    with database.engine.begin() as connection:
        connection.execute(text("update hub.tick set at = at - interval '61 seconds'"))

    assert first < ensure_minute_tick(database)


def test_the_same_tick_gives_the_same_answer_later(database: Database, open_writer: Open) -> None:
    add_clients(database, "A")
    writer = open_writer()
    write(writer, "A", "open while the tick was taken")
    tick = take_tick(database)
    with database.reading() as session:
        row_id = session.scalar(text("select id from client"))
        assert row_id is not None
        before = row_as_of(session, "client", row_id, tick)

    writer.commit()

    later = take_tick(database)
    with database.reading() as session:
        assert before == row_as_of(session, "client", row_id, tick)
        after = row_as_of(session, "client", row_id, later)
    assert after is not None
    assert 1 == after["employee_count"]


def test_the_first_era_is_nothing_new(database: Database) -> None:
    check = check_era(database)

    assert (1, False) == (check.era, check.is_new)


def test_a_start_that_remembers_a_lost_tick_raises_the_generation(database: Database) -> None:
    reader = Reader(database, add_clients(database, "A"))
    lost_tick = take_tick(database) + 7

    check = check_era(database, tick_seen_elsewhere=lost_tick)
    add_clients(database, "B")

    assert (2, True) == (check.era, check.is_new)
    assert ["ann"] == reader.read()
    assert not check_era(database, tick_seen_elsewhere=reader.tick).is_new
    with database.reading() as session, pytest.raises(TickUnknown):
        find_tick(session, lost_tick)


def test_another_server_opens_a_new_era_with_its_first_write(database: Database) -> None:
    start = add_clients(database, "A")
    with database.engine.begin() as connection:
        connection.execute(text("update hub.era set system_identifier = 1"))

    tick = add_clients(database, "B")

    with database.reading() as session:
        old, new = find_tick(session, start), find_tick(session, tick)
        changes = list(read_changes(session, after=None, until=tick))
        fresh = list(read_changes(session, after=start, until=tick))
    assert (1, 2) == (old.era, new.era)
    assert [1, 2] == [change.tx >> 48 for change in changes]
    assert changes[1:] == fresh


def test_what_was_open_before_an_era_is_settled_in_it(
    database: Database, open_writer: Open
) -> None:
    start = add_clients(database, "A")
    writer = open_writer()
    write(writer, "A", "old era")

    impatient = open_writer().cursor()
    impatient.execute("set lock_timeout = '50ms'")
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        impatient.execute("select hub.raise_generation('test')")
    writer.commit()
    check_era(database, tick_seen_elsewhere=1)

    assert ["old era"] == Reader(database, start).read()


def test_after_a_new_era_every_stream_is_held_until_a_person_looks(database: Database) -> None:
    with database.unit_of_work(ANN) as session:
        session.execute(
            text(
                "insert into hub.stream_state (connection, stream) values ('crm', 'a'), ('b', 'b')"
            )
        )
    check = check_era(database, tick_seen_elsewhere=1)

    with database.unit_of_work(ANN) as session:
        assert [2, 0] == [hold_streams(session, check), hold_streams(session, check)]

    with database.reading() as session:
        reason = session.scalar(text("select min(hold_reason) from hub.stream_state"))
    assert (
        "era 2: tick 1 is remembered elsewhere, not here. Look at a preview, then resume." == reason
    )


def test_a_writer_that_stays_open_is_found(database: Database, open_writer: Open) -> None:
    add_clients(database, "A")
    open_writer().cursor().execute("select 1")
    writing = open_writer()
    write(writing, "A", "long")

    with database.reading() as session:
        (found,) = open_writers(session, longer_than=timedelta(0))
        assert [] == open_writers(session, longer_than=timedelta(seconds=60))

    assert ("hub", "idle in transaction") == (found.user, found.state)
    assert writing.get_backend_pid() == found.process_id
