"""How does the stand-in remember everything when its process ends?"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.sandbox.airtable.json_values import Fields, Json, dump, parse
from hub.sandbox.airtable.model import Record

SCHEMA = """
CREATE TABLE IF NOT EXISTS base (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL, transaction_number INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY, base TEXT NOT NULL, id TEXT NOT NULL, table_id TEXT NOT NULL,
    body TEXT NOT NULL, UNIQUE (base, id)
);
CREATE TABLE IF NOT EXISTS trash (
    base TEXT NOT NULL, id TEXT NOT NULL, table_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (base, id)
);
CREATE TABLE IF NOT EXISTS trashed_base (id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS person (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token (text TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hook (id TEXT PRIMARY KEY, base TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payload (
    hook TEXT NOT NULL, number INTEGER NOT NULL, created TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (hook, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    base TEXT NOT NULL, transaction_number INTEGER NOT NULL, part INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (base, transaction_number, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edit (
    number INTEGER PRIMARY KEY, base TEXT NOT NULL, transaction_number INTEGER NOT NULL,
    at TEXT NOT NULL, person TEXT, source TEXT NOT NULL, kind TEXT NOT NULL,
    table_id TEXT NOT NULL, record TEXT NOT NULL, field TEXT, before TEXT, after TEXT
);
CREATE TABLE IF NOT EXISTS attachment (
    id TEXT PRIMARY KEY, content_type TEXT NOT NULL, bytes BLOB NOT NULL
);
"""


def record_body(record: Record) -> str:
    body: Fields = {"created": record.created, "by": record.created_by, "values": record.values}
    if record.touched:
        body["touched"] = record.touched
    if record.comments:
        body["comments"] = record.comments
    return dump(body).decode()


def record_from_body(record_id: str, text: str, names: dict[str, str]) -> Record:
    """`names` keeps one copy of each field id, however many records there are."""
    body = parse(text)
    return Record(
        id=record_id,
        created=body["created"],
        created_by=body["by"],
        values={names.setdefault(key, key): value for key, value in body["values"].items()},
        touched={
            names.setdefault(key, key): (touch[0], touch[1])
            for key, touch in body.get("touched", {}).items()
        },
        comments=body.get("comments", []),
    )


class StateFile:
    """One SQLite database, in a file or in memory; one writer at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            str(path) if path is not None else ":memory:",
            check_same_thread=False,
            isolation_level=None,
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a nested use joins the outer one."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, statement: str, *values: Json) -> list[tuple[Json, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()
