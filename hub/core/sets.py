"""What becomes of a set that both sides changed?

Links to several records and multi-selects are sets: order means nothing, doubles collapse. What
either side added is added to what both last agreed on, what either side removed is removed. As
nobody can remove what was not there, nor add what was, two edits of a set never contradict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.core.values import Value

Elements = frozenset[str]


def merge_sets(base: Elements, theirs: Elements, ours: Elements) -> Elements:
    """The base with the additions and without the removals of both sides."""
    return (base & theirs & ours) | (theirs - base) | (ours - base)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetForm:
    """How a hub column holds a set: `split` reads its elements, `join` writes them."""

    split: Callable[[Value], Elements]
    join: Callable[[Elements], Value]

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values hold the same elements."""
        return one == other or self.split(one) == self.split(other)


def _of_list(value: Value) -> Elements:
    if isinstance(value, list):
        return frozenset(value)
    return frozenset() if value is None else frozenset({str(value)})


def _as_list(elements: Elements) -> Value:
    return sorted(elements) or None


LISTED = SetForm(split=_of_list, join=_as_list)
"""A column that holds a list."""
