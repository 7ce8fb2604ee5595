"""How do the open grids hear of every change, in order, and what of those they missed?"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

from hub.sandbox.airtable.json_values import Fields, dump
from hub.sandbox.airtable.model import Base, Record, Table
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed

KEPT_TRANSACTIONS = 2_000
SECONDS_BETWEEN_COMMENTS = 15.0


def row_of(reader: Reader, table: Table, record: Record) -> Fields:
    """A row as the grid shows it: whole, by field id, with its last editor."""
    row = reader.record(table, record, by_field_id=True)
    touch = record.last_touch(None)
    if touch is not None:
        user = reader.user(touch[1] or "")
        row["lastEditedAt"] = touch[0]
        if user is not None:
            row["lastEditedBy"] = user.name
    return row


class _Listener:
    def __init__(self, base_id: str, name: str | None) -> None:
        self.base_id = base_id
        self.name = name
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()


class Feed:
    """The event streams of all open grids. Messages are stored with the change they tell."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._listeners: set[_Listener] = set()
        self._pending: list[bytes] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    # What happens

    def record(self, committed: Committed, reader: Reader, connection: sqlite3.Connection) -> None:
        self._pending = [
            _message(dump(body), committed.transaction) for body in self._bodies(committed, reader)
        ]
        connection.executemany(
            "INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?)",
            [
                (committed.base.id, committed.transaction, part, text.decode())
                for part, text in enumerate(self._pending)
            ],
        )
        if committed.transaction % 200 == 0:
            connection.execute(
                "DELETE FROM event WHERE base = ? AND transaction_number <= ?",
                (committed.base.id, committed.transaction - KEPT_TRANSACTIONS),
            )

    def settle(self, committed: Committed) -> None:
        for message in self._pending:
            self._tell(committed.base.id, message)
        self._pending = []

    def _bodies(self, committed: Committed, reader: Reader) -> list[Fields]:
        user = committed.actor.user
        reshaped = {change.table_id for change in committed.schema} | set(committed.new_choices_in)
        bodies = []
        for table_id in dict.fromkeys([*committed.touched_tables(), *sorted(reshaped)]):
            body: Fields = {
                "transaction": committed.transaction,
                "table": table_id,
                "upserted": self._upserted(committed, reader, table_id),
                "deleted": [key[1] for key in committed.destroyed if key[0] == table_id],
                "user": None if user is None else user.name,
                "source": committed.actor.source,
                "at": committed.at,
            }
            if table_id in reshaped:
                body["schema_changed"] = True
            bodies.append(body)
        return bodies

    def _upserted(self, committed: Committed, reader: Reader, table_id: str) -> list[Fields]:
        table = committed.base.tables.get(table_id)
        keys = dict.fromkeys([*committed.created, *committed.changed, *committed.recomputed])
        if table is None:
            return []
        return [
            row_of(reader, table, table.records[record_id])
            for owner, record_id in keys
            if owner == table_id and record_id in table.records
        ]

    def reset(self, base_id: str) -> None:
        """The base is another one now: every page reads it again."""
        self._tell(base_id, _message(dump({"reset": True}), None))

    def close(self) -> None:
        for listener in self._listeners:
            listener.queue.put_nowait(None)

    # Who listens

    async def stream(self, base: Base, after: int | None, name: str | None) -> AsyncIterator[bytes]:
        self._loop = asyncio.get_running_loop()
        listener = _Listener(base.id, name)
        for missed in self._missed(base, after):
            listener.queue.put_nowait(missed)
        self._listeners.add(listener)
        self._tell_people(base.id)
        try:
            yield b": welcome\n\n"
            while True:
                try:
                    async with asyncio.timeout(SECONDS_BETWEEN_COMMENTS):
                        message = await listener.queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if message is None:
                    return
                yield message
        finally:
            self._listeners.discard(listener)
            self._tell_people(base.id)

    def _missed(self, base: Base, after: int | None) -> list[bytes]:
        if after is None or after == base.transaction:
            return []
        rows = self.state.file.rows(
            "SELECT transaction_number, body FROM event WHERE base = ? AND transaction_number > ? "
            "ORDER BY transaction_number, part",
            base.id,
            after,
        )
        oldest = self.state.file.rows(
            "SELECT min(transaction_number) FROM event WHERE base = ?", base.id
        )[0][0]
        if after > base.transaction or oldest is None or after < oldest - 1:
            return [_message(dump({"reset": True}), base.transaction)]
        return [text.encode() for _, text in rows]

    def _tell(self, base_id: str, message: bytes) -> None:
        if self._loop is None:
            return
        for listener in list(self._listeners):
            if listener.base_id == base_id:
                self._loop.call_soon_threadsafe(listener.queue.put_nowait, message)

    def _tell_people(self, base_id: str) -> None:
        names = {each.name for each in self._listeners if each.base_id == base_id and each.name}
        if names:
            self._tell(base_id, _message(dump({"people": sorted(names)}), None))


def _message(body: bytes, transaction: int | None) -> bytes:
    head = b"" if transaction is None else b"id: %d\n" % transaction
    return head + b"data: " + body + b"\n\n"
