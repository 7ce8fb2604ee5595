"""What happens when a person changes rows in the grid?"""

from __future__ import annotations

from dataclasses import dataclass

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.feed import row_of
from hub.sandbox.airtable.fields.registry import is_computed
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Actor, Base, Record, Table
from hub.sandbox.airtable.plan import CellWriting, Plan
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed, Transactions


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """The transaction of an edit and the rows it made or changed, in the order they were named."""

    committed: Committed
    rows: list[Fields]


class PeopleEdits:
    """One user action of any size is one transaction, whole or not at all."""

    def __init__(self, state: State, transactions: Transactions) -> None:
        self.state = state
        self.transactions = transactions

    def apply(self, base: Base, table: Table, body: Json, *, source: str = "client") -> Edited:
        if not isinstance(body, dict):
            raise errors.invalid_request("An edit is an object")
        name = body.get("user")
        if not isinstance(name, str) or not name.strip():
            raise errors.invalid_request('An edit names its "user"')
        user = self.state.user_named(name.strip())
        actor = Actor(user=user, source="publicApi" if source == "publicApi" else "client")
        plan = Plan()
        writing = CellWriting(self.state, base, plan, typecast=bool(body.get("typecast", False)))
        ids = [
            *self._creates(base, table, plan, writing, _items(body, "create")),
            *self._updates(table, plan, writing, _items(body, "update")),
        ]
        for record_id in body.get("delete") or []:
            if record_id not in table.records:
                raise errors.row_does_not_exist(str(record_id))
            plan.destroy(table, record_id)
        committed = self.transactions.commit(base, plan, actor)
        reader = Reader(self.state, base)
        rows = [row_of(reader, table, table.records[each]) for each in ids if each in table.records]
        return Edited(committed=committed, rows=rows)

    def restore(
        self, base: Base, table: Table, records: list[tuple[str, Record]], user: str
    ) -> Edited:
        """Bring records back from the trash with the cells that they had."""
        plan = Plan()
        for record_id, record in records:
            plan.revived[table.id, record_id] = record
            plan.create(table, _still_valid(base, table, record), record_id)
        committed = self.transactions.commit(base, plan, self.state.person(user))
        reader = Reader(self.state, base)
        rows = [row_of(reader, table, table.records[record_id]) for record_id, _ in records]
        return Edited(committed=committed, rows=rows)

    def duplicate(self, base: Base, table: Table, record_ids: list[str], user: str) -> Edited:
        """Copy records as people do: every cell that can be written, a shared key included."""
        plan = Plan()
        made = []
        for record_id in record_ids:
            record = table.records.get(record_id)
            if record is None:
                raise errors.row_does_not_exist(record_id)
            cells = {
                field_id: value
                for field_id, value in record.values.items()
                if not is_computed(table.fields[field_id].type)
            }
            made.append(plan.create(table, cells))
        committed = self.transactions.commit(base, plan, self.state.person(user))
        reader = Reader(self.state, base)
        rows = [row_of(reader, table, table.records[record_id]) for record_id in made]
        return Edited(committed=committed, rows=rows)

    def _creates(
        self, base: Base, table: Table, plan: Plan, writing: CellWriting, items: list[Fields]
    ) -> list[str]:
        ids = []
        for item in items:
            values = writing.accept(table, item.get("fields") or {}, None)
            record_id = item.get("id")
            if record_id is not None:
                revived = self.state.trashed(base, table, str(record_id))
                if revived is None or record_id in table.records:
                    raise errors.row_does_not_exist(str(record_id))
                plan.revived[table.id, record_id] = revived
            ids.append(plan.create(table, values, record_id))
        return ids

    def _updates(
        self, table: Table, plan: Plan, writing: CellWriting, items: list[Fields]
    ) -> list[str]:
        ids = []
        for item in items:
            record = table.records.get(str(item.get("id")))
            if record is None:
                raise errors.row_does_not_exist(str(item.get("id")))
            plan.update(table, record.id, writing.accept(table, item.get("fields"), record))
            ids.append(record.id)
        return list(dict.fromkeys(ids))


def _still_valid(base: Base, table: Table, record: Record) -> Fields:
    """The cells of a deleted record without fields and linked records that are gone since."""
    values: Fields = {}
    for field_id, value in record.values.items():
        field = table.fields.get(field_id)
        if field is None:
            continue
        if field.type == "multipleRecordLinks":
            linked = base.tables.get(field.option("linkedTableId"))
            value = [each for each in value if linked is not None and each in linked.records]
        values[field_id] = value or None if field.type == "multipleRecordLinks" else value
    return values


def _items(body: Fields, name: str) -> list[Fields]:
    items = body.get(name) or []
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise errors.invalid_request(f"{name} is a list of objects")
    return items
