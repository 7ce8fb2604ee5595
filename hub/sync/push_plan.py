"""Which rows does a push look at, and may it do all that they ask for?

A plan of fifty thousand rows is a megabyte: seventeen bytes a row, paged through. The guard
counts the whole plan before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from uuid import UUID

from sqlmodel import Session

from hub.core.mapping import StreamMapping
from hub.core.records import FieldSchema
from hub.store import intents, rechecks
from hub.store.rechecks import RowToCompare
from hub.store.ticks import TickId
from hub.sync import guarding
from hub.sync.candidates import find_candidates
from hub.sync.connection import Work
from hub.sync.our_side import Reopened, reopen_cells

CHUNK = 100
"""Rows looked at together: as many records as one read answers."""
HELD_AFTER = 50
"""Chunks that are counted between two renewals of the lease."""
_ID = 16


class Want(IntEnum):
    """What a row asked for when the plan was made."""

    CHANGE = 0
    CREATE = 1
    DELETE = 2
    LOOK = 3
    """Nothing seems to differ, but somebody asked for it to be compared."""


class PushPlan:
    """The rows that a push looks at, in the order of their first change."""

    def __init__(self) -> None:
        self._ids = bytearray()
        self._wants = bytearray()
        self._next = 0
        self.unanswered: set[UUID] = set()
        """Rows of which something was sent before, and nobody knows what became of it."""
        self.rested: list[UUID] = []
        """Those of them that ask for nothing any more."""

    def __len__(self) -> int:
        return len(self._wants)

    def add(self, row_id: UUID, want: Want) -> None:
        """Look at this row, too."""
        self._ids += row_id.bytes
        self._wants.append(want)

    def next_page(self) -> dict[UUID, Want]:
        """The next rows to look at; empty after the last."""
        start, self._next = self._next, min(self._next + CHUNK, len(self))
        return {self._id(number): Want(self._wants[number]) for number in range(start, self._next)}

    def put_back(self, page: Mapping[UUID, Want]) -> None:
        """The page that was taken last is still to be looked at."""
        self._next -= len(page)

    @property
    def is_done(self) -> bool:
        """Whether every row has been looked at."""
        return self._next == len(self)

    @property
    def remaining(self) -> int:
        """How many rows are still to be looked at."""
        return len(self) - self._next

    def ids(self, want: Want | None = None) -> Collection[str]:
        """The rows that want this, as text, one after another."""
        return _Ids(self, want)

    def remaining_ids(self) -> Iterator[str]:
        """The rows that are still to be looked at."""
        return (str(self._id(number)) for number in range(self._next, len(self)))

    def _id(self, number: int) -> UUID:
        return UUID(bytes=bytes(self._ids[number * _ID : (number + 1) * _ID]))


class _Ids(Collection[str]):
    def __init__(self, plan: PushPlan, want: Want | None) -> None:
        self._plan = plan
        self._want = want

    def __len__(self) -> int:
        wants = self._plan._wants
        return len(wants) if self._want is None else wants.count(self._want)

    def __iter__(self) -> Iterator[str]:
        for number, want in enumerate(self._plan._wants):
            if self._want is None or want == self._want:
                yield str(self._plan._id(number))

    def __contains__(self, item: object) -> bool:
        return any(row_id == item for row_id in self)


@dataclass(kw_only=True, slots=True)
class LeftPush:
    """A long push that made way for somebody: what is left of it, the newest rows first.

    `until` is the tick up to which the change log was read for it.
    """

    until: TickId
    plans: list[PushPlan] = field(default_factory=list)


def plan_push(
    work: Work,
    mapping: StreamMapping,
    *,
    after: int | None,
    until: TickId,
    is_known: Callable[[str], bool] = lambda row_id: False,
) -> PushPlan | None:
    """What changed between two ticks, and what was asked for; None when the guard stopped it.

    Rows that ask for nothing, echoes above all, are not in it; nor are rows that were only asked
    for and that `is_known` knows from another plan. A row that changes from now on is in the next.
    """
    plan = PushPlan()
    fields: dict[str, FieldSchema] = {}
    disputed: list[RowToCompare] = []
    with work.connection.database.reading() as session:
        batch = rechecks.rows_to_compare(
            session, mapping.connection, mapping.stream, mapping.hub_table, after=after, until=until
        )
        batch = (each for each in batch if each.is_changed or not is_known(str(each.row_id)))
        for number, chunk in enumerate(_chunks(batch)):
            if number == 0:
                fields = work.fields_of(mapping)
                plan.unanswered = intents.unanswered_rows(
                    session, mapping.connection, mapping.stream
                )
            elif number % HELD_AFTER == 0:
                work.hold_lease()
            disputed += _sort_in(session, mapping, fields, chunk, plan)
    for chunk in _chunks(disputed):
        reopened = reopen_cells(
            work, mapping, fields, [each.row_id for each in chunk], sent_until=after
        )
        with work.connection.database.reading() as session:
            _sort_in(session, mapping, fields, chunk, plan, reopened=reopened)
    if not len(plan):
        return plan
    return None if _is_stopped(work, mapping, plan) else plan


def _chunks(batch: Iterable[RowToCompare]) -> Iterator[list[RowToCompare]]:
    rest = iter(batch)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _sort_in(
    session: Session,
    mapping: StreamMapping,
    fields: Mapping[str, FieldSchema],
    chunk: Sequence[RowToCompare],
    plan: PushPlan,
    *,
    reopened: Reopened | None = None,
) -> list[RowToCompare]:
    """Sort rows into the plan; answers those with a frozen cell that their change may settle."""
    wanted = find_candidates(
        session,
        mapping,
        fields,
        [each.row_id for each in chunk],
        forced=reopened.doubtful if reopened else set(),
    )
    creates, resting = set(wanted.creates), set(wanted.resting)
    disputed = set(wanted.disputed) if reopened is None else set()
    left: list[RowToCompare] = []
    for each in chunk:
        if each.row_id in disputed and each.is_changed:
            left.append(each)
        elif each.row_id in wanted.updates:
            plan.add(each.row_id, Want.CHANGE)
        elif each.row_id in creates:
            plan.add(each.row_id, Want.CREATE)
        elif each.row_id in wanted.deletes:
            plan.add(each.row_id, Want.DELETE)
        elif each.is_asked:
            plan.add(each.row_id, Want.LOOK)
        elif each.row_id in resting and each.row_id in plan.unanswered:
            plan.rested.append(each.row_id)
    return left


def _is_stopped(work: Work, mapping: StreamMapping, plan: PushPlan) -> bool:
    deletes, overwrites = plan.ids(Want.DELETE), plan.ids(Want.CHANGE)
    if not len(deletes) and not len(overwrites):
        return False
    with work.connection.database.unit_of_work(work.provenance()) as session:
        stopped = guarding.stops(session, mapping, guarding.DELETE_AT_SOURCE, deletes)
        return guarding.stops(session, mapping, guarding.OVERWRITE_AT_SOURCE, overwrites) or stopped
