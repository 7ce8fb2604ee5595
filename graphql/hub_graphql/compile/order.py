"""In which order do rows stand, and which of them lie after a cursor?

Empty values come last whichever end is first. Ties are settled by the primary key, so that every
row has one place of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, or_, tuple_

from hub.errors import InvalidInput
from hub_graphql.compile.model import Model
from hub_graphql.compile.values import from_cursor, to_cursor
from hub_graphql.pagination import DAMAGED_CURSOR, decode_cursor, encode_cursor


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One column of an order."""

    column: str
    descending: bool
    nullable: bool


Order = tuple[Term, ...]


def read_order(model: Model, wanted: Sequence[Mapping[str, Any]] | None) -> Order:
    """The complete order of a list: what was asked for, then the primary key."""
    terms: dict[str, Term] = {}
    asked = [
        (_value(each["field"]), _value(each.get("direction") or "asc") == "desc")
        for each in wanted or ()
    ]
    defaults = [] if asked else [(name.lstrip("-"), name.startswith("-")) for name in model.order]
    rest = [*defaults, *((name, False) for name in model.key)]
    for name, descending in (*asked, *rest):
        if name in terms:
            if (name, descending) in asked and asked.count((name, descending)) > 1:
                raise InvalidInput(f"orderBy names {name} twice: leave one out.")
            continue
        nullable = bool(model.column(name).nullable)
        terms[name] = Term(column=name, descending=descending, nullable=nullable)
    return tuple(terms.values())


def _value(choice: Any) -> str:
    return str(getattr(choice, "value", choice))


def order_by(order: Order, rows: FromClause, *, backward: bool) -> list[ColumnElement[Any]]:
    """The ORDER BY of an order, or of the same order read from its end."""
    parts: list[ColumnElement[Any]] = []
    for term in order:
        column = rows.c[term.column]
        part = column.desc() if term.descending != backward else column.asc()
        if term.nullable:
            part = part.nulls_first() if backward else part.nulls_last()
        parts.append(part)
    return parts


def signature(order: Order) -> str:
    """Names an order within a cursor."""
    return ",".join(f"-{term.column}" if term.descending else term.column for term in order)


def cursor_of(order: Order, row: Mapping[str, Any]) -> str:
    """The cursor of a row in an order."""
    return encode_cursor(signature(order), [to_cursor(row[term.column]) for term in order])


def beyond(
    order: Order, model: Model, rows: FromClause, cursor: str, *, backward: bool
) -> ColumnElement[bool]:
    """The condition for rows after a cursor, or before it when reading `backward`."""
    texts = decode_cursor(cursor, signature(order), len(order))
    values = [
        from_cursor(model.column(term.column), text)
        for term, text in zip(order, texts, strict=True)
    ]
    if any(value is None and not term.nullable for term, value in zip(order, values, strict=True)):
        raise InvalidInput(DAMAGED_CURSOR)
    if not any(term.nullable for term in order) and len({term.descending for term in order}) == 1:
        # One row comparison, so that an index on these columns is followed to the very place.
        columns = tuple_(*(rows.c[term.column] for term in order))
        bounds = tuple_(*values, types=[rows.c[term.column].type for term in order])
        upward = order[0].descending == backward
        return columns > bounds if upward else columns < bounds
    alternatives: list[ColumnElement[bool]] = []
    ties: list[ColumnElement[bool]] = []
    for term, value in zip(order, values, strict=True):
        column = rows.c[term.column]
        alternatives.append(and_(*ties, _passes(term, column, value, backward=backward)))
        ties.append(column.is_(None) if value is None else column == value)
    return or_(*alternatives)


def _passes(term: Term, column: Any, value: Any, *, backward: bool) -> ColumnElement[bool]:
    """Whether a column's value stands on the far side of `value`, empty ones being last."""
    if value is None:
        return column.is_not(None) if backward else false()
    larger = term.descending == backward
    passed: ColumnElement[bool] = column > value if larger else column < value
    if term.nullable and not backward:
        return or_(passed, column.is_(None))
    return passed
