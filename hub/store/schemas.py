"""What did the other side's tables look like when we last looked?

Kept per stream, so that a worker spares a request; and so that a choice keeps the name under
which the hub first saw it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import ValueKind


def load_schema(session: Session, connection: str) -> dict[str, StreamSchema]:
    """The tables of the connection's streams, by remote id."""
    found = session.execute(
        text(
            "select schema_seen from hub.stream_state"
            " where connection = :connection and schema_seen is not null"
        ),
        {"connection": connection},
    )
    return {raw["id"]: _table(raw) for raw in found.scalars()}


def _table(raw: Mapping[str, Any]) -> StreamSchema:
    fields = [FieldSchema(**{**field, "kind": ValueKind(field["kind"])}) for field in raw["fields"]]
    return StreamSchema(
        id=raw["id"], name=raw["name"], fields={field.id: field for field in fields}
    )


def save_schema(session: Session, connection: str, stream: str, table: StreamSchema) -> None:
    """Keep a stream's table."""
    raw = {
        "id": table.id,
        "name": table.name,
        "fields": [
            {
                "id": field.id,
                "name": field.name,
                "kind": field.kind.value,
                "vendor_type": field.vendor_type,
                "is_computed": field.is_computed,
                "choices": dict(field.choices),
                "first_names": dict(field.first_names),
                "links_to": field.links_to,
            }
            for field in table.fields.values()
        ],
    }
    session.execute(
        text(
            "update hub.stream_state set schema_seen = cast(:raw as jsonb)"
            " where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream, "raw": json.dumps(raw)},
    )


def keep_first_names(
    fresh: Mapping[str, StreamSchema], known: Mapping[str, StreamSchema]
) -> dict[str, StreamSchema]:
    """`fresh`, in which every choice that was known keeps the hub's name for it."""
    kept: dict[str, StreamSchema] = {}
    for table_id, table in fresh.items():
        before = known[table_id].fields if table_id in known else {}
        fields = {
            field_id: replace(
                field,
                first_names={
                    choice: (before[field_id].hub_name(choice) if field_id in before else None)
                    or name
                    for choice, name in field.choices.items()
                },
            )
            for field_id, field in table.fields.items()
        }
        kept[table_id] = replace(table, fields=fields)
    return kept
