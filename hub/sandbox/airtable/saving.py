"""How is everything written out again, so that it can be loaded?"""

from __future__ import annotations

from hub.sandbox.airtable.fields.registry import is_computed
from hub.sandbox.airtable.json_values import Fields
from hub.sandbox.airtable.model import Base, Record, Table
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State


def save_base(state: State, base: Base) -> Fields:
    """One base with its records, as `load` reads it."""
    reader = Reader(state, base)
    return {
        "id": base.id,
        "name": base.name,
        "tables": [table.saved() for table in base.tables.values()],
        "records": {
            table.id: [_saved(reader, table, record) for record in table.records.values()]
            for table in base.tables.values()
        },
    }


def save(state: State) -> Fields:
    """Everything `load` reads: bases with their records, tokens where there are any."""
    bases = [save_base(state, base) for base in state.bases.values()]
    answer: Fields = {"bases": bases}
    if state.tokens:
        answer["tokens"] = [
            {
                "token": token.text,
                "user": token.user.public(),
                "scopes": None if token.scopes is None else sorted(token.scopes),
                "bases": None
                if token.levels is None
                else [{"id": key, "permissionLevel": level} for key, level in token.levels.items()],
            }
            for token in state.tokens.values()
        ]
    return answer


def _saved(reader: Reader, table: Table, record: Record) -> Fields:
    writable = [
        field
        for field in table.fields.values()
        if not is_computed(field.type) or field.type == "autoNumber"
    ]
    return reader.record(table, record, by_field_id=True, fields=writable)
