"""How does a GraphQL type say which table its data comes from?

A type lists its fields with plain annotations. A field named like a column of the table takes its
description from the column; relations are declared with `to_one` and `to_many`, values that take a
computation over many rows with `computed`. How the data is fetched is not said here: `compile`
reads these declarations, so that fetching can change while the types stand still.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import strawberry
from sqlalchemy import Table
from sqlmodel import SQLModel
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from hub.store.columns import ColumnMeta, column_meta
from hub_graphql.naming import later, optional, snake_case
from hub_graphql.pagination import Connection, page_arguments
from hub_graphql.sources import (
    DECLARED,
    SOURCE,
    ColumnSource,
    Declared,
    RootNode,
    RootOne,
    RootPage,
    Source,
    ToMany,
    ToOne,
    source_of,
)

_T = TypeVar("_T", bound=type)
_NAMED = re.compile(r"^(?:Connection\[)?(\w+)\]?(?: \| None)?$")


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


def data_type(
    row: type[SQLModel],
    *,
    default_order: tuple[str, ...] = (),
) -> Callable[[_T], _T]:
    """Make a class the GraphQL type of a table."""
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
