"""Did somebody change the fields that a stream is mapped to?

A rename changes nothing. A field that is gone or was given another type stands still, alone, with
one alert; no data is touched.
"""

from __future__ import annotations

from sqlmodel import Session

from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.records import StreamSchema
from hub.store import runs


def tell_drift(session: Session, mapping: StreamMapping, table: StreamSchema) -> None:
    """Raise an alert for each mapped field that cannot be used; close those that can again."""
    for field_mapping in mapping.fields:
        key = f"field:{mapping.connection}:{mapping.stream}:{field_mapping.column.name}"
        trouble = _trouble(field_mapping, table)
        if trouble is None:
            runs.close_alert(session, key)
            continue
        what, next_step = trouble
        runs.raise_alert(
            session,
            key,
            severity="warning",
            title=f"{mapping.stream}.{field_mapping.column.name} stands still: {what}.",
            next_step=next_step,
            connection=mapping.connection,
            stream=mapping.stream,
        )


def _trouble(field_mapping: FieldMapping, table: StreamSchema) -> tuple[str, str] | None:
    field = table.fields.get(field_mapping.field_id)
    if field is None:
        return (
            f"field {field_mapping.field_id} is not in {table.name} any more",
            "Restore the field, or map another one in hub.toml. The hub's values are untouched.",
        )
    if field.is_retyped:
        return (
            f"{field.name} became a field of type {field.vendor_type}",
            "Give it its old type back, or take it as it is with `hub sync adopt`.",
        )
    return None
