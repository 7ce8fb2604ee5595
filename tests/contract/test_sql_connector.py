"""Does a database keep the contract of a connector that writes, too?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from mariadb_server import MISSING, MariaDbServer, binary
from sync_world import NoLimit

from connectors.sql import Settings, build
from connectors.sql.two_way import HOOK, SqlConnector
from hub.contract import Priority, StreamAddress
from hub.core.records import WriteItem
from hub.core.values import ValueKind
from hub.errors import RemoteMissing

HUB_1, HUB_2 = (f"0199a8c0-0000-7000-8000-00000000000{number}" for number in (1, 2))
ADDRESS = StreamAddress(
    stream="clients",
    table="account",
    hub_id_field="hub_id",
    modified_field="updated_at",
    fields=("name", "staff", "revenue", "is_open", "since", "parent_id"),
)
P = Priority.PERSON
TICK = 1000
"""A millisecond: SQLite knows no shorter time, and here nothing is given time to settle."""
TABLE = """create table account (
    id {serial}, hub_id varchar(40) unique, name varchar(80) not null, staff int,
    revenue numeric(12, 2), is_open boolean, since date, parent_id int references account (id),
    updated_at {time} not null)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A database, and a way to edit it behind the connector's back."""

    url: str
    execute: Callable[[str, Sequence[Any]], Any]
    now: str

    def connector(self, *, settle: float = 0) -> SqlConnector:
        given = {"url": self.url, "changes": {"account": "updated_at"}, "settle_seconds": settle}
        made = build("legacy", Settings.model_validate(given), NoLimit())
        assert isinstance(made, SqlConnector)
        return made

    def insert(self, name: str, staff: int | None = None, *, at: str | None = None) -> None:
        staffed = "null" if staff is None else str(staff)
        self.execute(
            f"insert into account (name, staff, updated_at) values ('{name}', {staffed}, {at or self.now})",  # noqa: S608,E501
            (),
        )


@pytest.fixture
def sqlite_side(tmp_path: Path) -> Iterator[Side]:
    connection = sqlite3.connect(tmp_path / "crm.db", isolation_level=None)
    connection.execute(TABLE.format(serial="integer primary key", time="timestamp"))
    yield Side(
        url=f"sqlite:///{tmp_path / 'crm.db'}",
        execute=connection.execute,
        now="strftime('%Y-%m-%d %H:%M:%f', 'now')",
    )
    connection.close()


@pytest.fixture
def postgres_side(empty_database_url: str) -> Iterator[Side]:
    connection = psycopg2.connect(empty_database_url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(TABLE.format(serial="serial primary key", time="timestamptz"))
    yield Side(url=empty_database_url, execute=cursor.execute, now="clock_timestamp()")
    connection.close()


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDbServer]:
    if binary() is None:
        pytest.skip(MISSING)
    server = MariaDbServer(tmp_path_factory.mktemp("mariadb"))
    yield server.start()
    server.stop()


@pytest.fixture
def mariadb_side(mariadb: MariaDbServer) -> Iterator[Side]:
    connection = mariadb.admin()
    cursor = connection.cursor()
    for statement in (
        "set time_zone = '+00:00'",
        "drop database if exists crm",
        "create database crm",
        "use crm",
        "create or replace user writer@'%' identified by 'crm-writes'",
        "grant all on crm.* to writer@'%'",
        TABLE.format(serial="int auto_increment primary key", time="datetime(6)"),
    ):
        cursor.execute(statement)
    yield Side(url=mariadb.url("writer", "crm-writes", "crm"), execute=cursor.execute, now="now(6)")
    connection.close()


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def side(request: pytest.FixtureRequest) -> Side:
    found: Side = request.getfixturevalue(f"{request.param}_side")
    return found


def item(hub_id: str, external_id: str | None = None, **fields: Any) -> WriteItem:
    return WriteItem(hub_id=hub_id, external_id=external_id, fields=fields)


def everything(connector: SqlConnector) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        page = connector.read_page(ADDRESS, cursor, P)
        found |= {record.external_id: dict(record.fields) for record in page.records}
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_it_says_whether_its_tables_tell_of_changes(side: Side) -> None:
    results = side.connector().check()
    assert all(result.ok for result in results), results
    assert any("tells of changes by updated_at" in result.sentence for result in results)


def test_columns_have_kinds_and_foreign_keys_are_links(side: Side) -> None:
    fields = side.connector().discover()["account"].fields
    assert (ValueKind.LINKS, "account") == (fields["parent_id"].kind, fields["parent_id"].links_to)
    assert ValueKind.DECIMAL is fields["revenue"].kind
    assert ValueKind.DATE is fields["since"].kind
    assert ValueKind.TIMESTAMP is fields["updated_at"].kind


