"""Does the database itself record who changed what, whoever does it and however?"""

from __future__ import annotations

import json
import select
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg2
import psycopg2.errors
import pytest
from psycopg2.extensions import connection as Connection
from sqlalchemy import text

from hub.store.change_log import (
    Change,
    Operation,
    last_edit,
    last_edits,
    read_changes,
    row_as_of,
    row_history,
    take_tick,
)
from hub.store.database import Authorship, Database, Provenance
from hub.store.entities import Client

ANN = Provenance(actor="ann", origin="graphql")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def psql(database_url: str) -> Iterator[Connection]:
    """A direct connection that knows nothing of the hub."""
    opened = psycopg2.connect(database_url, options="-c search_path=public")
    yield opened
    opened.close()


def run(psql: Connection, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Execute within psql's open transaction."""
    with psql.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def everything(database: Database, *tables: str) -> list[Change]:
    """Every change up to now."""
    tick = take_tick(database)
    with database.reading() as session:
        return list(read_changes(session, after=None, until=tick, tables=tables or None))


def add_client(database: Database, name: str = "Acme") -> UUID:
    """A client that ann added."""
    client = Client(name=name)
    with database.unit_of_work(ANN) as session:
        session.add(client)
    return client.id


def test_a_change_says_who_when_and_which_columns(database: Database) -> None:
    client_id = add_client(database)
    run_id = uuid4()
    with database.unit_of_work(
        Provenance(actor="bob", origin="sync", run_id=run_id, edited_at=NOON)
    ) as session:
        session.execute(text("update client set sector = 'toys', country = 'Chad'"))

    inserted, updated = everything(database)

    assert (Operation.INSERT, "ann", "graphql") == (
        inserted.operation,
        inserted.actor,
        inserted.origin,
    )
    assert (Operation.UPDATE, client_id, client_id, "client") == (
        updated.operation,
        updated.row_id,
        updated.client_id,
        updated.table,
    )
    assert {"sector", "country"} == set(updated.columns)
    assert ("bob", "sync", run_id, NOON) == (
        updated.actor,
        updated.origin,
        updated.run_id,
        updated.edited_at,
    )


def test_a_direct_write_is_recorded_under_the_session_user(
    database: Database, psql: Connection
) -> None:
    run(psql, "insert into client (name) values ('Acme')")
    psql.commit()

    (change,) = everything(database)

    assert ("hub", "sql") == (change.actor, change.origin)
    assert change.edited_at is not None


def test_a_role_that_may_only_write_business_tables_is_recorded_by_its_name(
    database: Database, psql: Connection
) -> None:
    run(psql, "create role clerk")
    run(psql, "grant insert, select, update, delete on all tables in schema public to clerk")
    run(psql, "set session authorization clerk")
    run(psql, "insert into client (name) values ('Acme')")
    run(psql, "update client set sector = 'toys'")
    run(psql, "insert into campaign (client_id) select id from client")
    run(
        psql,
        "insert into delivery_metric_daily (client_id, campaign_id, day)"
        " select client_id, id, '2026-03-01' from campaign",
    )
    run(psql, "update delivery_metric_daily set sent = 1")
    run(psql, "reset session authorization")
    run(psql, "revoke all on all tables in schema public from clerk")
    run(psql, "drop role clerk")
    psql.commit()

    assert ["clerk"] * 3 == [change.actor for change in everything(database)]


def test_single_rows_can_have_authors_of_their_own(database: Database) -> None:
    ours, theirs, unknown = (add_client(database, name) for name in ("A", "B", "C"))
    authors = {
        theirs: Authorship(actor="usr1", edited_at=NOON),
        unknown: Authorship(actor="usr2", edited_at=None),
    }
    with database.unit_of_work(Provenance(actor="hub", origin="sync", authors=authors)) as session:
        session.execute(text("update client set sector = 'toys'"))

    by_row = {c.row_id: c for c in everything(database) if c.operation is Operation.UPDATE}

    assert ("usr1", NOON) == (by_row[theirs].actor, by_row[theirs].edited_at)
    assert ("usr2", None) == (by_row[unknown].actor, by_row[unknown].edited_at)
    assert "hub" == by_row[ours].actor
    assert by_row[ours].edited_at is not None


def test_an_update_that_changes_nothing_leaves_no_trace_and_still_answers(
    database: Database, psql: Connection
) -> None:
    client_id = add_client(database)

    answered = run(psql, "update client set name = name where true returning id::text")
    psql.commit()

    assert [(str(client_id),)] == answered
    assert 1 == len(everything(database))
    with database.reading() as session:
        assert 1 == len(row_history(session, "client", client_id))


def test_a_bulk_update_records_each_changed_row_once(database: Database, psql: Connection) -> None:
    run(psql, "insert into client (name) select 'c' || g from generate_series(1, 300) g")
    run(psql, "update client set sector = 'toys' where right(name, 1) = '7'")
    run(psql, "update client set sector = 'toys'")
    psql.commit()

    updates = [c for c in everything(database) if c.operation is Operation.UPDATE]

    assert 300 == len(updates) == len({c.row_id for c in updates})
    assert [(0,)] == run(psql, "select count(*) from history.client where tx_from = tx_to")
    assert [(300,)] == run(psql, "select count(*) from history.client")


def test_a_row_changed_often_in_one_transaction_has_one_version_of_it(
    database: Database, psql: Connection
) -> None:
    client_id = add_client(database)
    for sector in ("a", "b", "c"):
        run(psql, "update client set sector = %s", sector)
    psql.commit()

    with database.reading() as session:
        first, last = row_history(session, "client", client_id)

    assert [None, "c"] == [first.values["sector"], last.values["sector"]]
    assert first.tx_to == last.tx_from
    assert last.tx_to is None
    assert 4 == len(everything(database))


def test_a_row_born_and_gone_in_one_transaction_leaves_changes_but_no_version(
    database: Database, psql: Connection
) -> None:
    run(psql, "insert into client (name) values ('Acme')")
    run(psql, "update client set sector = 'toys'")
    run(psql, "delete from client")
    psql.commit()

    assert "IUD" == "".join(change.operation for change in everything(database))
    assert [(0,)] == run(psql, "select count(*) from history.client")


def test_a_row_deleted_and_put_back_in_one_transaction_goes_on(
    database: Database, psql: Connection
) -> None:
    client_id = add_client(database)
    run(psql, "delete from client")
    run(psql, "insert into client (id, name) values (%s, 'Back')", str(client_id))
    run(psql, "delete from client")
    run(psql, "insert into client (id, name) values (%s, 'Again')", str(client_id))
    psql.commit()

    with database.reading() as session:
        versions = row_history(session, "client", client_id)

    assert ["Acme", "Again"] == [version.values["name"] for version in versions]
    assert versions[0].tx_to == versions[1].tx_from


def test_a_rolled_back_savepoint_leaves_nothing(database: Database, psql: Connection) -> None:
    client_id = add_client(database)
    run(psql, "savepoint before")
    run(psql, "update client set sector = 'a'")
    run(psql, "rollback to before")
    run(psql, "update client set country = 'Chad'")
    psql.commit()

    assert ("country",) == everything(database)[-1].columns
    with database.reading() as session:
        assert 2 == len(row_history(session, "client", client_id))


def test_a_cascade_that_touches_a_row_twice_keeps_its_chain(
    database: Database, psql: Connection
) -> None:
    run(
        psql,
        "create table dinner ("
        " id uuid primary key default hub.new_id(),"
        " host_id uuid references client on delete set null,"
        " guest_id uuid references client on delete set null)",
    )
    run(psql, "select hub.capture_table('dinner', 'host_id')")
    run(psql, "insert into client (name) values ('A'), ('B')")
    run(
        psql,
        "insert into dinner (host_id, guest_id)"
        " select a.id, b.id from client a, client b where a.name = 'A' and b.name = 'B'",
    )
    psql.commit()
    run(psql, "delete from client")
    psql.commit()

    changes = everything(database, "dinner")

    assert [Operation.INSERT, Operation.UPDATE, Operation.UPDATE] == [c.operation for c in changes]
    assert {("host_id",), ("guest_id",)} == {c.columns for c in changes[1:]}
    with database.reading() as session:
        before, after = row_history(session, "dinner", changes[0].row_id)
    assert before.values["host_id"] is not None
    assert (None, None) == (after.values["host_id"], after.values["guest_id"])


@pytest.mark.parametrize(
    "statement",
    [
        "truncate client cascade",
        "truncate hub.change",
        "truncate history.client",
        "update client set id = hub.new_id()",
    ],
)
def test_what_would_tear_a_hole_is_refused_and_says_what_to_do(
    database: Database, psql: Connection, statement: str
) -> None:
    add_client(database)

    with pytest.raises(psycopg2.errors.RestrictViolation) as refused:
        run(psql, statement)

    assert refused.value.diag.message_hint


def test_a_replica_session_is_recorded_too(database: Database, psql: Connection) -> None:
    run(psql, "set session_replication_role = replica")
    run(psql, "insert into client (name) values ('Acme')")
    psql.commit()

    assert 1 == len(everything(database))


def test_copy_is_recorded(database: Database, psql: Connection) -> None:
    import io

    with psql.cursor() as cursor:
        cursor.copy_expert("copy client (name) from stdin", io.StringIO("A\nB\n"))
    psql.commit()

    assert 2 == len(everything(database))


def test_a_listener_hears_once_a_transaction(database: Database, database_url: str) -> None:
    listener = psycopg2.connect(database_url)
    listener.autocommit = True
    listener.cursor().execute("listen hub_change")

    with database.unit_of_work(ANN) as session:
        session.execute(text("insert into client (name) values ('A')"))
        session.execute(text("update client set sector = 'toys'"))
    with database.unit_of_work(ANN) as session:
        session.execute(text("set local hub.quiet = 'on'"))
        session.execute(text("update client set sector = 'food'"))
        session.execute(text("notify hub_change, 'the end'"))
    heard: list[str] = []
    while "the end" not in heard:
        assert any(select.select([listener], [], [], 20)), "the notices did not arrive"
        listener.poll()
        heard = [notice.payload for notice in listener.notifies]

    assert ["client", "the end"] == heard
    listener.close()


def test_last_edits_know_each_cells_author(database: Database) -> None:
    client_id = add_client(database)
    other_id = add_client(database, "Other")
    with database.unit_of_work(Provenance(actor="bob", origin="sync", edited_at=NOON)) as session:
        session.execute(text("update client set sector = 'toys' where name = 'Acme'"))

    with database.reading() as session:
        edits = last_edits(session, "client", [client_id, other_id])
        one = last_edit(session, "client", client_id, "sector")

    assert ("bob", NOON) == (edits[client_id]["sector"].actor, edits[client_id]["sector"].edited_at)
    assert "ann" == edits[client_id]["name"].actor == edits[other_id]["sector"].actor
    assert one == edits[client_id]["sector"]


def test_a_row_can_be_read_as_of_a_tick(database: Database) -> None:
    before = take_tick(database)
    client_id = add_client(database)
    first = take_tick(database)
    with database.unit_of_work(ANN) as session:
        session.execute(text("update client set name = 'Renamed'"))
    second = take_tick(database)
    with database.unit_of_work(ANN) as session:
        session.execute(text("delete from client"))
    third = take_tick(database)

    with database.reading() as session:
        seen = [
            row_as_of(session, "client", client_id, tick) for tick in (before, first, second, third)
        ]

    assert [None, "Acme", "Renamed", None] == [row and row["name"] for row in seen]


def test_a_renamed_and_an_added_column_keep_their_history(
    database: Database, psql: Connection
) -> None:
    client_id = add_client(database)
    run(psql, "update client set sector = 'toys'")
    psql.commit()
    run(psql, "alter table client rename column sector to industry")
    run(psql, "alter table client add column tier text default 'gold'")
    psql.commit()
    run(psql, "update client set industry = 'food', tier = 'iron'")
    psql.commit()

    _, before, after = everything(database)

    assert ("industry",) == before.columns
    assert {"industry", "tier"} == set(after.columns)
    with database.reading() as session:
        versions = row_history(session, "client", client_id)
    assert [None, "toys", "food"] == [version.values["industry"] for version in versions]
    assert [None, "gold", "iron"] == [version.values["tier"] for version in versions]


def test_a_renamed_table_keeps_its_changes(database: Database, psql: Connection) -> None:
    client_id = add_client(database)
    run(psql, "alter table client rename to customer")
    run(psql, "update customer set sector = 'toys'")
    psql.commit()

    changes = everything(database, "customer")

    assert ["IU", {client_id}] == [
        "".join(change.operation for change in changes),
        {change.row_id for change in changes},
    ]


def test_a_renamed_client_column_is_still_the_client(database: Database, psql: Connection) -> None:
    client_id = add_client(database)
    run(psql, "alter table contact rename column client_id to employer_id")
    run(psql, "insert into contact (employer_id) values (%s)", str(client_id))
    run(psql, "alter table contact drop column employer_id")
    run(psql, "insert into contact (name) values ('Ann')")
    psql.commit()

    assert [client_id, None] == [change.client_id for change in everything(database, "contact")]


def test_without_the_event_trigger_a_rename_is_refused_until_it_is_captured_again(
    database: Database, psql: Connection
) -> None:
    run(psql, "drop event trigger hub_follow_ddl")
    run(psql, "insert into client (name) values ('Acme')")
    run(psql, "alter table client rename column sector to industry")
    psql.commit()
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        run(psql, "update client set industry = 'toys'")
    psql.rollback()

    run(psql, "select hub.capture_table('client', 'id')")
    run(psql, "update client set industry = 'toys'")
    psql.commit()

    assert ("industry",) == everything(database)[-1].columns


def test_rows_older_than_the_capture_are_in_history(database: Database, psql: Connection) -> None:
    run(psql, "create schema if not exists dataset")
    run(psql, "create table dataset.fair (id uuid primary key default hub.new_id(), note json)")
    run(psql, """insert into dataset.fair (note) values ('{"a": 1}')""")
    run(psql, "select hub.capture_table('dataset.fair')")
    psql.commit()
    tick = take_tick(database)
    run(psql, """update dataset.fair set note = '{"a": 2}'""")
    psql.commit()

    (change,) = everything(database, "dataset.fair")

    with database.reading() as session:
        was = row_as_of(session, "dataset.fair", change.row_id, tick)
    assert was is not None
    assert {"a": 1} == was["note"]
    assert change.client_id is None


def test_changes_fall_into_the_month_they_were_made_in(psql: Connection) -> None:
    run(psql, "drop table hub.change_" + f"{datetime.now(UTC):%Y_%m}")
    run(psql, "insert into client (name) values ('Caught by the net')")
    assert [(1,)] == run(psql, "select count(*) from hub.change_default")

    assert [(1,)] == run(psql, "select hub.ensure_change_partitions(2)")

    assert [(0,)] == run(psql, "select count(*) from hub.change_default")
    assert [(1,)] == run(psql, "select count(*) from hub.change")
    assert [(0,)] == run(psql, "select hub.ensure_change_partitions(2)")


def test_authors_are_found_among_thousands(database: Database, psql: Connection) -> None:
    run(psql, "insert into client (name) select 'c' || g from generate_series(1, 2000) g")
    ids = [str(row[0]) for row in run(psql, "select id from client")]
    authors = {row_id: [f"usr{position}", None] for position, row_id in enumerate(ids)}
    run(psql, "select set_config('hub.authors', %s, true)", json.dumps(authors))
    run(psql, "update client set sector = 'toys'")
    psql.commit()

    updates = [c for c in everything(database) if c.operation is Operation.UPDATE]

    assert {row_id: who[0] for row_id, who in authors.items()} == {
        str(change.row_id): change.actor for change in updates
    }
