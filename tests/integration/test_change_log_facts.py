"""Do facts keep what was superseded, and say which days and clients a load touched?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection
from sqlalchemy import text

from hub.store.change_log import Operation, read_notices, take_tick
from hub.store.database import Database

FIRST = date(2026, 3, 1)
LOAD = "copy delivery_metric_daily (client_id, campaign_id, day, sent) from stdin"


@pytest.fixture
def psql(database_url: str) -> Iterator[Connection]:
    """A direct connection to a database with one campaign each of clients A and B."""
    opened = psycopg2.connect(database_url, options="-c search_path=public")
    run(opened, "insert into client (name) values ('A'), ('B')")
    run(opened, "insert into campaign (client_id, name) select id, name from client")
    opened.commit()
    yield opened
    opened.close()


def run(psql: Connection, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Execute within psql's open transaction."""
    with psql.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def load(psql: Connection, days: int, sent: int) -> None:
    """COPY so many days of both campaigns, and commit."""
    campaigns = run(psql, "select client_id::text, id::text from campaign")
    lines = "".join(
        f"{client}\t{campaign}\t2026-03-{day:02}\t{sent}\n"
        for day in range(1, days + 1)
        for client, campaign in campaigns
    )
    with psql.cursor() as cursor:
        cursor.copy_expert(LOAD, io.StringIO(lines))
    psql.commit()


def sent_as_of(database: Database, tick: int) -> object:
    """The sum of all facts at a tick."""
    with database.reading() as session:
        return session.scalar(
            text("select sum(sent) from history.delivery_metric_daily_as_of(:tick)"), {"tick": tick}
        )


def test_a_load_leaves_one_notice_and_no_history(database: Database, psql: Connection) -> None:
    before = take_tick(database)
    load(psql, days=20, sent=5)
    until = take_tick(database)

    with database.reading() as session:
        (notice,) = read_notices(session, after=before, until=until)
        kept = session.scalar(text("select count(*) from history.delivery_metric_daily"))

    assert 0 == kept
    assert ("delivery_metric_daily", Operation.INSERT, 40) == (
        notice.table,
        notice.operation,
        notice.row_count,
    )
    assert (FIRST, date(2026, 3, 20)) == (notice.first_day, notice.last_day)
    assert notice.client_ids is not None
    assert 2 == len(notice.client_ids)


def test_a_past_report_can_be_made_again(database: Database, psql: Connection) -> None:
    empty = take_tick(database)
    load(psql, days=10, sent=5)
    loaded = take_tick(database)
    run(psql, "update delivery_metric_daily set sent = 6 where day = '2026-03-02'")
    run(psql, "update delivery_metric_daily set sent = 7 where day = '2026-03-02'")
    psql.commit()
    corrected = take_tick(database)
    run(psql, "delete from delivery_metric_daily where day = '2026-03-03'")
    psql.commit()
    removed = take_tick(database)

    ticks = (empty, loaded, corrected, removed)
    assert [None, 100, 104, 94] == [sent_as_of(database, tick) for tick in ticks]


def test_a_day_that_is_deleted_and_loaded_again_goes_on(
    database: Database, psql: Connection
) -> None:
    load(psql, days=3, sent=5)
    first = take_tick(database)
    run(psql, "delete from delivery_metric_daily")
    load(psql, days=3, sent=8)
    second = take_tick(database)

    assert [30, 48] == [sent_as_of(database, first), sent_as_of(database, second)]
    assert [(6,)] == run(psql, "select count(*) from history.delivery_metric_daily")


def test_a_load_that_says_the_same_again_changes_nothing(
    database: Database, psql: Connection
) -> None:
    load(psql, days=3, sent=5)
    was = run(psql, "select day, tx_from, recorded_at from delivery_metric_daily order by 1, 2, 3")
    before = take_tick(database)
    run(psql, "update delivery_metric_daily set sent = 5, recorded_at = now()")
    psql.commit()
    until = take_tick(database)

    assert was == run(
        psql, "select day, tx_from, recorded_at from delivery_metric_daily order by 1, 2, 3"
    )
    with database.reading() as session:
        assert [] == list(read_notices(session, after=before, until=until))


def test_a_notice_tells_the_days_a_fact_left_and_came_to(
    database: Database, psql: Connection
) -> None:
    load(psql, days=1, sent=5)
    before = take_tick(database)
    run(psql, "update delivery_metric_daily set day = '2026-03-09'")
    psql.commit()
    until = take_tick(database)

    with database.reading() as session:
        (notice,) = read_notices(session, after=before, until=until)

    assert (Operation.UPDATE, FIRST, date(2026, 3, 9)) == (
        notice.operation,
        notice.first_day,
        notice.last_day,
    )


def test_the_stamp_of_a_fact_cannot_be_given_by_hand(psql: Connection) -> None:
    load(psql, days=1, sent=5)
    run(psql, "update delivery_metric_daily set sent = 6, tx_from = 1")
    assert [(True,)] == run(psql, "select bool_and(tx_from > 1) from delivery_metric_daily")

    with pytest.raises(psycopg2.errors.RestrictViolation, match="tx_from was given by hand"):
        run(
            psql,
            "insert into delivery_metric_daily (client_id, campaign_id, day, tx_from)"
            " select client_id, id, '2026-04-01', 1 from campaign",
        )


def test_facts_cannot_be_truncated(psql: Connection) -> None:
    with pytest.raises(psycopg2.errors.RestrictViolation, match="cannot be truncated"):
        run(psql, "truncate delivery_metric_daily")


def test_a_load_into_a_partition_is_noticed_under_its_root(
    database: Database, psql: Connection
) -> None:
    run(
        psql,
        "create table opening (client_id uuid not null, day date not null, opened int,"
        " tx_from bigint not null default hub.current_tx()) partition by range (day)",
    )
    run(
        psql,
        "create table opening_march partition of opening"
        " for values from ('2026-03-01') to ('2026-04-01')",
    )
    run(psql, "select hub.capture_fact('opening')")
    run(
        psql,
        "create table opening_april partition of opening"
        " for values from ('2026-04-01') to ('2026-05-01')",
    )
    psql.commit()
    before = take_tick(database)
    with psql.cursor() as cursor:
        (client_id,) = run(psql, "select id::text from client limit 1")[0]
        line = f"{client_id}\t2026-03-05\t9\n"
        cursor.copy_expert(
            "copy opening_march (client_id, day, opened) from stdin", io.StringIO(line)
        )
        cursor.copy_expert("copy opening (client_id, day, opened) from stdin", io.StringIO(line))
    run(psql, "update opening_march set opened = 10")
    run(psql, "insert into opening_april select client_id, '2026-04-01', 1 from opening")
    psql.commit()
    until = take_tick(database)

    with database.reading() as session:
        notices = list(read_notices(session, after=before, until=until, tables=["opening"]))

    assert ["I", "I", "U", "I"] == [notice.operation for notice in notices]
    assert [1, 1, 2, 2] == [notice.row_count for notice in notices]
