"""How are types, fields and columns named, and how is a type named before it exists?"""

from __future__ import annotations

import re
from types import GenericAlias
from typing import Annotated, Any, ForwardRef, Optional

import strawberry
from sqlalchemy.types import TypeDecorator, TypeEngine


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
