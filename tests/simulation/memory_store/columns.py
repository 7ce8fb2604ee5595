"""What does a column of a business table make of a value, and what does it refuse?"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, TypeAlias
from uuid import UUID

from simulation.memory_store.refusals import does_not_fit
from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Integer, Numeric, Uuid
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.type_api import TypeEngine

from hub.core.mapping import HubColumn
from hub.core.values import Unfit, Value, ValueKind, canonical

Fit: TypeAlias = Callable[[Any], Any]


def fitting(column: Column[Any]) -> Fit:
    """How the column stores a value that is not null."""
    return _fitting(column.type)


def _fitting(kind: TypeEngine[Any]) -> Fit:
    if isinstance(kind, ARRAY):
        return _set(_fitting(kind.item_type))
    if isinstance(kind, Boolean):
        return _boolean
    if isinstance(kind, (BigInteger, Integer)):
        return _whole(63 if isinstance(kind, BigInteger) else 31)
    if isinstance(kind, Numeric):
        return _number(kind.precision, kind.scale)
    if isinstance(kind, DateTime):
        return _moment
    if isinstance(kind, Date):
        return _day
    if isinstance(kind, Uuid):
        return _id
    return _text


def _text(value: Any) -> str:
    if isinstance(value, str):
        if "\x00" in value:
            raise does_not_fit("unsupported Unicode escape sequence")
        return value
    return json.dumps(value) if isinstance(value, (bool, list, dict)) else str(value)


def _set(fit: Fit) -> Fit:
    def fitted(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise does_not_fit("expected JSON array")
        return [fit(item) for item in value]

    return fitted


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"true", "t", "yes", "y", "on", "1"}:
        return True
    if word in {"false", "f", "no", "n", "off", "0"}:
        return False
    raise does_not_fit(f'invalid input syntax for type boolean: "{value}"')


def _whole(bits: int) -> Fit:
    limit = 2**bits

    def whole(value: Any) -> int:
        try:
            number = value if type(value) is int else int(str(value).strip())
        except ValueError:
            raise does_not_fit(f'invalid input syntax for type integer: "{value}"') from None
        if not -limit <= number < limit:
            raise does_not_fit(f'value "{value}" is out of range for type integer')
        return number

    return whole


def _number(precision: int | None, scale: int | None) -> Fit:
    assert precision is not None
    assert scale is not None
    step, limit = Decimal(1).scaleb(-scale), Decimal(10) ** (precision - scale)

    def number(value: Any) -> Decimal:
        try:
            exact = Decimal(str(value).strip())
            is_finite = math.isfinite(exact)
        except (InvalidOperation, ValueError):
            raise does_not_fit(f'invalid input syntax for type numeric: "{value}"') from None
        if not is_finite or abs(exact) >= limit:
            raise does_not_fit("numeric field overflow")
        rounded = exact.quantize(step, ROUND_HALF_UP)
        if abs(rounded) >= limit:
            raise does_not_fit("numeric field overflow")
        return rounded

    return number


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        raise does_not_fit(f'invalid input syntax for type date: "{value}"') from None


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        message = f'invalid input syntax for type timestamp with time zone: "{value}"'
        raise does_not_fit(message) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _id(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise does_not_fit(f'invalid input syntax for type uuid: "{value}"') from None


def shown(column: HubColumn, raw: Any) -> Value:
    """What the column holds, in the canonical form that streams see."""
    if isinstance(raw, str) and raw and column.kind is ValueKind.TEXT:
        return raw
    if raw is None:
        value: Value | Unfit = False if column.kind is ValueKind.BOOLEAN else None
    elif isinstance(raw, int):
        return raw
    else:
        value = canonical(column.kind, raw, scale=column.scale)
    assert not isinstance(value, Unfit), value
    return column.default if value is None and not column.is_nullable else value


def as_json(raw: Any) -> Any:
    """What `to_jsonb` makes of it."""
    if isinstance(raw, (datetime, date)):
        return raw.isoformat()
    if isinstance(raw, UUID):
        return str(raw)
    if isinstance(raw, list):
        return [as_json(item) for item in raw]
    return float(raw) if isinstance(raw, Decimal) else raw
