"""What does a transaction in memory see, what does it hold, and how is it taken back?

Writers see what is committed and their own work (READ COMMITTED, by statement); readers see one
snapshot. A row that another open transaction wrote or locked is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from simulation.memory_store.refusals import is_aborted, not_unique, read_only, touched_twice
from simulation.memory_store.table import Index, Key, Row, Table
from sqlalchemy.exc import DBAPIError

from hub.store.database import Provenance

if TYPE_CHECKING:
    from simulation.memory_store.change_log import CapturedChange
    from simulation.memory_store.database import MemoryDatabase

NOBODY = Provenance(actor="", origin="")


class MemorySession:
    """One transaction."""

    def __init__(self, database: MemoryDatabase, *, is_reading: bool = False) -> None:
        self.database = database
        self.store = database.store
        self.provenance = NOBODY
        self.is_open = True
        self.tx: int | None = None
        self.changes: list[CapturedChange] = []
        self.waits_for: MemorySession | None = None
        self._is_aborted = False
        self._journal: list[tuple[Table, Key, Row | None]] = []
        self._held: list[tuple[Table, Key]] = []
        self._images: dict[Table, dict[Key, Row | None]] | None = None
        self.newest_tick: int | None = None
        self._settled_below = 0
        self._unsettled: frozenset[int] = frozenset()
        if is_reading:
            self._images = {}
            self._remember_the_present()

    def _remember_the_present(self) -> None:
        """A reader's snapshot: what open writers did is not in it."""
        assert self._images is not None
        store = self.store
        for writer in store.writers:
            for table, key in writer._held:
                self._images.setdefault(table, {})[key] = table.before[key][1]
        self.newest_tick = store.ticks.newest
        self._settled_below = store.changes.next_tx
        self._unsettled = frozenset(store.changes.open)
        store.readers[self] = None

    # Looking

    def now(self) -> datetime:
        """The time, never the same twice."""
        return self.store.now()

    def sees(self, tx: int) -> bool:
        """Whether what the transaction did is visible here."""
        if self._images is not None:
            return tx < self._settled_below and tx not in self._unsettled
        return tx == self.tx or tx not in self.store.changes.open

    def _hidden(self, table: Table) -> dict[Key, Row | None]:
        """Rows that are not here as they stand in the table, as they are here."""
        if self._images is not None:
            return self._images.get(table, {})
        writers = self.store.writers
        if not writers or (len(writers) == 1 and self in writers):
            return {}
        return {key: was for key, (holder, was) in table.before.items() if holder is not self}

    def get(self, table: Table, key: Key) -> Row | None:
        """The row with this key."""
        hidden = self._hidden(table)
        if hidden and key in hidden:
            return hidden[key]
        return table.rows.get(key)

    def find(self, table: Table, index: Index, value: object) -> list[Row]:
        """The rows that have the value."""
        hidden = self._hidden(table)
        keys = index.entries.get(value, ())
        rows = table.rows
        if not hidden:
            return [rows[key] for key in keys]
        found = [rows[key] for key in keys if key not in hidden]
        found += [was for was in hidden.values() if was is not None and index.value(was) == value]
        return found

    def one(self, table: Table, index: Index, value: object) -> Row | None:
        """The row that has a unique value."""
        found = self.find(table, index, value)
        return found[0] if found else None

    def count(self, table: Table, index: Index, value: object) -> int:
        """How many rows have the value."""
        if self._hidden(table):
            return len(self.find(table, index, value))
        return len(index.entries.get(value, ()))

    def scan(self, table: Table) -> list[Row]:
        """Every row."""
        hidden = self._hidden(table)
        if not hidden:
            return list(table.rows.values())
        found = [row for key, row in table.rows.items() if key not in hidden]
        return found + [was for was in hidden.values() if was is not None]

    # Writing

    def lock(self, table: Table, key: Key) -> Row | None:
        """Hold a row until the transaction ends; the row as it is once it is held."""
        held = table.before.get(key)
        if held is None or held[0] is not self:
            self._hold(table, key)
        return table.rows.get(key)

    def _hold(self, table: Table, key: Key) -> None:
        if self._images is not None:
            raise read_only()
        while (held := table.before.get(key)) is not None:
            self._wait(held[0])
        was = table.rows.get(key)
        table.before[key] = (self, was)
        self._held.append((table, key))
        self.store.writers[self] = None
        for reader in self.store.readers:
            assert reader._images is not None
            reader._images.setdefault(table, {}).setdefault(key, was)

    def _wait(self, holder: MemorySession) -> None:
        self.waits_for = holder
        try:
            self.store.look_for_deadlock(self)
            self.database.wait()
        finally:
            self.waits_for = None

    def put(self, table: Table, key: Key, row: Row) -> None:
        """Insert a row, or replace the one with its key."""
        self._write(table, key, row)

    def insert(self, table: Table, key: Key, row: Row) -> None:
        """Insert a row.

        Raises:
            IntegrityError: there is one with its key.
        """
        if self.lock(table, key) is not None:
            self._is_aborted = True
            raise not_unique(f"{table.name}_pkey")
        self._write(table, key, row)

    def drop(self, table: Table, key: Key) -> None:
        """Remove a row, if it is there."""
        if self.lock(table, key) is not None:
            self._write(table, key, None)

    def _write(self, table: Table, key: Key, row: Row | None) -> None:
        if self._is_aborted:
            raise is_aborted()
        old = self.lock(table, key)
        if row is not None:
            for index in table.indexes:
                if index.is_unique:
                    self._keep_unique(table, index, key, row)
        self._journal.append((table, key, old))
        table.place(key, row)

    def _keep_unique(self, table: Table, index: Index, key: Key, row: Row) -> None:
        value = index.value(row)
        if value is None:
            return
        while True:
            rival = self._rival(table, index, key, value)
            if rival is None:
                return
            holder, _ = table.before.get(rival, (self, None))
            if holder is self:
                self._is_aborted = True
                raise not_unique(index.name)
            self._wait(holder)

    def _rival(self, table: Table, index: Index, key: Key, value: object) -> Key | None:
        """Another row that has the value, or will have it again if its writer gives up."""
        for standing in index.entries.get(value, ()):
            if standing != key:
                return standing
        if len(self.store.writers) > 1:
            for other, (holder, was) in table.before.items():
                is_foreign = holder is not self and other != key and was is not None
                if is_foreign and index.value(was) == value:  # type: ignore[arg-type]  # not None
                    return other
        return None

    def refuse(self, error: DBAPIError) -> DBAPIError:
        """The statement fails, and with it everything up to the last savepoint."""
        self._is_aborted = True
        return error

    def refuse_twice(self, keys: Iterable[object]) -> None:
        """Refuse a statement that would insert or update one row two times."""
        seen: set[object] = set()
        for key in keys:
            if key in seen:
                raise self.refuse(touched_twice())
            seen.add(key)

    # Ending

    @contextmanager
    def begin_nested(self) -> Iterator[None]:
        """A savepoint: what was written since is taken back on any error."""
        mark, changed = len(self._journal), len(self.changes)
        try:
            yield
        except BaseException:
            self._take_back(mark, changed)
            self._is_aborted = False
            raise
        if self._is_aborted:
            raise is_aborted()

    def _take_back(self, mark: int, changed: int) -> None:
        for table, key, old in reversed(self._journal[mark:]):
            table.place(key, old)
        del self._journal[mark:]
        self.store.changes.forget(self.changes[changed:])
        del self.changes[changed:]

    def commit(self) -> None:
        """Let all others see it; a transaction in which a statement failed is taken back."""
        if self._is_aborted:
            self._take_back(0, 0)
        self._close()

    def rollback(self) -> None:
        """Take everything back."""
        if self.is_open:
            self._take_back(0, 0)
            self._close()

    def _close(self) -> None:
        for table, key in self._held:
            del table.before[key]
        self._held.clear()
        self.store.writers.pop(self, None)
        self.store.readers.pop(self, None)
        if self.tx is not None:
            del self.store.changes.open[self.tx]
        self.is_open = False
        self.database.sessions.pop(self, None)
