"""Where can a field's data come from? The values that declarations carry and execution reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel
from strawberry.types.field import StrawberryField

SOURCE = "hub_source"


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnSource:
    """The field is a column of the type's table."""

    column: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToOne:
    """The field is the row that `foreign_key` of this table points at."""

    target: str
    foreign_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToMany:
    """The field is the page of rows of `target` whose `foreign_key` points here."""

    target: str
    foreign_key: str
    deletable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Computed:
    """The field is computed for all parent rows of an answer at once.

    `load(session, parent_ids, arguments)` answers the value for every parent id.
    """

    load: Callable[..., Mapping[Any, Any]]
    needs: str = "id"


@dataclass(frozen=True, kw_only=True, slots=True)
class RootPage:
    """The field is a page of all rows of `target`."""

    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RootOne:
    """The field is the row of `target` with the id asked for."""

    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RootNode:
    """The field is the row with the id asked for, whatever it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RootComputed:
    """The field is computed for the row of `owner` that `argument` names, or for all rows."""

    owner: str
    argument: str
    load: Callable[..., Mapping[Any, Any]]
    load_whole: Callable[..., Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Save:
    """The field creates and updates rows of `target` from a list."""

    target: str
    rows_field: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """The field deletes rows of `target`, or brings them back."""

    target: str
    rows_field: str
    restores: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The field carries out a person's decision about one row of `target`.

    `decide(database, actor, arguments)` answers what was done; `row_field` of the payload is the
    row afterwards.
    """

    target: str
    row_field: str
    decide: Callable[..., str]


Source = (
    ColumnSource
    | ToOne
    | ToMany
    | Computed
    | RootPage
    | RootOne
    | RootNode
    | RootComputed
    | Save
    | Tombstone
    | Decision
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What the declaration of one data type says about its table."""

    name: str
    table: Table
    row: type[SQLModel]
    default_order: tuple[str, ...]


DECLARED = "__hub_declared__"


def source_of(declared: StrawberryField) -> Source | None:
    """Where a declared field's data comes from; None for an ordinary resolver."""
    found: Source | None = declared.metadata.get(SOURCE)
    return found
