"""What changed, in which order, and what has a tick seen of it?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hub.store.operations import Operation
from hub.store.ticks import Tick, TickId

if TYPE_CHECKING:
    from simulation.memory_store.session import MemorySession

ERA = 1
ERA_BASE = ERA << 48
_ID = attrgetter("id")


@dataclass(kw_only=True, slots=True, eq=False)
class CapturedChange:
    """One change of one row, and the row before and after it."""

    id: int
    tx: int
    table: str
    row_id: UUID
    operation: Operation
    columns: tuple[str, ...]
    client_id: UUID | None
    actor: str
    origin: str
    run_id: UUID | None
    edited_at: datetime | None
    at: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(kw_only=True, slots=True)
class ChangeLog:
    """Every change in the order of its id; ids of transactions that gave up stay away."""

    entries: list[CapturedChange] = field(default_factory=list)
    by_row: dict[tuple[str, UUID], list[CapturedChange]] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    """Transactions that have changed something and not ended: their first change."""
    next_id: int = 1
    next_tx: int = ERA_BASE + 1

    def append(self, session: MemorySession, **what: Any) -> None:
        """Log a change of the session's transaction."""
        if session.tx is None:
            session.tx = self.next_tx
            self.next_tx += 1
            self.open[session.tx] = self.next_id
        change = CapturedChange(id=self.next_id, tx=session.tx, **what)
        self.next_id += 1
        self.entries.append(change)
        self.by_row.setdefault((change.table, change.row_id), []).append(change)
        session.changes.append(change)

    def forget(self, changes: Sequence[CapturedChange]) -> None:
        """Take changes back."""
        for change in reversed(changes):
            del self.entries[bisect_left(self.entries, change.id, key=_ID)]
            standing = self.by_row[change.table, change.row_id]
            standing.remove(change)
            if not standing:
                del self.by_row[change.table, change.row_id]

    def after(self, change_id: int) -> Iterator[CapturedChange]:
        """Every change from this id on."""
        for place in range(bisect_left(self.entries, change_id, key=_ID), len(self.entries)):
            yield self.entries[place]

    def of_row(self, session: MemorySession, table: str, row_id: UUID) -> list[CapturedChange]:
        """A row's changes that the session sees, the oldest first."""
        return [c for c in self.by_row.get((table, row_id), ()) if session.sees(c.tx)]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryTick:
    """A tick and its snapshot; nothing below `first_unseen` is news to whoever read up to it."""

    tick: Tick
    unsettled: frozenset[int]
    first_unseen: int

    def sees(self, tx: int) -> bool:
        """Whether the tick has seen the transaction."""
        return tx < self.tick.unseen_from and tx not in self.unsettled


@dataclass(kw_only=True, slots=True)
class Ticks:
    """The ticks that were taken, in order."""

    taken: list[MemoryTick] = field(default_factory=list)

    @property
    def newest(self) -> int:
        """The newest tick's id; 0 before the first."""
        return self.taken[-1].tick.id if self.taken else 0

    def take(self, log: ChangeLog, now: datetime) -> TickId:
        """Store the present snapshot."""
        number = TickId(ERA_BASE + len(self.taken) + 1)
        unsettled = sorted(log.open)
        low = unsettled[0] if unsettled else log.next_tx
        bounds = (low - ERA_BASE, log.next_tx - ERA_BASE)
        inside = ",".join(str(tx - ERA_BASE) for tx in unsettled)
        tick = Tick(
            id=number,
            era=ERA,
            at=now,
            snapshot=f"{bounds[0]}:{bounds[1]}:{inside}",
            seen_below=low,
            unseen_from=log.next_tx,
        )
        self.taken.append(
            MemoryTick(
                tick=tick,
                unsettled=frozenset(unsettled),
                first_unseen=min(log.open.values(), default=log.next_id),
            )
        )
        return number

    def find(self, tick_id: int) -> MemoryTick | None:
        """The tick with this id."""
        place = tick_id - ERA_BASE - 1
        return self.taken[place] if 0 <= place < len(self.taken) else None


def versions(changes: Iterable[CapturedChange]) -> list[list[CapturedChange]]:
    """One row's changes, those of each transaction together: what lies within was never seen."""
    grouped: list[list[CapturedChange]] = []
    for change in changes:
        if grouped and grouped[-1][0].tx == change.tx:
            grouped[-1].append(change)
        else:
            grouped.append([change])
    return grouped
