"""How are bases, tables and fields made and altered?"""

from __future__ import annotations

from collections.abc import Callable

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Actor, Base, Field, Table, View
from hub.sandbox.airtable.schema_rules import (
    PRIMARY_TYPES,
    checked_description,
    checked_name,
    checked_options,
    refuse_options,
)
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed, SchemaChange, Transactions

Change = Callable[[], list[SchemaChange]]


class Schema:
    """The only way to change a schema."""

    def __init__(self, state: State, transactions: Transactions) -> None:
        self.state = state
        self.transactions = transactions

    def commit(self, base: Base, actor: Actor, changes: list[SchemaChange]) -> Committed:
        """Save a schema that was changed in memory, and tell everybody."""
        committed = Committed(
            base=base,
            transaction=base.transaction + 1,
            at=self.state.clock.now_text(),
            actor=actor,
            schema=changes,
        )
        base.transaction += 1
        with self.state.lock, self.state.file.transaction() as connection:
            self.state.save_base(connection, base)
            self.transactions.publish(committed, connection)
        self.transactions.announce(committed)
        return committed

    def create_base(self, body: Json, actor: Actor) -> Base:
        name = checked_name(body.get("name"), "base")
        if not isinstance(body.get("workspaceId"), str) or not body.get("tables"):
            raise errors.invalid_request()
        base = Base(id=new_id("app"), name=name, tables={}, workspace_id=body["workspaceId"])
        changes = [change for each in body["tables"] for change in self._add_table(base, each)]
        self.state.bases[base.id] = base
        self.commit(base, actor, changes)
        return base

    def create_table(self, base: Base, body: Json, actor: Actor) -> Table:
        before = list(base.tables)
        try:
            changes = self._add_table(base, body)
        except errors.AirtableError:
            for table_id in [each for each in base.tables if each not in before]:
                del base.tables[table_id]
                _drop_links_to(base, table_id)
            raise
        self.commit(base, actor, changes)
        return next(table for table in base.tables.values() if table.id not in before)

    def update_table(self, base: Base, table: Table, body: Json, actor: Actor) -> Table:
        if not isinstance(body, dict) or not set(body) & {"name", "description"}:
            raise errors.invalid_request()
        current: Fields = {}
        previous: Fields = {}
        if "name" in body:
            name = checked_name(body["name"], "table")
            self._refuse_table_name(base, name, table)
            current["name"], previous["name"] = name, table.name
            table.name = name
        if "description" in body:
            text = checked_description(body["description"])
            current["description"], previous["description"] = text, table.description
            table.description = text
        self.commit(
            base, actor, [SchemaChange(table_id=table.id, field_id=None, kind="changed",
                                       current=current, previous=previous)]
        )  # fmt: skip
        return table

    def create_field(self, base: Base, table: Table, body: Json, actor: Actor) -> Field:
        if not isinstance(body, dict) or set(body) - {"name", "type", "description", "options"}:
            raise errors.invalid_request()
        made = self._new_field(base, table, body)
        self.commit(base, actor, [_created(owner, field) for owner, field in made])
        return made[0][1]

    def update_field(
        self, base: Base, table: Table, field: Field, body: Json, actor: Actor
    ) -> Field:
        if not isinstance(body, dict) or not body or set(body) - {"name", "description"}:
            raise errors.invalid_request()
        current: Fields = {}
        previous: Fields = {}
        if "name" in body:
            name = checked_name(body["name"], "field")
            self._refuse_field_name(table, name, field)
            current["name"], previous["name"] = name, field.name
            field.name = name
            table.index_fields()
        if "description" in body:
            field.description = checked_description(body["description"])
        self.commit(
            base, actor, [SchemaChange(table_id=table.id, field_id=field.id, kind="changed",
                                       current=current, previous=previous)]
        )  # fmt: skip
        return field

    # Making things

    def _add_table(self, base: Base, body: Json) -> list[SchemaChange]:
        if not isinstance(body, dict) or set(body) - {"name", "description", "fields"}:
            raise errors.invalid_request()
        name = checked_name(body.get("name"), "table")
        self._refuse_table_name(base, name, None)
        wishes = body.get("fields")
        if not isinstance(wishes, list) or not wishes or not isinstance(wishes[0], dict):
            raise errors.invalid_request("A table needs at least one field")
        if wishes[0].get("type") not in PRIMARY_TYPES:
            raise errors.unprocessable(
                "INVALID_PRIMARY_FIELD_TYPE",
                f"A field of type {wishes[0].get('type')} cannot be the primary field",
            )
        description = checked_description(body.get("description"))
        table = Table(
            id=new_id("tbl"),
            name=name,
            primary_field_id="",
            fields={},
            views=[View(id=new_id("viw"), name="Grid view", type="grid")],
            description=description,
        )
        base.tables[table.id] = table
        made = [pair for wish in wishes for pair in self._new_field(base, table, wish)]
        table.primary_field_id = next(iter(table.fields))
        others = [_created(owner, field) for owner, field in made if owner is not table]
        created = SchemaChange(
            table_id=table.id,
            field_id=None,
            kind="created",
            current={"name": name, **({"description": description} if description else {})},
            previous={},
        )
        return [created, *others]

    def _new_field(self, base: Base, table: Table, body: Json) -> list[tuple[Table, Field]]:
        if not isinstance(body, dict):
            raise errors.invalid_request()
        name = checked_name(body.get("name"), "field")
        self._refuse_field_name(table, name, None)
        description = checked_description(body.get("description"))
        if body.get("type") == "multipleRecordLinks":
            return self._new_link(base, table, name, description, body.get("options"))
        options = checked_options(name, body.get("type"), body.get("options"))
        field = Field(new_id("fld"), name, body["type"], description, options)
        self._add_field(table, field)
        return [(table, field)]

    def _new_link(
        self, base: Base, table: Table, name: str, description: str | None, options: Json
    ) -> list[tuple[Table, Field]]:
        wish = options if isinstance(options, dict) else {}
        if set(wish) - {"linkedTableId", "viewIdForRecordSelection"}:
            raise refuse_options(name, "only linkedTableId and viewIdForRecordSelection are taken")
        other = base.tables.get(wish.get("linkedTableId", ""))
        if other is None:
            raise refuse_options(name, "linkedTableId is the id of a table of this base")
        field = Field(
            new_id("fld"),
            name,
            "multipleRecordLinks",
            description,
            {**wish, "isReversed": False, "prefersSingleRecordLink": False},
        )
        self._add_field(table, field)
        if other is table:
            return [(table, field)]
        inverse = Field(
            new_id("fld"),
            self._free_name(other, table.name),
            "multipleRecordLinks",
            None,
            {
                "linkedTableId": table.id,
                "inverseLinkFieldId": field.id,
                "isReversed": False,
                "prefersSingleRecordLink": False,
            },
        )
        field.options = {**(field.options or {}), "inverseLinkFieldId": inverse.id}
        self._add_field(other, inverse)
        return [(table, field), (other, inverse)]

    def _add_field(self, table: Table, field: Field) -> None:
        table.fields[field.id] = field
        table.index_fields()
        for view in table.views:
            if view.visible_field_ids is not None:
                view.visible_field_ids.append(field.id)

    def _free_name(self, table: Table, wish: str) -> str:
        taken = {name.casefold() for name in table.field_by_name}
        name, number = wish, 2
        while name.casefold() in taken:
            name, number = f"{wish} {number}", number + 1
        return name

    def _refuse_table_name(self, base: Base, name: str, own: Table | None) -> None:
        for table in base.tables.values():
            if table is not own and table.name.casefold() == name.casefold():
                raise errors.unprocessable(
                    "DUPLICATE_TABLE_NAME", f"Cannot name the table {name}: the name is taken"
                )

    def _refuse_field_name(self, table: Table, name: str, own: Field | None) -> None:
        for field in table.fields.values():
            if field is not own and field.name.casefold() == name.casefold():
                raise errors.unprocessable(
                    "DUPLICATE_OR_EMPTY_FIELD_NAME",
                    f'Cannot name the field "{name}": the name is taken',
                )


def _drop_links_to(base: Base, table_id: str) -> None:
    """Take back the inverse fields of a table that could not be made."""
    for table in base.tables.values():
        for field in list(table.fields.values()):
            if field.option("linkedTableId") == table_id:
                del table.fields[field.id]
        table.index_fields()


def _created(table: Table, field: Field) -> SchemaChange:
    return SchemaChange(
        table_id=table.id,
        field_id=field.id,
        kind="created",
        current={"name": field.name, "type": field.type},
        previous={},
    )
