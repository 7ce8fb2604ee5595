"""What do people change in a schema that the API cannot?"""

from __future__ import annotations

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Actor, Base, Field, Table
from hub.sandbox.airtable.schema import Schema
from hub.sandbox.airtable.transactions import SchemaChange


class SchemaByHand:
    """Deleting fields and tables, renaming options, giving a field another type."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.state = schema.state

    def remove_field(self, base: Base, table: Table, field: Field, actor: Actor) -> None:
        """What only a person can do: take a field and its cells away."""
        if field.id == table.primary_field_id:
            raise errors.invalid_request("The primary field cannot be deleted")
        gone = [(table, field)]
        other = base.tables.get(field.option("linkedTableId") or "")
        inverse = None if other is None else other.fields.get(field.option("inverseLinkFieldId"))
        if other is not None and inverse is not None:
            gone.append((other, inverse))
        changes = []
        with self.state.lock, self.state.file.transaction() as connection:
            for owner, each in gone:
                del owner.fields[each.id]
                owner.index_fields()
                for record in owner.records.values():
                    if each.id in record.values:
                        del record.values[each.id]
                        self.state.save_record(connection, base, owner, record)
                changes.append(SchemaChange(table_id=owner.id, field_id=each.id, kind="destroyed",
                                            current={}, previous={"name": each.name}))  # fmt: skip
            self.schema.commit(base, actor, changes)

    def remove_table(self, base: Base, table: Table, actor: Actor) -> None:
        """What only a person can do: take a table away, with the fields that link to it."""
        with self.state.lock, self.state.file.transaction() as connection:
            for other in base.tables.values():
                for field in list(other.fields.values()):
                    if other is not table and field.option("linkedTableId") == table.id:
                        self.remove_field(base, other, field, actor)
            connection.execute(
                "DELETE FROM record WHERE base = ? AND table_id = ?", (base.id, table.id)
            )
            del base.tables[table.id]
            self.schema.commit(base, actor, [SchemaChange(table_id=table.id, field_id=None,
                                                   kind="destroyed", current={},
                                                   previous={"name": table.name})])  # fmt: skip

    def rename_choice(
        self, base: Base, table: Table, field: Field, old: str, new: str, actor: Actor
    ) -> None:
        """What only a person can do: give a select option another name; cells follow."""
        if old not in field.choice_by_name or new in field.choice_by_name:
            raise errors.invalid_request(f'Cannot rename option "{old}" to "{new}"')
        choices = [
            {**each, "name": new} if each["name"] == old else each
            for each in field.option("choices")
        ]
        field.options = {**(field.options or {}), "choices": choices}
        field.index_choices()
        change = SchemaChange(
            table_id=table.id, field_id=field.id, kind="changed", current={}, previous={}
        )
        self.schema.commit(base, actor, [change])

    def retype_field(
        self,
        base: Base,
        table: Table,
        field: Field,
        kind: str,
        options: Fields | None,
        actor: Actor,
    ) -> None:
        """What only a person can do: make a text a number or the other way round.

        Cells that cannot be converted are emptied, as the service does.
        """
        if {field.type, kind} - set(_CONVERTIBLE):
            raise errors.invalid_request(f"{field.type} cannot be made {kind} here")
        before, convert = field.type, _CONVERTIBLE[kind]
        with self.state.lock, self.state.file.transaction() as connection:
            field.type, field.options = kind, options
            field.index_choices()
            for record in table.records.values():
                if field.id not in record.values:
                    continue
                value = convert(record.values[field.id])
                if value is None:
                    del record.values[field.id]
                else:
                    record.values[field.id] = value
                self.state.save_record(connection, base, table, record)
            change = SchemaChange(table_id=table.id, field_id=field.id, kind="changed",
                                  current={"type": kind}, previous={"type": before})  # fmt: skip
            self.schema.commit(base, actor, [change])


def _as_text(value: Json) -> Json:
    return f"{value:g}" if isinstance(value, (int, float)) else value


def _as_number(value: Json) -> Json:
    try:
        return float(str(value))
    except ValueError:
        return None


_CONVERTIBLE = {
    "singleLineText": _as_text,
    "multilineText": _as_text,
    "number": _as_number,
}
