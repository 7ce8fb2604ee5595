"""How does a change on one side of a link reach the other side?"""

from __future__ import annotations

from collections.abc import Iterable

from hub.sandbox.airtable.json_values import Fields
from hub.sandbox.airtable.model import Base, Table
from hub.sandbox.airtable.plan import Plan


class LinkSymmetry:
    """Completes a plan, so that both sides of every link agree once it is carried out."""

    def __init__(self, base: Base, plan: Plan) -> None:
        self.base = base
        self.plan = plan

    def complete(self) -> None:
        """Add what the other sides of the planned links need."""
        for (table_id, record_id), values in list(self.plan.creates.items()):
            self._mirror(table_id, record_id, values)
        for (table_id, record_id), values in list(self.plan.updates.items()):
            self._mirror(table_id, record_id, values)
        for table_id, record_id in self.plan.destroys:
            self._unlink(table_id, record_id)

    def _mirror(self, table_id: str, record_id: str, values: Fields) -> None:
        table = self.base.tables[table_id]
        record = table.records.get(record_id)
        for field_id, wanted in list(values.items()):
            link = table.fields[field_id]
            inverse_id = link.option("inverseLinkFieldId")
            if link.type != "multipleRecordLinks" or not inverse_id:
                continue
            other = self.base.tables.get(link.option("linkedTableId"))
            if other is None or inverse_id not in other.fields:
                continue
            old = (record.values.get(field_id) if record else None) or []
            for linked in set(old) - set(wanted or []):
                self._edit_link(other, linked, inverse_id, record_id, add=False)
            for linked in wanted or []:
                if linked not in old:
                    self._edit_link(other, linked, inverse_id, record_id, add=True)

    def _edit_link(
        self, table: Table, record_id: str, field_id: str, member: str, *, add: bool
    ) -> None:
        key = (table.id, record_id)
        values = self.plan.creates.get(key)
        if values is None:
            if record_id not in table.records:
                return
            values = self.plan.updates.setdefault(key, {})
        if field_id in values:
            current = values[field_id] or []
        else:
            record = table.records.get(record_id)
            current = (record.values.get(field_id) if record else None) or []
        if add and member not in current:
            values[field_id] = [*current, member]
        elif not add and member in current:
            values[field_id] = [each for each in current if each != member] or None

    def _unlink(self, table_id: str, record_id: str) -> None:
        """A destroyed record leaves every link cell that names it."""
        record = self.base.tables[table_id].records[record_id]
        for table in self.base.tables.values():
            for link in table.fields.values():
                if link.type != "multipleRecordLinks" or link.option("linkedTableId") != table_id:
                    continue
                inverse = link.option("inverseLinkFieldId")
                holders: Iterable[str] = list(table.records)
                if inverse:
                    holders = record.values.get(inverse) or []
                for holder in holders:
                    self._edit_link(table, holder, link.id, record_id, add=False)
