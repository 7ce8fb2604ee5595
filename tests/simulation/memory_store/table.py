"""How does a table in memory keep its rows, find them by index, and hold what is unique?

A row is a dictionary that is replaced and never changed. A writer changes the table in place;
what a row was before is kept beside it until the writer's transaction ends, for everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from simulation.memory_store.session import MemorySession

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = Any


class Index:
    """Rows by a value; a row whose value is None is not in it."""

    __slots__ = ("entries", "is_unique", "name", "value")

    def __init__(
        self, name: str, value: Callable[[Row], Hashable | None], *, is_unique: bool = False
    ) -> None:
        self.name = name
        self.value = value
        self.is_unique = is_unique
        self.entries: dict[Hashable, dict[Key, None]] = {}


class Table:
    """Rows by key, and `before`: who holds a row, and what all others see of it meanwhile."""

    __slots__ = ("before", "indexes", "name", "rows")

    def __init__(self, name: str, *indexes: Index) -> None:
        self.name = name
        self.indexes = indexes
        self.rows: dict[Key, Row] = {}
        self.before: dict[Key, tuple[MemorySession, Row | None]] = {}

    def place(self, key: Key, row: Row | None) -> None:
        """Put a row where the old one was, in the indexes, too; None removes it."""
        old = self.rows.get(key)
        for index in self.indexes:
            was = None if old is None else index.value(old)
            comes = None if row is None else index.value(row)
            if was == comes:
                continue
            if was is not None:
                standing = index.entries[was]
                del standing[key]
                if not standing:
                    del index.entries[was]
            if comes is not None:
                index.entries.setdefault(comes, {})[key] = None
        if row is not None:
            self.rows[key] = row
        elif old is not None:
            del self.rows[key]
