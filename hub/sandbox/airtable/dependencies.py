"""Which computed cells may change when these cells do?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.sandbox.airtable.model import Base, Field, Table

Key = tuple[str, str]  # table id, record id
_THROUGH_LINKS = ("count", "rollup", "multipleLookupValues")
_LOOKING = ("rollup", "multipleLookupValues")
STAMPS = ("lastModifiedTime", "lastModifiedBy")


@dataclass(frozen=True, slots=True)
class _Look:
    """Fields of `table` that look through `link` at one field of the linked table."""

    table: Table
    link: Field
    target: str
    fields: frozenset[str]


class Dependencies:
    """Follows changes through links, lookups, rollups and formulas, as the base stands."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self._looks: dict[str, list[_Look]] = {}

    def affected(self, seeds: dict[Key, set[str]]) -> dict[Key, set[str]]:
        """For each record the fields that may change, those of the seeds included."""
        found: dict[Key, set[str]] = {}
        waiting = [
            (key, self._own(key[0], fields, is_written=True)) for key, fields in seeds.items()
        ]
        while waiting:
            key, fields = waiting.pop()
            fresh = fields - found.get(key, set())
            if not fresh:
                continue
            found.setdefault(key, set()).update(fresh)
            for look in self._looks_at(key[0]):
                if look.target not in fresh:
                    continue
                seen = self._own(look.table.id, set(look.fields), is_written=False)
                for holder in self._holders(look, key[1]):
                    waiting.append(((look.table.id, holder), seen))
        return found

    def _own(self, table_id: str, fields: set[str], *, is_written: bool) -> set[str]:
        """The fields and, of the same record, everything that is computed from them."""
        found = set(fields)
        for each in self.base.tables[table_id].fields.values():
            if (
                each.type == "formula"
                or (is_written and each.type in STAMPS)
                or (each.type in _THROUGH_LINKS and each.option("recordLinkFieldId") in fields)
            ):
                found.add(each.id)
        return found

    def _looks_at(self, table_id: str) -> list[_Look]:
        if table_id not in self._looks:
            groups: dict[tuple[str, str, str], set[str]] = {}
            for table in self.base.tables.values():
                for each in table.fields.values():
                    link = table.fields.get(each.option("recordLinkFieldId") or "")
                    if (
                        each.type in _LOOKING
                        and link is not None
                        and link.option("linkedTableId") == table_id
                    ):
                        target = each.option("fieldIdInLinkedTable")
                        groups.setdefault((table.id, link.id, target), set()).add(each.id)
            self._looks[table_id] = [
                _Look(
                    self.base.tables[owner],
                    self.base.tables[owner].fields[link_id],
                    target,
                    frozenset(fields),
                )
                for (owner, link_id, target), fields in groups.items()
            ]
        return self._looks[table_id]

    def _holders(self, look: _Look, record_id: str) -> Iterable[str]:
        """The records whose link cell names this one."""
        inverse = look.link.option("inverseLinkFieldId")
        if not inverse:
            return [
                holder.id
                for holder in look.table.records.values()
                if record_id in (holder.values.get(look.link.id) or ())
            ]
        linked = self.base.tables[look.link.option("linkedTableId")].records.get(record_id)
        return (linked.values.get(inverse) if linked else None) or []
