"""How does a column take on the type of the table, and which of its cells do not fit?

The whole column is cast at once; only where that fails is each cell looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from hub.core.transforming import Array, as_text
from hub.core.values import Unfit, ValueKind, canonical

MOMENT = pa.timestamp("us", tz="UTC")
ARROW_TYPES = {
    ValueKind.TEXT: pa.string(),
    ValueKind.CHOICE: pa.string(),
    ValueKind.INTEGER: pa.int64(),
    ValueKind.DECIMAL: pa.string(),
    ValueKind.BOOLEAN: pa.bool_(),
    ValueKind.DATE: pa.date32(),
    ValueKind.TIMESTAMP: MOMENT,
    ValueKind.REFERENCE: pa.string(),
    ValueKind.OPAQUE: pa.string(),
}
"""Decimals, ids and JSON travel as text; Postgres reads them."""

_DECIMAL = r"^[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,2})?$"
_ID = r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
_ZONE = re.compile(r"\d(Z|[+-]\d{2}(:?\d{2})?)$")
_YEAR = re.compile(r"^\d{4}")


@dataclass(frozen=True, kw_only=True, slots=True)
class BadCell:
    """A cell that does not fit, with the sentence for the person who can mend it."""

    row: int
    column: str
    given: str
    reason: str


def cast(array: Array, kind: ValueKind, column: str) -> tuple[Array, list[BadCell]]:
    """`array` in the type of `kind`; what does not fit is empty and told."""
    try:
        return _CASTS[kind](array), []
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _one_by_one(array, kind, column)


def _text(array: Array) -> Array:
    text = as_text(array)
    # Postgres holds no NUL.
    if pc.any(pc.match_substring(text, "\x00")).as_py():
        return pc.replace_substring(text, "\x00", "\ufffd")
    return text


def _integer(array: Array) -> Array:
    if pa.types.is_string(array.type):
        array = _filled(array)
    return pc.cast(array, pa.int64())


def _decimal(array: Array) -> Array:
    if pa.types.is_boolean(array.type) or pa.types.is_temporal(array.type):
        raise pa.ArrowInvalid("not a number")
    text = _filled(as_text(array))
    _demand(pc.match_substring_regex(text, _DECIMAL))
    return text


def _boolean(array: Array) -> Array:
    if pa.types.is_string(array.type):
        return pc.cast(pc.utf8_lower(_filled(array)), pa.bool_())
    if pa.types.is_boolean(array.type):
        return array
    raise pa.ArrowInvalid("not yes or no")


def _date(array: Array) -> Array:
    if pa.types.is_string(array.type):
        return pc.cast(_filled(array), pa.date32())
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        return pc.cast(array, pa.date32(), safe=False)
    raise pa.ArrowInvalid("not a date")


def _timestamp(array: Array) -> Array:
    kind = array.type
    if pa.types.is_timestamp(kind):
        precise = pc.cast(array, pa.timestamp("us", tz=kind.tz), safe=False)
        return pc.cast(precise, MOMENT) if kind.tz else pc.assume_timezone(precise, "UTC")
    if pa.types.is_date(kind):
        return pc.assume_timezone(pc.cast(array, pa.timestamp("us")), "UTC")
    if not pa.types.is_string(kind):
        raise pa.ArrowInvalid("not a time")
    text = _filled(array)
    filled = text.drop_null()
    if len(filled) and _ZONE.search(filled[0].as_py()):
        return pc.cast(text, MOMENT)
    return pc.assume_timezone(pc.cast(text, pa.timestamp("us")), "UTC")


def _reference(array: Array) -> Array:
    text = _filled(as_text(array))
    _demand(pc.match_substring_regex(text, _ID))
    return text


def _json(array: Array) -> Array:
    if not pa.types.is_string(array.type):
        if pa.types.is_integer(array.type) or pa.types.is_boolean(array.type):
            return as_text(array)
        array = as_text(array)
    return pa.array([_json_text(said) for said in array.to_pylist()], pa.string())


def _json_text(said: str | None) -> str | None:
    """JSON as it is; any other text as a JSON text."""
    if said is None or said == "":
        return None
    if said[0] in '[{"-0123456789tfn':
        try:
            value = json.loads(said, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return json.dumps(said.replace("\x00", "\ufffd"), ensure_ascii=False)
        if "\\u0000" in said or "\\ud" in said.lower():
            return json.dumps(value).replace("\\u0000", "\\ufffd")
        return said
    return json.dumps(said.replace("\x00", "\ufffd"), ensure_ascii=False)


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _filled(text: Array) -> Array:
    """Without blanks around it; what is empty then is no value."""
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _demand(fits: Array) -> None:
    if not pc.all(fits).as_py():
        raise pa.ArrowInvalid("a cell does not fit")


_CASTS: dict[ValueKind, Callable[[Array], Array]] = {
    ValueKind.TEXT: _text,
    ValueKind.CHOICE: _text,
    ValueKind.INTEGER: _integer,
    ValueKind.DECIMAL: _decimal,
    ValueKind.BOOLEAN: _boolean,
    ValueKind.DATE: _date,
    ValueKind.TIMESTAMP: _timestamp,
    ValueKind.REFERENCE: _reference,
    ValueKind.OPAQUE: _json,
}


def _one_by_one(array: Array, kind: ValueKind, column: str) -> tuple[Array, list[BadCell]]:
    values: list[object] = []
    bad: list[BadCell] = []
    for row, raw in enumerate(array.to_pylist()):
        value = _one(raw, kind)
        if isinstance(value, Unfit):
            bad.append(BadCell(row=row, column=column, given=_shown(raw), reason=f"{value.reason}"))
            value = None
        values.append(value)
    return pa.array(values, ARROW_TYPES[kind]), bad


def _one(raw: object, kind: ValueKind) -> object:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if kind is ValueKind.TIMESTAMP:
        return _moment(raw)
    value = canonical(kind, raw)
    if isinstance(value, Unfit):
        return value
    if kind is ValueKind.DATE:
        return date.fromisoformat(str(value)) if value is not None else None
    if kind is ValueKind.INTEGER and isinstance(value, int) and not -(2**63) <= value < 2**63:
        return Unfit(reason=f"{raw!r} is too large")
    return value


def _moment(raw: object) -> datetime | Unfit:
    try:
        moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
    except ValueError:
        moment = None
    if moment is None or not _YEAR.match(str(raw).strip()):
        return Unfit(reason=f"{_shown(raw)!r} is not a time such as 2026-11-24T10:31:00Z")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _shown(raw: object) -> str:
    text = str(raw)
    return text if len(text) <= 200 else text[:197] + "..."
