"""What was read, what did the rules change, and which flaws were kept?

A pure value: whoever loads the company prints it and keeps it as JSON. Nothing that differs
between a sheet and the hub is missing from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetRead:
    """One sheet, what it was taken for, and how many rows came of it."""

    file: str
    taken_for: str
    rows: int
    remark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """A rule that changed cells of one column."""

    rule: str
    sheet: str
    column: str
    found: str
    became: str
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A flaw that no rule meets: the rows stay as they are, visibly."""

    flaw: str
    sheet: str
    column: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """Cells that no sheet holds, but that follow from what the sheets hold."""

    column: str
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """What no sheet holds: made by the seeded generator. A table, or one column of it."""

    what: str
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that a person may want to know about where the rows came from."""

    read: tuple[SheetRead, ...]
    applied: tuple[Applied, ...]
    kept: tuple[Kept, ...]
    derived: tuple[Derived, ...] = ()
    generated: tuple[Generated, ...] = ()

    @property
    def cells_changed(self) -> int:
        """How many cells the rules changed, all together."""
        return sum(rule.count for rule in self.applied)

    def to_json(self) -> str:
        """The report as indented JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def store(self, path: Path) -> None:
        """Write the report as JSON to `path`."""
        path.write_text(self.to_json(), encoding="utf-8")


class Applications:
    """Counts what rules change while sheets are read."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str, str, str, str], int] = {}

    def count(
        self, *, rule: str, sheet: str, column: str, found: str, became: str, reason: str
    ) -> None:
        """One more cell in which `found` became `became`."""
        key = (rule, sheet, column, found, became, reason)
        self._counts[key] = self._counts.get(key, 0) + 1

    def listed(self) -> tuple[Applied, ...]:
        """Every rule that changed something, in the order of the first change."""
        return tuple(
            Applied(
                rule=rule,
                sheet=sheet,
                column=column,
                found=found,
                became=became,
                reason=reason,
                count=count,
            )
            for (rule, sheet, column, found, became, reason), count in self._counts.items()
        )


def examples_of(values: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """The first few of `values`, each once."""
    return tuple(dict.fromkeys(values))[:limit]
