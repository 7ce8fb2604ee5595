"""How do numbers and times look in JSON?

- `Decimal` is a string, so that no digit is lost: money and targets.
- `BigInt` is a JSON number up to 2^53 - 1 either side, the largest that every client reads exactly;
  a larger one is refused, never rounded: sums and counts.
- `DateTime` is ISO 8601 in UTC, ending in Z; one without an offset is refused.
- `Date` is YYYY-MM-DD; rates are `Float`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)

LARGEST_SAFE_INTEGER = 2**53 - 1


def _big_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise GraphQLError(f"BigInt got {value!r}: write a whole number.")
    try:
        number = int(value)
    except ValueError:
        raise GraphQLError(f"BigInt got {value!r}: write a whole number.") from None
    if number != value and not isinstance(value, str):
        raise GraphQLError(f"BigInt got {value!r}: write a whole number.")
    if abs(number) > LARGEST_SAFE_INTEGER:
        raise GraphQLError(f"BigInt got {number}: no more than 2^53 - 1 is exact in JSON.")
    return number


def _date_time(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise GraphQLError(
            f"DateTime got {value!r}: write ISO 8601 with its offset, such as 2026-01-31T09:30:00Z."
        )
    return moment.astimezone(UTC)


def _print_date_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _date(value: object) -> date:
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise GraphQLError(f"Date got {value!r}: write a day as YYYY-MM-DD, such as 2026-01-31.")


def _decimal(value: object) -> Decimal:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if number.is_finite():
            return number
    raise GraphQLError(f'Decimal got {value!r}: write a number, best as a string such as "12.50".')


def _print_decimal(value: Decimal) -> str:
    text = str(value)
    return format(value, "f") if "E" in text else text


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number, exact up to 2^53 - 1 either side; a JSON number.",
        serialize=_big_int,
        parse_value=_big_int,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, ISO 8601 such as 2026-01-31T09:30:00Z.",
        serialize=_print_date_time,
        parse_value=_date_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, YYYY-MM-DD.",
        serialize=date.isoformat,
        parse_value=_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string so that no digit is lost.",
        serialize=_print_decimal,
        parse_value=_decimal,
    ),
}

__all__ = ["JSON", "SCALARS", "BigInt"]
