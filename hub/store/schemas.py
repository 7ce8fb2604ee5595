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
from hub.store.generic import generic


@generic(Session)
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
    fields = [_field(field) for field in raw["fields"]]
    return StreamSchema(
        id=raw["id"], name=raw["name"], fields={field.id: field for field in fields}
    )


def _field(raw: Mapping[str, Any]) -> FieldSchema:
    first_kind = raw["first_kind"]
    return FieldSchema(
        **{
            **raw,
            "kind": ValueKind(raw["kind"]),
            "first_kind": ValueKind(first_kind) if first_kind else None,
        }
    )


@generic(Session)
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
                "inverse_field": field.inverse_field,
                "first_kind": field.first_kind.value if field.first_kind else None,
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


@generic(Session)
def forget_schema(session: Session, connection: str, stream: str) -> None:
    """The stream's table is gone, or its fields are taken as they are now: look afresh."""
    session.execute(
        text(
            "update hub.stream_state set schema_seen = null"
            " where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
    )


def keep_firsts(
    fresh: Mapping[str, StreamSchema], known: Mapping[str, StreamSchema]
) -> dict[str, StreamSchema]:
    """`fresh`, in which known choices keep the hub's names and known fields their first kinds."""
    return {
        table_id: replace(
            table,
            fields={
                field_id: _keep(field, known[table_id].fields.get(field_id))
                if table_id in known
                else _keep(field, None)
                for field_id, field in table.fields.items()
            },
        )
        for table_id, table in fresh.items()
    }


def _keep(field: FieldSchema, before: FieldSchema | None) -> FieldSchema:
    names = {
        choice: (before.hub_name(choice) if before else None) or name
        for choice, name in field.choices.items()
    }
    first_kind = (before.first_kind if before else None) or field.kind
    return replace(field, first_names=names, first_kind=first_kind)
