"""How does a row of another database become a record, and a record's cells parameters?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hub.core.records import FieldSchema, RemoteRecord, StreamSchema
from hub.core.values import MISSING, Missing, Unfit, Value, ValueKind, canonical

SEPARATOR = "\x1f"
"""Between the parts of a key of several columns."""


def external_id(schema: StreamSchema, row: Mapping[str, Any]) -> str:
    """The key of a row as text."""
    return SEPARATOR.join(str(row[name]) for name in schema.key)


def key_values(schema: StreamSchema, external_id: str) -> dict[str, Any] | None:
    """The parameters k0, k1 … of a key; None when the text is no key of this table."""
    parts = external_id.split(SEPARATOR)
    if len(parts) != len(schema.key):
        return None
    values: dict[str, Any] = {}
    for at, (name, part) in enumerate(zip(schema.key, parts, strict=True)):
        value = parameter(schema.fields[name], part)
        if isinstance(value, Unfit):
            return None
        values[f"k{at}"] = value
    return values


def record_of(
    schema: StreamSchema, row: Mapping[str, Any], modified_field: str | None
) -> RemoteRecord:
    """A row as a record; what does not fit its column's kind stays text."""
    modified = moment(row.get(modified_field)) if modified_field else None
    return RemoteRecord(
        external_id=external_id(schema, row),
        created_at=None,
        fields={
            name: value
            for name, field in schema.fields.items()
            if name in row and (value := cell(field, row[name])) is not None
        },
        modified_at=modified,
    )


def cell(field: FieldSchema, raw: Any) -> Value:
    """A column's value in canonical form."""
    if raw is None:
        return False if field.kind is ValueKind.BOOLEAN else None
    if field.kind is ValueKind.LINKS:
        return [str(raw)]
    found = canonical(field.kind, raw)
    return str(raw) if isinstance(found, Unfit) else found


def parameter(field: FieldSchema, value: Value | Missing) -> Any:
    """A canonical value as the driver takes it."""
    if value is MISSING or value is None:
        return None
    if field.kind is ValueKind.LINKS:
        ids = value if isinstance(value, list) else [str(value)]
        return ids[0] if len(ids) == 1 else Unfit(reason="a column refers to one row only")
    fit = canonical(field.kind, value)
    if isinstance(fit, Unfit):
        return fit
    match field.kind:
        case ValueKind.DECIMAL:
            return Decimal(str(fit))
        case ValueKind.DATE:
            return date.fromisoformat(str(fit))
        case ValueKind.TIMESTAMP:
            return datetime.fromisoformat(str(fit).replace("Z", "+00:00"))
        case _:
            return fit


def moment(raw: Any) -> datetime | None:
    """A time of the database, as UTC where it names no zone."""
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    if not isinstance(raw, datetime):
        return None
    return raw.astimezone(UTC) if raw.tzinfo else raw.replace(tzinfo=UTC)


def unfit_cells(
    schema: StreamSchema, fields: Mapping[str, Value]
) -> tuple[dict[str, Any], Sequence[str]]:
    """The parameters by column, and a sentence for each value that a column cannot take."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in fields.items():
        field = schema.fields.get(name)
        if field is None:
            problems.append(f"there is no column {name}")
            continue
        found = parameter(field, value)
        if isinstance(found, Unfit):
            problems.append(f"{name}: {found.reason}")
        else:
            values[name] = found
    return values, problems
