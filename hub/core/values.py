"""What is a value, when are two values the same, and when does one not fit?

Hub values and remote values are JSON scalars (or sorted lists of text) in one canonical form per
kind, so that equality is plain `==` and a shadow can be stored as JSON.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Final, TypeAlias
from uuid import UUID


class Missing(enum.Enum):
    """Absent, which is not the same as empty."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = Scalar | list[str]


class ValueKind(enum.StrEnum):
    """The shapes that a remote cell or a hub column can have."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    CHOICE = "choice"
    CHOICES = "choices"
    LINKS = "links"
    REFERENCE = "reference"
    REFERENCES = "references"
    OPAQUE = "opaque"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfit:
    """A value that does not fit its kind, with the sentence for the person who typed it."""

    reason: str


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Postgres holds neither NUL nor half a surrogate pair, in text or in JSON."""

_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")


def canonical(kind: ValueKind, raw: object, *, scale: int | None = None) -> Value | Unfit:
    """`raw` in the canonical form of `kind`.

    Empty text, an empty list and None are all None; an absent boolean is False. Decimals are text
    without exponent or trailing zeros, rounded half-even to `scale` digits when one is given;
    timestamps are UTC with milliseconds; sets are sorted lists without doubles. A character that
    Postgres cannot hold becomes U+FFFD.
    """
    if kind is ValueKind.BOOLEAN:
        return _boolean(raw)
    if raw is None or raw == "" or raw == []:
        return None
    match kind:
        case ValueKind.TEXT | ValueKind.CHOICE:
            return _text(raw) or None
        case ValueKind.INTEGER:
            return _integer(raw)
        case ValueKind.DECIMAL:
            return _decimal(raw, scale)
        case ValueKind.DATE:
            return _date(raw)
        case ValueKind.TIMESTAMP:
            return _timestamp(raw)
        case ValueKind.CHOICES | ValueKind.LINKS:
            return _set(raw)
        case ValueKind.REFERENCE:
            return _reference(raw)
        case ValueKind.REFERENCES:
            return _references(raw)
        case _:
            return _opaque(raw)


def is_empty(value: Value | Missing) -> bool:
    """Whether a person would call the cell empty; an unchecked box is."""
    return value is MISSING or value is None or value is False or value in ("", [])


def _boolean(raw: object) -> Value | Unfit:
    if raw is None or raw in ("", []):
        return False
    if isinstance(raw, bool):
        return raw
    if raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str) and raw.strip().lower() in {"true", "yes", "checked", "1"}:
        return True
    if isinstance(raw, str) and raw.strip().lower() in {"false", "no", "0"}:
        return False
    return Unfit(reason=f"{_short(raw)} is not yes or no")


def _storable(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text)


def _text(raw: object) -> str:
    if isinstance(raw, list):
        return _storable(", ".join(str(item) for item in raw))
    return _storable(str(raw))


def _opaque(raw: object) -> Value:
    if isinstance(raw, float) and not math.isfinite(raw):
        return str(raw)
    return raw if isinstance(raw, (int, float)) else _storable(str(raw))


def _number(raw: object) -> Decimal | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, (int, Decimal)):
        return Decimal(raw) if Decimal(raw).is_finite() else None
    text = repr(raw) if isinstance(raw, float) else str(raw).strip()
    if not _NUMBER.match(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer(raw: object) -> Value | Unfit:
    number = _number(raw)
    if number is None:
        return Unfit(reason=f"{_short(raw)} is not a number")
    if number.adjusted() > 18 or number != number.to_integral_value():
        return Unfit(reason=f"{_short(raw)} is not a whole number")
    return int(number)


def _decimal(raw: object, scale: int | None) -> Value | Unfit:
    number = _number(raw)
    if number is None:
        return Unfit(reason=f"{_short(raw)} is not a number")
    if number and number.adjusted() > 25:
        return Unfit(reason=f"{_short(raw)} is out of range")
    if scale is not None:
        number = number.quantize(Decimal(1).scaleb(-scale), context=Context(prec=28 + scale))
    if not number:
        return "0"
    if number.adjusted() < -25:
        return Unfit(reason=f"{_short(raw)} is out of range")
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def _date(raw: object) -> Value | Unfit:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw.isoformat()
    try:
        if isinstance(raw, datetime):
            return _utc(raw).date().isoformat()
        # A time of day in the text is cut off, its zone untouched: the day is the one written.
        return datetime.fromisoformat(str(raw).strip()).date().isoformat()
    except (ValueError, OverflowError):
        return Unfit(reason=f"{_short(raw)} is not a date such as 2026-11-24")


def _timestamp(raw: object) -> Value | Unfit:
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
        text = _utc(moment).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return Unfit(reason=f"{_short(raw)} is not a time such as 2026-11-24T10:31:00Z")
    return text.replace("+00:00", "Z")


def _utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC)


def _set(raw: object) -> Value | Unfit:
    if isinstance(raw, str):
        return [_storable(raw)]
    if not isinstance(raw, Sequence) or not all(isinstance(item, str) for item in raw):
        return Unfit(reason=f"{_short(raw)} is not a list")
    return sorted({_storable(item) for item in raw}) or None


def _reference(raw: object) -> Value | Unfit:
    try:
        return str(raw if isinstance(raw, UUID) else UUID(str(raw)))
    except ValueError:
        return Unfit(reason=f"{_short(raw)} is not an id")


def _references(raw: object) -> Value | Unfit:
    if isinstance(raw, str) or not isinstance(raw, Sequence):
        return Unfit(reason=f"{_short(raw)} is not a list of ids")
    ids: set[str] = set()
    for item in raw:
        row_id = _reference(item)
        if isinstance(row_id, Unfit):
            return row_id
        ids.add(str(row_id))
    return sorted(ids) or None


def _short(raw: object) -> str:
    text = repr(raw)
    return text if len(text) <= 40 else text[:37] + "…'"
