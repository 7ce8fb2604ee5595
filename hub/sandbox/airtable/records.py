"""What do the requests that write records do, and in which order are they checked?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.fields.registry import is_computed
from hub.sandbox.airtable.ids import is_id
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Actor, Base, Field, Record, Table
from hub.sandbox.airtable.plan import CellWriting, Plan
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed, Transactions

MERGEABLE = frozenset(
    (
        "number",
        "singleLineText",
        "multilineText",
        "singleSelect",
        "multipleSelects",
        "date",
        "email",
        "phoneNumber",
        "url",
    )
)
_SINGLE_KEYS = frozenset(("fields", "typecast", "returnFieldsByFieldId"))
_MANY_KEYS = frozenset(("records", "typecast", "returnFieldsByFieldId", "performUpsert"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """The records that a request wrote, in the order it named them."""

    record_ids: list[str]
    created: list[str]
    updated: list[str]
    committed: Committed


class RecordWriter:
    """The write requests of one caller on one table."""

    def __init__(
        self, state: State, transactions: Transactions, base: Base, table: Table, actor: Actor
    ) -> None:
        self.state = state
        self.transactions = transactions
        self.base = base
        self.table = table
        self.actor = actor

    def create(self, items: list[Json], *, typecast: bool) -> Written:
        plan = Plan()
        writing = CellWriting(self.state, self.base, plan, typecast=typecast)
        ids = [plan.create(self.table, writing.accept(self.table, cells, None)) for cells in items]
        return self._commit(plan, ids, created=ids, updated=[])

    def update(
        self,
        items: list[tuple[str | None, Json]],
        *,
        typecast: bool,
        replace: bool,
        merge_on: list[Field] | None = None,
    ) -> Written:
        """Change records by id, or by the values of the merge fields (an upsert)."""
        plan = Plan()
        writing = CellWriting(self.state, self.base, plan, typecast=typecast)
        self._check_ids(record_id for record_id, _ in items)
        targets: list[str | None] = [record_id for record_id, _ in items]
        accepted: list[Fields] = []
        for target, (_, cells) in zip(targets, items, strict=True):
            record = None if target is None else self.table.records[target]
            accepted.append(writing.accept(self.table, cells, record))
        if merge_on is not None:
            targets = self._merge(targets, accepted, merge_on)
        ids, created, updated = [], [], []
        for target, values in zip(targets, accepted, strict=True):
            if target is None:
                ids.append(plan.create(self.table, values))
                created.append(ids[-1])
                continue
            record = self.table.records[target]
            if replace:
                values = {**self._cleared(writing, record), **values}
            plan.update(self.table, target, values)
            ids.append(target)
            updated.append(target)
        return self._commit(plan, ids, created=created, updated=updated)

    def destroy(self, record_ids: list[str]) -> Committed:
        plan = Plan()
        for record_id in record_ids:
            plan.destroy(self.table, record_id)
        return self.transactions.commit(self.base, plan, self.actor)

    def _commit(
        self, plan: Plan, ids: list[str], *, created: list[str], updated: list[str]
    ) -> Written:
        committed = self.transactions.commit(self.base, plan, self.actor)
        return Written(record_ids=ids, created=created, updated=updated, committed=committed)

    def _check_ids(self, record_ids: Iterable[str | None]) -> None:
        seen = set()
        for record_id in record_ids:
            if record_id is None:
                continue
            if record_id not in self.table.records:
                raise errors.row_does_not_exist(record_id)
            if record_id in seen:
                raise errors.unprocessable(
                    "INVALID_RECORDS",
                    "You cannot update the same record multiple times in a single request.",
                )
            seen.add(record_id)

    def _cleared(self, writing: CellWriting, record: Record) -> Fields:
        """PUT empties every writable cell that it does not name."""
        writing.target = record
        return {
            each.id: writing.accept_cell(each, None)
            for each in self.table.fields.values()
            if not is_computed(each.type) and each.id in record.values
        }

    def _merge(
        self, targets: list[str | None], accepted: list[Fields], merge_on: list[Field]
    ) -> list[str | None]:
        keys: list[tuple[Json, ...] | None] = []
        for target, values in zip(targets, accepted, strict=True):
            if target is not None:
                keys.append(None)
                continue
            for each in merge_on:
                if each.id not in values:
                    raise errors.invalid_request(
                        f'Every record without an id must have the merge field "{each.name}"'
                    )
            keys.append(merge_key(values, merge_on))
        matches = self._find(merge_on, {key for key in keys if key is not None})
        taken = {target for target in targets if target is not None}
        merged: list[str | None] = []
        for target, key in zip(targets, keys, strict=True):
            found = matches.get(key, []) if key is not None else []
            if len(found) > 1:
                raise errors.invalid_request(
                    f"Cannot upsert: {len(found)} records match the merge fields "
                    f"({', '.join(found[:3])})"
                )
            chosen = target if target is not None else (found[0] if found else None)
            if target is None and chosen is not None:
                if chosen in taken:
                    raise errors.unprocessable(
                        "INVALID_RECORDS",
                        "You cannot update the same record multiple times in a single request.",
                    )
                taken.add(chosen)
            merged.append(chosen)
        return merged

    def _find(
        self, merge_on: list[Field], wanted: set[tuple[Json, ...]]
    ) -> dict[tuple[Json, ...], list[str]]:
        found: dict[tuple[Json, ...], list[str]] = {}
        if not wanted:
            return found
        first = merge_on[0].id
        firsts = {key[0] for key in wanted}
        for record in self.table.records.values():
            if _hashable(record.values.get(first)) in firsts:
                key = merge_key(record.values, merge_on)
                if key in wanted and key is not None:
                    found.setdefault(key, []).append(record.id)
        return found


def merge_key(values: Fields, merge_on: list[Field]) -> tuple[Json, ...] | None:
    """What an upsert compares; nothing matches a key with an empty part."""
    key = tuple(_hashable(values.get(each.id)) for each in merge_on)
    return None if any(part is None for part in key) else key


def _hashable(value: Json) -> Json:
    return tuple(sorted(map(str, value))) if isinstance(value, list) else value


# The form of a body, checked before anything else


def check_keys(body: Json, *, many: bool) -> None:
    if not isinstance(body, dict) or set(body) - (_MANY_KEYS if many else _SINGLE_KEYS):
        raise errors.invalid_request()
    for name in ("typecast", "returnFieldsByFieldId"):
        if not isinstance(body.get(name, False), bool):
            raise errors.invalid_request()


def items_to_create(body: Json) -> list[Json]:
    items = body["records"]
    if not isinstance(items, list) or not 0 < len(items) <= 10:
        raise errors.unprocessable("INVALID_RECORDS", errors.TEN_WITHOUT_IDS)
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("fields"), dict):
            raise errors.unprocessable("INVALID_RECORDS", errors.TEN_WITHOUT_IDS)
        if set(item) - {"fields"}:
            raise errors.invalid_request()
    return [item["fields"] for item in items]


def items_to_update(body: Json, *, upsert: bool) -> list[tuple[str | None, Json]]:
    refused = errors.unprocessable("INVALID_RECORDS", errors.TEN_WITH_IDS)
    items = body.get("records")
    if not isinstance(items, list) or not 0 < len(items) <= 10:
        raise refused
    found: list[tuple[str | None, Json]] = []
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("fields"), dict):
            raise refused
        record_id = item.get("id")
        if not (is_id(record_id, "rec") or (upsert and record_id is None)):
            raise refused
        if set(item) - {"id", "fields"}:
            raise errors.invalid_request()
        found.append((record_id, item["fields"]))
    return found


def merge_fields(table: Table, wish: Json) -> list[Field]:
    names = wish.get("fieldsToMergeOn") if isinstance(wish, dict) else None
    if not isinstance(names, list) or not 1 <= len(names) <= 3 or set(wish) != {"fieldsToMergeOn"}:
        raise errors.invalid_request()
    found = []
    for name in names:
        each = table.find_field(name)
        if each is None:
            raise errors.unknown_field(str(name))
        if each.type not in MERGEABLE:
            raise errors.invalid_request(f'Cannot merge on field "{each.name}" of type {each.type}')
        found.append(each)
    return found


def ids_to_delete(values: list[str]) -> list[str]:
    if not 0 < len(values) <= 10 or not all(is_id(each, "rec") for each in values):
        raise errors.unprocessable("INVALID_RECORDS", errors.TEN_IDS)
    return list(dict.fromkeys(values))
