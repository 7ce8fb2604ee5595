"""Which records did a complete read show? Eight bytes each, whatever their ids are like."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

_SHELVES = 4096


class Seen:
    """The ids that were shown, by their 64-bit hashes.

    Two ids that share a hash (one chance in a hundred million for a read of 200,000) could only
    keep a deleted record alive until another process reads the table: hashes differ between them.
    """

    def __init__(self) -> None:
        self._shelves = [array("q") for _ in range(_SHELVES)]

    def add(self, external_ids: Iterable[str]) -> None:
        """These were shown."""
        for external_id in external_ids:
            number = hash(external_id)
            shelf = self._shelves[number % _SHELVES]
            if number not in shelf:
                shelf.append(number)

    def unseen(self, external_ids: Iterable[str]) -> Iterator[str]:
        """Those that were not shown."""
        for external_id in external_ids:
            number = hash(external_id)
            if number not in self._shelves[number % _SHELVES]:
                yield external_id
