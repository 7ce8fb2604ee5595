"""What does one action want to change, before anything is changed?

A plan is filled while a request is checked; a refusal throws it away, so a refused request changes
nothing. `transactions.commit` carries a complete plan out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.choices import COLORS
from hub.sandbox.airtable.fields.registry import STORED, is_computed
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Base, Field, Record, Table, User
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State


@dataclass(slots=True)
class Plan:
    """Creations, cell changes, destructions and new select options of one action."""

    creates: dict[tuple[str, str], Fields] = field(default_factory=dict)
    revived: dict[tuple[str, str], Record] = field(default_factory=dict)
    updates: dict[tuple[str, str], Fields] = field(default_factory=dict)
    destroys: list[tuple[str, str]] = field(default_factory=list)
    new_choices: dict[tuple[str, str], list[Fields]] = field(default_factory=dict)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)

    def create(self, table: Table, values: Fields, record_id: str | None = None) -> str:
        record_id = record_id or new_id("rec")
        self.creates[table.id, record_id] = values
        return record_id

    def update(self, table: Table, record_id: str, values: Fields) -> None:
        self.updates.setdefault((table.id, record_id), {}).update(values)

    def destroy(self, table: Table, record_id: str) -> None:
        self.destroys.append((table.id, record_id))


class CellWriting(Reader):
    """Turns the cells of a request into stored values, collecting side effects in the plan."""

    def __init__(self, state: State, base: Base, plan: Plan, *, typecast: bool) -> None:
        super().__init__(state, base)
        self.plan = plan
        self.typecast = typecast
        self.table: Table | None = None
        self.target: Record | None = None

    def accept(self, table: Table, cells: Json, target: Record | None) -> Fields:
        """The stored values of a request's `fields`; `None` empties a cell."""
        if not isinstance(cells, dict):
            raise errors.invalid_request()
        self.table, self.target = table, target
        named = []
        for name, value in cells.items():
            found = table.find_field(name)
            if found is None:
                raise errors.unknown_field(name)
            named.append((found, value))
        return {each.id: self.accept_cell(each, value) for each, value in named}

    def accept_cell(self, field: Field, value: Json) -> Json:
        if is_computed(field.type):
            raise errors.computed_field(field.name)
        return STORED[field.type].accept(field, value, self)

    # What cell types ask

    def find_user(self, key: str) -> User | None:
        for user in self.state.users.values():
            if key in (user.id, user.email) or (self.typecast and key == user.name):
                return user
        return None

    def new_choice(self, field: Field, name: str) -> str:
        assert self.table is not None  # noqa: S101  accept() names the table first
        added = self.plan.new_choices.setdefault((self.table.id, field.id), [])
        for each in added:
            if each["name"].casefold() == name.casefold():
                return str(each["id"])
        color = COLORS[(len(field.choice_by_id) + len(added)) % len(COLORS)]
        choice = {"id": new_id("sel"), "name": name, "color": color}
        added.append(choice)
        return str(choice["id"])

    def linked_table(self, field: Field) -> Table:
        table = self.base.tables.get(field.option("linkedTableId"))
        if table is None:
            raise errors.bad_value(field.name)
        return table

    def table_of(self, record_id: str) -> Table | None:
        return self.base.table_of_record(record_id)

    def linked_by_title(self, field: Field, title: str) -> str:
        """The linked table's record of this name, made when there is none."""
        table = self.linked_table(field)
        known = self.plan.titles.get((table.id, title))
        if known is not None:
            return known
        for record_id in table.records:
            if self.title(table.id, record_id) == title:
                return record_id
        if is_computed(table.primary_field.type):
            raise errors.bad_value(field.name)
        writing = CellWriting(self.state, self.base, self.plan, typecast=True)
        values = writing.accept(table, {table.primary_field_id: title}, None)
        record_id = self.plan.create(table, values)
        self.plan.titles[table.id, title] = record_id
        return record_id

    def new_attachment(self, field: Field, item: Fields) -> Fields:
        name = item.get("filename") or item["url"].rsplit("/", 1)[-1].split("?")[0] or "file"
        return {"id": new_id("att"), "source": item["url"], "filename": str(name)}

    def old_value(self, field: Field) -> Json:
        return None if self.target is None else self.target.values.get(field.id)
