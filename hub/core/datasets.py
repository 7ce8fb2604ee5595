"""What is a dataset, and which steps lead from the one that is there to the one that is wanted?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from hub.core.values import ValueKind

RESERVED = frozenset({"id", "deleted_at", "recorded_at", "tx_from", "tx_to", "row_hash"})
"""The columns that every dataset may have beside its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetColumn:
    """A column: what it holds, what it means, and where it comes from.

    `references` is the entity whose id it holds, found by `looked_up_by`.
    """

    name: str
    kind: ValueKind
    label: str
    description: str
    field: str | None = None
    pii: str = "none"
    references: str | None = None
    looked_up_by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A table that nobody programmed, filled by one stream.

    Without a key its rows are told apart by all that they hold. `is_append`: its rows are facts.
    """

    name: str
    description: str
    connection: str
    stream: str
    columns: tuple[DatasetColumn, ...]
    key: tuple[str, ...] = ()
    is_append: bool = False

    def column(self, name: str) -> DatasetColumn:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def client_column(self) -> str | None:
        """The column that says whose row it is."""
        return next((c.name for c in self.columns if c.references == "client"), None)

    @property
    def day_column(self) -> str | None:
        """The day of a fact: the first date in its key, else its first date."""
        dates = [c.name for c in self.columns if c.kind is ValueKind.DATE]
        return next((name for name in dates if name in self.key), dates[0] if dates else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class AddColumn:
    """A new column; empty in every row until everything is read anew."""

    column: DatasetColumn


@dataclass(frozen=True, kw_only=True, slots=True)
class RenameColumn:
    """The same values under another name; history follows."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RetypeColumn:
    """The same values as another type; those that do not fit are listed and kept in history."""

    name: str
    old: ValueKind
    new: ValueKind


@dataclass(frozen=True, kw_only=True, slots=True)
class DropColumn:
    """The column goes; what it held stays in history."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeKey:
    """Other columns tell the rows apart."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Redescribe:
    """Words and origins only; no data is touched."""


Step: TypeAlias = AddColumn | RenameColumn | RetypeColumn | DropColumn | ChangeKey | Redescribe


def steps_between(present: Dataset, wanted: Dataset) -> tuple[Step, ...]:
    """What must happen to `present`, in the order in which it must happen."""
    return tuple(_steps(present, wanted))


def _steps(present: Dataset, wanted: Dataset) -> Iterator[Step]:
    have = {column.name: column for column in present.columns}
    want = {column.name: column for column in wanted.columns}
    renamed = _renamed(have, want)
    for old, new in renamed.items():
        yield RenameColumn(old=old, new=new)
    after = {renamed.get(name, name): column for name, column in have.items()}
    for name, column in want.items():
        before = after.get(name)
        if before is None:
            yield AddColumn(column=column)
        elif before.kind is not column.kind:
            yield RetypeColumn(name=name, old=before.kind, new=column.kind)
    for name in after:
        if name not in want:
            yield DropColumn(name=name)
    key = tuple(renamed.get(name, name) for name in present.key)
    if key != wanted.key:
        yield ChangeKey(old=key, new=wanted.key)
    if any(after[name] != column for name, column in want.items() if name in after) or (
        present.description != wanted.description
        or (present.connection, present.stream) != (wanted.connection, wanted.stream)
    ):
        yield Redescribe()


def _renamed(have: dict[str, DatasetColumn], want: dict[str, DatasetColumn]) -> dict[str, str]:
    """Columns that left and came under another name with the same origin."""
    left = [column for name, column in have.items() if name not in want]
    came = [column for name, column in want.items() if name not in have]
    renamed = {}
    for new in came:
        if new.field is None:
            continue
        old = [c for c in left if c.field == new.field and c.references == new.references]
        rivals = [c for c in came if c.field == new.field]
        if len(old) == 1 and len(rivals) == 1:
            renamed[old[0].name] = new.name
    return renamed
