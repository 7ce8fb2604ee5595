"""How does the memory store answer the questions of `hub.store.schemas`?

A table is kept as it comes back from Postgres, where it is JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulation.memory_store.answers_streams import set_state, states
from simulation.memory_store.session import MemorySession

from hub.core.records import FieldSchema, StreamSchema
from hub.store import schemas


@schemas.load_schema.register(MemorySession)
def load_schema(session: MemorySession, connection: str) -> dict[str, StreamSchema]:
    found = [row["schema_seen"] for row in states(session, connection, None)]
    return {table.id: table for table in found if table is not None}


@schemas.save_schema.register(MemorySession)
def save_schema(session: MemorySession, connection: str, stream: str, table: StreamSchema) -> None:
    fields = {field.id: _kept(field) for field in table.fields.values()}
    kept = StreamSchema(id=table.id, name=table.name, fields=fields)
    set_state(session, connection, stream, {"schema_seen": kept})


def _kept(field: FieldSchema) -> FieldSchema:
    return replace(field, choices=_sorted(field.choices), first_names=_sorted(field.first_names))


def _sorted(names: Mapping[str, str]) -> dict[str, str]:
    """JSON in Postgres orders keys by length, then by bytes."""
    return dict(sorted(names.items(), key=lambda item: (len(item[0]), item[0])))


@schemas.forget_schema.register(MemorySession)
def forget_schema(session: MemorySession, connection: str, stream: str) -> None:
    set_state(session, connection, stream, {"schema_seen": None})
