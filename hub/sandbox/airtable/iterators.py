"""How does a list of records go on where the page before it ended?"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.clock import Clock

_OFFSET = re.compile(r"(itr[A-Za-z0-9]{14})/(rec[A-Za-z0-9]{14})\Z")
IDLE_LIMIT = timedelta(minutes=5)
MOST_ITERATORS = 500


@dataclass(slots=True)
class Iterator:
    """The record ids of one list request, in order, and how many were handed out."""

    table_id: str
    record_ids: list[str]
    position: int
    last_used: datetime


class Iterators:
    """Kept in memory only: a restart or a long pause forgets them, as the service does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._iterators: OrderedDict[str, Iterator] = OrderedDict()

    def start(self, table_id: str, record_ids: list[str], position: int) -> str:
        key = new_id("itr")
        self._iterators[key] = Iterator(table_id, record_ids, position, self._clock.now())
        while len(self._iterators) > MOST_ITERATORS:
            self._iterators.popitem(last=False)
        return f"{key}/{record_ids[position]}"

    def resume(self, offset: str, table_id: str) -> tuple[str, Iterator]:
        """The iterator behind an offset, placed at the record that the offset names."""
        found = _OFFSET.match(offset)
        if found is None:
            raise errors.unprocessable(
                "INVALID_OFFSET_VALUE", f"The value of offset {offset} is invalid"
            )
        key, record_id = found.groups()
        iterator = self._iterators.get(key)
        now = self._clock.now()
        if (
            iterator is None
            or iterator.table_id != table_id
            or now - iterator.last_used > IDLE_LIMIT
        ):
            self._iterators.pop(key, None)
            raise errors.unprocessable("LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        if iterator.record_ids[iterator.position] != record_id:
            try:
                iterator.position = iterator.record_ids.index(record_id)
            except ValueError:
                raise errors.unprocessable(
                    "INVALID_OFFSET_VALUE", f"The value of offset {offset} is invalid"
                ) from None
        iterator.last_used = now
        self._iterators.move_to_end(key)
        return key, iterator

    def expire_all(self) -> None:
        self._iterators.clear()
