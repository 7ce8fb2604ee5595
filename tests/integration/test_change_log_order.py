"""Does a reader miss, double or misplace a change while many write at random?"""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import text

from hub.store.change_log import Change, read_changes, take_tick
from hub.store.database import Database, Provenance

ROWS = 6
WRITERS = 6
TRANSACTIONS = 80


@dataclass(kw_only=True, slots=True)
class Truth:
    """What each committed write did: (row name, its number on that row), by the write's token."""

    writes: dict[str, tuple[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, committed: dict[str, tuple[str, int]]) -> None:
        with self.lock:
            self.writes |= committed


def write_all(cursor: Cursor, token: str) -> dict[str, tuple[str, int]]:
    """One statement that changes every row, each in a name of its own."""
    cursor.execute("select name, id::text from client order by name for update")
    names = {row_id: f"{token}/{name}" for name, row_id in cursor.fetchall()}
    authors = {row_id: [name, None] for row_id, name in names.items()}
    cursor.execute("select set_config('hub.authors', %s, true)", (json.dumps(authors),))
    cursor.execute(
        "update client set employee_count = employee_count + 1"
        " returning id::text, name, employee_count"
    )
    written = {names[row_id]: (name, counted) for row_id, name, counted in cursor.fetchall()}
    cursor.execute("select set_config('hub.authors', '', true)")
    return written


def connect(url: str) -> Connection:
    """A direct connection that knows nothing of the hub."""
    return psycopg2.connect(url, options="-c search_path=public")


def die(connection: Connection, url: str) -> Connection:
    """End the writer's server process in the middle of its transaction; another takes over."""
    with pytest.raises(psycopg2.OperationalError), connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
    connection.close()
    return connect(url)


def write_at_random(url: str, seed: int, truth: Truth) -> None:
    """Transactions of 1 to 4 updates on random rows; some roll back, in part or whole, or die."""
    choose = random.Random(seed)  # noqa: S311  # a seed is wanted
    connection = connect(url)
    for number in range(TRANSACTIONS):
        done: dict[str, tuple[str, int]] = {}
        with connection.cursor() as cursor:
            if choose.random() < 0.1:
                done |= write_all(cursor, f"{seed}/{number}/all")
            # In one order, or they would deadlock.
            for step, row in enumerate(sorted(choose.choices(range(ROWS), k=choose.randint(1, 4)))):
                token = f"{seed}/{number}/{step}"
                is_undone = choose.random() < 0.1
                cursor.execute("savepoint here")
                cursor.execute("select set_config('hub.actor', %s, true)", (token,))
                cursor.execute(
                    "update client set employee_count = employee_count + 1"
                    " where name = %s returning employee_count",
                    (f"row {row}",),
                )
                (counted,) = cursor.fetchone() or (0,)
                if is_undone:
                    cursor.execute("rollback to here")
                else:
                    done[token] = (f"row {row}", counted)
        fate = choose.random()
        if fate < 0.05:
            connection = die(connection, url)
        elif fate < 0.15:
            connection.rollback()
        else:
            connection.commit()
            truth.add(done)
    connection.close()


def faults(changes: list[Change], truth: Truth) -> dict[str, int]:
    """How many changes a reader missed, doubled, invented, or had out of their row's order."""
    tokens = [change.actor for change in changes]
    order: dict[str, list[int]] = defaultdict(list)
    for token in tokens:
        if token in truth.writes:
            row, counted = truth.writes[token]
            order[row].append(counted)
    return {
        "missed": len(truth.writes.keys() - set(tokens)),
        "doubled": len(tokens) - len(set(tokens)),
        "invented": len(set(tokens) - truth.writes.keys()),
        "misplaced": sum(a >= b for row in order.values() for a, b in itertools.pairwise(row)),
    }


@pytest.mark.parametrize("seed", [1, 20_000])
def test_a_reader_beside_many_random_writers_misses_doubles_and_misplaces_nothing(
    database: Database, database_url: str, seed: int
) -> None:
    with database.unit_of_work(Provenance(actor="setup", origin="test")) as session:
        session.execute(
            text(
                "insert into client (name, employee_count)"
                " select 'row ' || g, 0 from generate_series(0, :last) g"
            ),
            {"last": ROWS - 1},
        )
    start = tick = take_tick(database)
    truth = Truth()
    followed: list[Change] = []
    batches = 0
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [
            pool.submit(write_at_random, database_url, seed + number, truth)
            for number in range(WRITERS)
        ]
        is_over = False
        while not is_over:
            is_over = all(writer.done() for writer in writers)
            until = take_tick(database)
            with database.reading() as session:
                batch = list(read_changes(session, after=tick, until=until))
            followed += batch
            batches += bool(batch)
            tick = until
    for writer in writers:
        writer.result()

    assert {"missed": 0, "doubled": 0, "invented": 0, "misplaced": 0} == faults(followed, truth)
    assert batches > 3
    assert len(truth.writes) > WRITERS * TRANSACTIONS
    # The test of the test: another order, or a lost batch, is found out.
    with database.reading() as session:
        at_once = list(read_changes(session, after=start, until=tick))
    by_transaction = sorted(at_once, key=lambda change: (change.tx, change.id))
    assert {change.id for change in followed} == {change.id for change in at_once}
    assert 0 == faults(at_once, truth)["misplaced"]
    assert 0 < faults(by_transaction, truth)["misplaced"]
    assert 1 == faults(followed[1:], truth)["missed"]
    with database.reading() as session:
        broken = session.scalar(
            text(
                "select count(*) from (select tx_to, lead(tx_from) over ("
                "  partition by id order by employee_count) as next from history.client) h"
                " where tx_to <> coalesce(next, 9223372036854775807)"
            )
        )
    assert 0 == broken
