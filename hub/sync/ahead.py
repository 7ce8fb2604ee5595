"""How is the next page fetched while the last one is stored?"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
LOOK = 0.2


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _End:
    pass


class _Feed(Generic[Item]):
    """One item in hand, one made or in the making: memory stays at two."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items
        self._ready: queue.Queue[Item | _Failed | _End] = queue.Queue()
        self._may_make = threading.Semaphore(1)
        self._is_wanted = True
        # What the log knows of the run goes along.
        context = contextvars.copy_context()
        self.thread = threading.Thread(
            target=context.run, args=(self._make,), name="hub ahead", daemon=True
        )

    def _make(self) -> None:
        items = iter(self._items)
        try:
            while self._may_go_on():
                try:
                    self._ready.put(next(items))
                except StopIteration:
                    self._ready.put(_End())
                    return
        except BaseException as exc:
            self._ready.put(_Failed(exc))
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    def _may_go_on(self) -> bool:
        """Wait until the item before was taken; False where nobody takes any more."""
        while self._is_wanted:
            if self._may_make.acquire(timeout=LOOK):
                return self._is_wanted
        return False

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self._ready.get()
            if isinstance(item, _End):
                return
            if isinstance(item, _Failed):
                raise item.error
            self._may_make.release()
            yield item
            del item

    def stop(self) -> None:
        """Nobody takes any more; the item in the making is dropped."""
        self._is_wanted = False
        self.thread.join()


@contextmanager
def ahead(items: Iterable[Item]) -> Iterator[Iterable[Item]]:
    """`items`, each made by another thread while the one before is worked on.

    An error of theirs is raised where its item would have come.
    """
    feed = _Feed(items)
    feed.thread.start()
    try:
        yield feed
    finally:
        feed.stop()