def test_what_is_written_is_read_back_the_same(side: Side) -> None:
    connector = side.connector()
    side.insert("Parent")
    parent = next(iter(everything(connector)))
    values = {
        "name": "Müller & Söhne",
        "staff": 12,
        "revenue": "1234.5",
        "since": "2020-02-29",
        "parent_id": [parent],
    }
    (result,) = connector.write(ADDRESS, [item(HUB_1, None, **values)], P)
    assert result.refused is None
    assert result.record is not None
    written = everything(connector)[result.record.external_id]
    assert {**values, "hub_id": HUB_1} == {name: written[name] for name in [*values, "hub_id"]}
    assert result.record.modified_at is not None


def test_writing_twice_writes_once(side: Side) -> None:
    connector = side.connector()
    first = connector.write(ADDRESS, [item(HUB_1, None, name="Acme")], P)
    # The answer was lost: the same create comes again.
    second = connector.write(ADDRESS, [item(HUB_1, None, name="Acme")], P)
    assert first[0].record is not None
    assert second[0].record is not None
    assert first[0].record.external_id == second[0].record.external_id
    assert 1 == len(everything(connector))


def test_a_refused_row_fails_alone(side: Side) -> None:
    connector = side.connector()
    items = [item(HUB_1, None, name="Acme"), item(HUB_2, None, staff=3)]
    fine, refused = connector.write(ADDRESS, items, P)
    assert fine.record is not None
    assert refused.record is None
    assert "name" in (refused.refused or "")
    assert 1 == len(everything(connector))


def test_a_value_that_does_not_fit_is_refused_with_the_reason(side: Side) -> None:
    (result,) = side.connector().write(ADDRESS, [item(HUB_1, None, name="A", staff="many")], P)
    assert "staff" in (result.refused or "")


def test_a_row_that_is_gone_is_told(side: Side) -> None:
    (result,) = side.connector().write(ADDRESS, [item(HUB_1, "77", name="Nobody")], P)
    assert result.is_gone


def test_rows_are_found_by_key_and_by_hub_id(side: Side) -> None:
    connector = side.connector()
    made = connector.write(ADDRESS, [item(HUB_1, None, name="A"), item(HUB_2, None, name="B")], P)
    ids = [result.record.external_id for result in made if result.record]
    assert set(ids) == set(connector.read_records(ADDRESS, [*ids, "999", "no key"], P))
    found = connector.find_by_hub_id(ADDRESS, [HUB_2, "nobody"], P)
    assert [ids[1]] == [record.external_id for record in found[HUB_2]]
    assert {HUB_2} == set(found)


def test_deleting_twice_deletes_once(side: Side) -> None:
    connector = side.connector()
    side.insert("Acme")
    (only,) = everything(connector)
    connector.delete(ADDRESS, [only], P)
    connector.delete(ADDRESS, [only], P)
    assert {} == everything(connector)


def test_pages_go_on_behind_the_last_key(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sql.two_way.PAGE_ROWS", 3)
    for number in range(8):
        side.insert(f"Client {number}")
    assert 8 == len(everything(side.connector()))


def test_changes_are_told_once_and_the_hubs_own_among_them(side: Side) -> None:
    connector = side.connector()
    side.insert("Before", at="'2020-01-01 00:00:00.000'")
    hook = connector.create_hook(None)
    side.insert("Acme", 3)
    connector.write(ADDRESS, [item(HUB_1, None, name="By hub")], P)

    page = connector.read_changes(HOOK, hook.next_cursor - TICK, P)
    assert ["Acme", "By hub"] == [change.cells["name"].current for change in page.changes]
    again = connector.read_changes(HOOK, page.next_cursor, P)
    assert () == again.changes
    assert again.next_cursor >= page.next_cursor


def test_a_change_is_told_only_when_it_has_settled(side: Side) -> None:
    connector = side.connector(settle=300)
    hook = connector.create_hook(None)
    side.insert("Acme")
    assert () == connector.read_changes(HOOK, hook.next_cursor, P).changes


@pytest.mark.parametrize("at_once", [True, False], ids=["a bulk update", "one by one"])
def test_more_changes_than_a_page_holds_are_all_told(
    side: Side, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sql.tables.CHANGES_A_PAGE", 3)
    connector = side.connector()
    hook = connector.create_hook(None)
    for number in range(10):
        side.insert(f"Client {number}")
    if at_once:
        side.execute("update account set updated_at = (select m from (select max(updated_at) as m"
                     " from account) as latest)", ())  # fmt: skip
    told: list[Any] = []
    cursor, rounds = hook.next_cursor - TICK, 0
    while rounds < 20:
        page = connector.read_changes(HOOK, cursor, P)
        told += [change.cells["name"].current for change in page.changes]
        cursor, rounds = page.next_cursor, rounds + 1
        if not page.has_more:
            break
    assert [f"Client {number}" for number in range(10)] == sorted(told)


def test_a_table_without_a_key_is_told(side: Side) -> None:
    side.execute("create table nameless (a int)", ())
    address = StreamAddress(
        stream="x", table="nameless", hub_id_field=None, modified_field=None, fields=()
    )
    with pytest.raises(RemoteMissing, match="primary key"):
        side.connector().read_page(address, None, P)
