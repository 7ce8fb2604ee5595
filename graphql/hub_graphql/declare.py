"""How does a GraphQL type say which table its data comes from?

A type lists its fields with plain annotations. A field named like a column of the table takes its
description from the column; relations are declared with `to_one` and `to_many`, values that take a
computation over many rows with `computed`. How the data is fetched is not said here: `compile`
reads these declarations, so that fetching can change while the types stand still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import GenericAlias
from typing import Annotated, Any, ForwardRef, Optional, TypeVar

import strawberry
from sqlalchemy import Table
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from hub.store.columns import ColumnMeta, column_meta

SOURCE = "hub_source"
_T = TypeVar("_T", bound=type)
_NAMED = re.compile(r"^(?:Connection\[)?(\w+)\]?(?: \| None)?$")


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


def snake_case(name: str) -> str:
    """`SendingDomain` as `sending_domain`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def python_kind(sql_type: TypeEngine[Any]) -> type:
    """Which Python type a column's values have."""
    if isinstance(sql_type, TypeDecorator):
        return python_kind(sql_type.impl_instance)
    return sql_type.python_type


def camel_case(name: str) -> str:
    """`sending_domain` as `sendingDomain`."""
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def module_of(name: str) -> str:
    """Each data type lives in the module of its own name."""
    return f"hub_graphql.types.{snake_case(name)}"


def later(name: str, module: str | None = None) -> Any:
    """A reference to a GraphQL type that is looked up when the schema is built."""
    return Annotated[ForwardRef(name), strawberry.lazy(module or module_of(name))]


def optional(annotation: Any) -> Any:
    """The nullable form of a type that only exists at run time."""
    return Optional[annotation]  # noqa: UP045  # a forward reference knows no |


def listed(annotation: Any) -> Any:
    """A list of a type that only exists at run time."""
    return GenericAlias(list, (annotation,))


def describe(meta: ColumnMeta) -> str:
    """A column's description for people who ask through the API."""
    return f"{meta.description} Unit: {meta.unit}." if meta.unit else meta.description


def to_one(*, by: str, description: str) -> Any:
    """The row that column `by` points at; also when it was deleted, see its `deletedAt`."""
    return strawberry.field(
        description=description, metadata={SOURCE: ToOne(target="", foreign_key=by)}
    )


def to_many(*, by: str, description: str, deletable: bool = True) -> Any:
    """The rows of the annotated type whose column `by` points at this row, page by page."""
    return strawberry.field(
        description=description,
        metadata={SOURCE: ToMany(target="", foreign_key=by, deletable=deletable)},
    )


def root_page(target: str, *, deletable: bool = True) -> Any:
    """All rows of `target`, page by page."""
    from hub_graphql.pagination import page_arguments

    declared = strawberry.field(
        description=f"Rows of {snake_case(target)}, page by page.",
        metadata={SOURCE: RootPage(target=target)},
    )
    declared.arguments = page_arguments(target, deletable=deletable)
    return declared


def _by_id(description: str, source: Source) -> Any:
    declared = strawberry.field(description=description, metadata={SOURCE: source})
    declared.arguments = [
        StrawberryArgument(
            python_name="id",
            graphql_name=None,
            type_annotation=StrawberryAnnotation(strawberry.ID),
            description="Its id.",
        )
    ]
    return declared


def root_one(target: str) -> Any:
    """One row of `target` by its id."""
    return _by_id(
        f"The {snake_case(target).replace('_', ' ')} with this id; a deleted one answers, too.",
        RootOne(target=target),
    )


def root_node() -> Any:
    """One row of any type by its id."""
    return _by_id("The row with this id, whatever it is; a deleted one answers, too.", RootNode())


def source_of(declared: StrawberryField) -> Source | None:
    """Where a declared field's data comes from; None for an ordinary resolver."""
    found: Source | None = declared.metadata.get(SOURCE)
    return found


def data_type(
    row: type[SQLModel],
    *,
    default_order: tuple[str, ...] = (),
) -> Callable[[_T], _T]:
    """Make a class the GraphQL type of a table."""
    from hub_graphql.pagination import Connection, page_arguments

    table: Table = row.__table__  # type: ignore[attr-defined]
    meta = column_meta(table)
    page_of: Any = Connection

    def decorate(cls: _T) -> _T:
        relations: list[StrawberryField] = []
        for name, annotation in list(cls.__annotations__.items()):
            declared = cls.__dict__.get(name)
            if declared is None:
                setattr(
                    cls,
                    name,
                    strawberry.field(
                        description=describe(meta[name]),
                        metadata={SOURCE: ColumnSource(column=name)},
                    ),
                )
                continue
            source = source_of(declared)
            if not isinstance(source, (ToOne, ToMany)):
                continue
            match = _NAMED.match(annotation)
            if match is None:
                raise TypeError(f"{cls.__name__}.{name}: {annotation!r} names no type")
            target = match.group(1)
            relation = replace(source, target=target)
            declared.metadata = {SOURCE: relation}
            if isinstance(relation, ToMany):
                cls.__annotations__[name] = page_of[later(target)]
                relations.append(declared)
            else:
                cls.__annotations__[name] = optional(later(target))
        setattr(
            cls,
            DECLARED,
            Declared(
                name=cls.__name__,
                table=table,
                row=row,
                default_order=default_order,
            ),
        )
        described: _T = strawberry.type(cls, description=(row.__doc__ or "").strip())
        for declared in relations:
            relation = declared.metadata[SOURCE]
            declared.arguments = page_arguments(relation.target, deletable=relation.deletable)
        return described

    return decorate
