"""Which requests came in, and what was answered?"""

from __future__ import annotations

from collections import deque

from hub.sandbox.airtable.json_values import Fields

MOST_ENTRIES = 100_000


class Journal:
    """Every request to the API, in order, in memory; numbered from 1."""

    def __init__(self) -> None:
        self._entries: deque[Fields] = deque(maxlen=MOST_ENTRIES)
        self._number = 0
        self._writes = 0

    def add(self, entry: Fields) -> None:
        self._number += 1
        self._writes += bool(entry["write"])
        self._entries.append({"number": self._number, **entry})

    def after(self, number: int) -> Fields:
        return {
            "requests": [entry for entry in self._entries if entry["number"] > number],
            "last": self._number,
            "writes": self._writes,
        }

    def clear(self) -> None:
        """Forget everything, the numbers too."""
        self._entries.clear()
        self._number = self._writes = 0
