"""Do databases keep the contract of a source: SQLite, Postgres, MariaDB?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from mariadb_server import MISSING, MariaDbServer, binary
from source_contract import CANARY, CHECKS, Broken, Case, Record, records_of
from sync_world import NoLimit

from connectors.sql import Settings, StreamSettings, build_source
from hub.contract import Limiter, Priority, Source, SourceStream
from hub.errors import ConfigError, MappingError, PermissionLost, RemoteMissing, RemoteUnavailable

ROWS = 40
BEGIN = datetime(2026, 1, 1, 8)  # noqa: DTZ001  the old tables know no zone


LIMITER: Limiter = NoLimit()
Row = tuple[int, str, str | None, str]
Execute = Callable[[str, Sequence[Any]], None]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small example has many pages."""
    monkeypatch.setattr("connectors.sql.source.PAGE_ROWS", 7)


def row(number: int) -> Row:
    """Three rows share each second, so that a page ends among equal cursor values."""
    at = BEGIN + timedelta(seconds=number // 3)
    return number, f"r{number}@example.org", None if number % 5 else "MX.Example.org", str(at)


def record(number: int) -> Record:
    identifier, address, host, at = row(number)
    return {"id": str(identifier), "rcpt": address, "topmx": host, "at": at}


def fill(execute: Execute, numbers: Sequence[int], mark: str) -> None:
    for number in numbers:
        execute(f"insert into bounced values ({mark}, {mark}, {mark}, {mark})", row(number))  # noqa: S608  # the driver's own mark


def case(
    name: str,
    url: str,
    execute: Execute,
    mark: str,
    broken: Sequence[tuple[str, str, type[Exception]]],
    *,
    by: str = "cursor",
) -> Case:
    """A table of the old names, read by its time or completely by its key."""
    execute("create table bounced (id int primary key, rcpt varchar(80), topmx varchar(80),"
            " at TIMESTAMP null)", ())  # fmt: skip
    fill(execute, range(ROWS), mark)

    def grow() -> list[Record]:
        # One that is later, and one that committed late and shares the last second.
        fill(execute, [ROWS + 9, 900], mark)
        execute(f"update bounced set at = {mark} where id = 900", (row(ROWS - 1)[3],))  # noqa: S608  # the driver's own mark
        return [record(ROWS + 9), {**record(900), "at": row(ROWS - 1)[3]}]

    settings = StreamSettings(table="bounced", cursor="at" if by == "cursor" else None)
    stream = SourceStream(name="bounces", settings=settings, key=("id",))
    gone = SourceStream(name="bounces", settings=StreamSettings(table="nothing_here"), key=("id",))
    return Case(
        name=f"{name} by {by}",
        kind="sql",
        source=_source(url),
        stream=stream,
        records=[record(number) for number in range(ROWS)],
        discovered="bounced",
        grow=grow if by == "cursor" else None,
        future={"cursor": "2999-01-01T00:00:00", "kind": "datetime", "seen": ""}
        if by == "cursor" and name != "SQLite"
        else None,
        broken=(
            Broken(name="no table", source=_source(url), stream=gone, raises=RemoteMissing),
            *(
                Broken(name=what, source=_source(other), stream=stream, raises=raises)  # type: ignore[arg-type]  # all are of the hub
                for what, other, raises in broken
            ),
        ),
    )


def _source(url: str) -> Callable[[], Source]:
    settings = Settings.model_validate({"url": url, "request_timeout_seconds": 10})
    return lambda: build_source("legacy", settings, LIMITER)


class Sqlite:
    """A file, as the old programs left it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bounces.db"
        self.url = f"sqlite:///{self.path}"
        self._connection = sqlite3.connect(self.path, isolation_level=None)

    def execute(self, statement: str, values: Sequence[Any]) -> None:
        self._connection.execute(statement, values)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    file = Sqlite(tmp_path)
    yield file
    file.close()


@pytest.fixture(scope="module")
def legacy_url(postgres_server_url: str) -> Iterator[str]:
    """A database beside the hub's own, as the old programs left it."""
    connection = psycopg2.connect(postgres_server_url.rsplit("/", 1)[0] + "/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("drop database if exists legacy with (force)")
        cursor.execute("create database legacy")
        yield postgres_server_url.rsplit("/", 1)[0] + "/legacy"
        cursor.execute("drop database legacy with (force)")
    connection.close()


@pytest.fixture
def postgres(legacy_url: str) -> Iterator[psycopg2.extensions.connection]:
    connection = psycopg2.connect(legacy_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bounced")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDbServer]:
    if binary() is None:
        pytest.skip(MISSING)
    server = MariaDbServer(tmp_path_factory.mktemp("mariadb"))
    yield server.start()
    server.stop()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("by", ["cursor", "key"])
def test_sqlite_keeps_the_contract(by: str, check: Callable[[Case], None], sqlite: Sqlite) -> None:
    broken = [("no file", f"sqlite:///{sqlite.path}.gone", RemoteMissing)]
    check(case("SQLite", sqlite.url, sqlite.execute, "?", broken, by=by))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("by", ["cursor", "key"])
def test_postgres_keeps_the_contract(
    by: str,
    check: Callable[[Case], None],
    postgres: psycopg2.extensions.connection,
    legacy_url: str,
) -> None:
    cursor = postgres.cursor()
    host = legacy_url.rsplit("@", 1)[1]
    broken = [
        ("a wrong password", f"postgresql://hub:{CANARY}@{host}", PermissionLost),
        ("no server", f"postgresql://hub:{CANARY}@127.0.0.1:9/hub", RemoteUnavailable),
    ]
    check(case("Postgres", legacy_url, cursor.execute, "%s", broken, by=by))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("by", ["cursor", "key"])
def test_mariadb_keeps_the_contract(
    by: str, check: Callable[[Case], None], mariadb: MariaDbServer
) -> None:
    connection = mariadb.admin()
    with connection.cursor() as cursor:
        for statement in (
            "set time_zone = '+00:00'",
            "drop database if exists legacy",
            "create database legacy",
            "use legacy",
            "create or replace user reader@'%' identified by 'legacy-reads'",
            "grant select on legacy.* to reader@'%'",
        ):
            cursor.execute(statement)
        url = mariadb.url("reader", "legacy-reads", "legacy")
        broken = [
            ("a wrong password", mariadb.url("reader", CANARY, "legacy"), PermissionLost),
            ("no server", f"mysql://reader:{CANARY}@127.0.0.1:9/legacy", RemoteUnavailable),
        ]
        check(case("MariaDB", url, cursor.execute, "%s", broken, by=by))
    connection.close()


def _read(url: str, settings: StreamSettings, **stream: Any) -> list[Record]:
    made = SourceStream(name="bounces", settings=settings, **stream)
    return records_of(list(_source(url)().read(made, None, Priority.ROUTINE)))


def test_only_the_needed_columns_are_read(sqlite: Sqlite) -> None:
    case("SQLite", sqlite.url, sqlite.execute, "?", ())
    settings = StreamSettings(table="bounced", cursor="at")
    found = _read(sqlite.url, settings, fields=("rcpt",), key=("id",))
    assert {"rcpt", "id", "at"} == set(found[0])


def test_a_query_may_hold_colons_and_percents(sqlite: Sqlite) -> None:
    case("SQLite", sqlite.url, sqlite.execute, "?", ())
    query = "select rcpt, '12:30' as noon from bounced where rcpt like 'r1@%'"
    assert [{"rcpt": "r1@example.org", "noon": "12:30"}] == _read(
        sqlite.url, StreamSettings(query=query)
    )


def test_a_row_that_commits_late_is_found_within_the_lag(sqlite: Sqlite) -> None:
    example = case("SQLite", sqlite.url, sqlite.execute, "?", ())
    settings = StreamSettings.model_validate({"table": "bounced", "cursor": "at", "lag": "5s"})
    stream = SourceStream(name="bounces", settings=settings, key=("id",))
    source = example.source()
    end = list(source.read(stream, None, Priority.ROUTINE))[-1].state

    sqlite.execute("insert into bounced values (?, ?, ?, ?)", (500, *row(ROWS - 9)[1:]))

    news = records_of(list(source.read(stream, end, Priority.ROUTINE)))
    assert ["500"] == [found["id"] for found in news]


def test_the_source_can_change_nothing(
    sqlite: Sqlite, postgres: psycopg2.extensions.connection, legacy_url: str
) -> None:
    """Not even by a query that writes, whoever wrote it into hub.toml."""
    case("SQLite", sqlite.url, sqlite.execute, "?", ())
    case("Postgres", legacy_url, postgres.cursor().execute, "%s", ())
    writes = "with gone as (delete from bounced returning id) select id from gone"
    with pytest.raises((PermissionLost, RemoteUnavailable, ConfigError)):
        _read(legacy_url, StreamSettings(query=writes))
    assert ROWS == len(_read(legacy_url, StreamSettings(table="bounced")))


def test_an_empty_cursor_is_told(sqlite: Sqlite) -> None:
    example = case("SQLite", sqlite.url, sqlite.execute, "?", ())
    sqlite.execute("update bounced set at = null where id = 3", ())
    with pytest.raises(MappingError, match="at is empty in a row"):
        list(example.source().read(example.stream, None, Priority.ROUTINE))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "nothing"}, "an address is needed"),
        ({"url": "oracle://x@y/z"}, "no driver for oracle"),
    ],
)
def test_an_address_that_cannot_work_is_told(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "either a table or a query"),
        ({"table": "a", "query": "select 1"}, "either a table or a query"),
        ({"query": "delete from a"}, "one SELECT"),
        ({"query": "select 1; select 2"}, "one SELECT"),
        ({"table": "a", "lag": "a while"}, "a duration such as"),
    ],
)
def test_a_stream_that_cannot_work_is_told(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        StreamSettings.model_validate(settings)


def test_a_lag_is_written_as_every_other_duration() -> None:
    settings = StreamSettings.model_validate({"table": "a", "lag": "1h30m"})
    assert timedelta(minutes=90) == settings.lag
