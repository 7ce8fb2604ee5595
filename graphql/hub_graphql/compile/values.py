"""Does a value fit a column, and how does it stand in a cursor?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from hub.errors import InvalidInput
from hub_graphql.naming import python_kind
from hub_graphql.pagination import DAMAGED_CURSOR


def parse_id(text: object) -> UUID:
    """The UUID that an id is.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return text if isinstance(text, UUID) else UUID(str(text))
    except ValueError:
        raise InvalidInput(
            f"{str(text)[:60]!r} is no id: ids are UUIDs such as"
            " 01970d6e-5c1a-7000-8000-000000000000, as the field id answers them."
        ) from None


def storable_text(text: str) -> str:
    """The text itself, if Postgres can hold it.

    Raises:
        InvalidInput: it contains a NUL character or half a surrogate pair.
    """
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidInput(
            "The text contains a NUL character or half a surrogate pair,"
            " which Postgres cannot store: leave it out."
        )
    return text


def to_column(column: ColumnElement[Any], value: Any) -> Any:
    """A coerced GraphQL value as the column's own kind of value."""
    if value is None:
        return None
    if python_kind(column.type) is UUID:
        return parse_id(value)
    if isinstance(value, str):
        return storable_text(value)
    return value


def to_cursor(value: Any) -> str | None:
    """A column's value as text in a cursor."""
    if value is None:
        return None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def from_cursor(column: ColumnElement[Any], text: str | None) -> Any:
    """The value that `to_cursor` wrote.

    Raises:
        InvalidInput: the text was not written for this column.
    """
    if text is None:
        return None
    kind = python_kind(column.type)
    try:
        if kind is bool:
            return {"True": True, "False": False}[text]
        if kind in {date, datetime}:
            return kind.fromisoformat(text)
        if kind in {int, Decimal, UUID}:
            return kind(text)
    except (ValueError, KeyError, ArithmeticError):
        raise InvalidInput(DAMAGED_CURSOR) from None
    return storable_text(text)
