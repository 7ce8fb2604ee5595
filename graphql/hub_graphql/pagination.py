"""What is a page of rows: its arguments, its shape and its cursors?

Cursors name the last row's place in the chosen order (keyset), never an offset: rows that are
added or deleted meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from hub.errors import InvalidInput
from hub_graphql.naming import later, listed, module_of, optional

DEFAULT_PAGE_SIZE = 50
DAMAGED_CURSOR = "The cursor is damaged: give endCursor or startCursor of a page as it came."
LARGEST_PAGE_SIZE = 500

NodeType = TypeVar("NodeType")


@strawberry.type(description="Where a page begins and ends, and whether there is more.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow the page.")
    has_previous_page: bool = strawberry.field(
        description="Whether rows come before the page; a page after a cursor says yes."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row.")


@strawberry.type(description="A row and its place in the order.")
class Edge(Generic[NodeType]):
    node: NodeType = strawberry.field(description="The row.")
    cursor: str = strawberry.field(description="Its place: give it to `after` or `before`.")


@strawberry.type(description="A page of rows.")
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[NodeType] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and from where on.")
    total_count: int = strawberry.field(
        description="How many rows there are on all pages; counted only when asked for."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PageRequest:
    """Which page is asked for: `size` rows from one end of what lies between the cursors."""

    size: int
    backward: bool
    after: str | None
    before: str | None


_DESCRIPTIONS = {
    "first": f"How many rows from the start; {DEFAULT_PAGE_SIZE} unless told, "
    f"at most {LARGEST_PAGE_SIZE}.",
    "after": "Only rows after this cursor.",
    "last": "How many rows from the end, instead of `first`.",
    "before": "Only rows before this cursor.",
    "filter": "Which rows are wanted.",
    "order_by": "In which order; ties are settled by id, empty values come last.",
    "include_deleted": "Whether deleted rows are shown, too.",
}


def page_arguments(target: str, *, deletable: bool = True) -> list[StrawberryArgument]:
    """The arguments of a field that answers pages of `target`; only some keep deleted rows."""
    annotations: dict[str, tuple[Any, Any]] = {
        "first": (int | None, UNSET),
        "after": (str | None, UNSET),
        "last": (int | None, UNSET),
        "before": (str | None, UNSET),
        "filter": (optional(later(f"{target}Filter", module_of(target))), UNSET),
        "order_by": (optional(listed(later(f"{target}Order", module_of(target)))), UNSET),
    }
    if deletable:
        annotations["include_deleted"] = (bool, False)
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(annotation),
            description=_DESCRIPTIONS[name],
            default=default,
        )
        for name, (annotation, default) in annotations.items()
    ]


def page_request(arguments: dict[str, Any]) -> PageRequest:
    """Read the page arguments of a field.

    Raises:
        InvalidInput: sizes are negative, too large, or given from both ends.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise InvalidInput("Both first and last are given: ask for the page from one end only.")
    size = last if last is not None else first if first is not None else DEFAULT_PAGE_SIZE
    name = "last" if last is not None else "first"
    if not 0 <= size <= LARGEST_PAGE_SIZE:
        raise InvalidInput(
            f"{name} is {size}: ask for 0 to {LARGEST_PAGE_SIZE} rows a page"
            " and go on with after: endCursor."
        )
    return PageRequest(
        size=size,
        backward=last is not None,
        after=arguments.get("after"),
        before=arguments.get("before"),
    )


def encode_cursor(order: str, values: Sequence[str | None]) -> str:
    """An opaque cursor: the order it belongs to, and the row's values in it."""
    text = json.dumps([order, *values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, length: int) -> list[str | None]:
    """The values that a cursor of this order stands for.

    Raises:
        InvalidInput: it is no cursor, or one of another order.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) < 2
        or not all(part is None or isinstance(part, str) for part in parts)
    ):
        raise InvalidInput(
            f"{cursor[:40]!r} is no cursor of this list:"
            " give endCursor or startCursor of a page as it came."
        )
    if parts[0] != order:
        raise InvalidInput(
            "The cursor belongs to another order: keep orderBy as it was while paging,"
            " or begin again without a cursor."
        )
    if len(parts) != length + 1:
        raise InvalidInput(DAMAGED_CURSOR)
    return parts[1:]
