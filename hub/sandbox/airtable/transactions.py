"""How is a plan carried out, whole or not at all, and what did it change?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.sandbox.airtable.dependencies import Dependencies, Key
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.link_symmetry import LinkSymmetry
from hub.sandbox.airtable.model import Actor, Base, Record, Table
from hub.sandbox.airtable.plan import Plan
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """One cell before and after, as REST and as webhook payloads show it."""

    before: Json
    after: Json
    payload_before: Json
    payload_after: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaChange:
    """A table or a field that was made or altered: `previous` and `current` hold what changed."""

    table_id: str
    field_id: str | None
    kind: str  # "created" or "changed"
    current: Fields
    previous: Fields


@dataclass(kw_only=True, slots=True)
class Committed:
    """What one action did; everything that others are told is made from it."""

    base: Base
    transaction: int
    at: str
    actor: Actor
    created: dict[Key, Record] = field(default_factory=dict)
    destroyed: dict[Key, Record] = field(default_factory=dict)
    changed: dict[Key, dict[str, CellChange]] = field(default_factory=dict)
    # Cells that nobody wrote: computed ones of records that were not themselves written.
    recomputed: dict[Key, dict[str, CellChange]] = field(default_factory=dict)
    schema: list[SchemaChange] = field(default_factory=list)
    # Tables whose select options grew.
    new_choices_in: list[str] = field(default_factory=list)

    def touched_tables(self) -> list[str]:
        keys = [*self.created, *self.destroyed, *self.changed, *self.recomputed]
        return list(dict.fromkeys(table_id for table_id, _ in keys))


Writer = Callable[[Committed, Reader, sqlite3.Connection], None]


class Transactions:
    """The only way to change records. Writers add their rows to the same SQLite transaction."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.writers: list[Writer] = []
        self.listeners: list[Callable[[Committed], None]] = []

    def commit(self, base: Base, plan: Plan, actor: Actor) -> Committed:
        with self.state.lock:
            return _Commit(self, base, plan, actor).run()

    def publish(self, committed: Committed, connection: sqlite3.Connection) -> None:
        reader = Reader(self.state, committed.base)
        for write in self.writers:
            write(committed, reader, connection)

    def announce(self, committed: Committed) -> None:
        for listen in self.listeners:
            listen(committed)


class _Commit:
    def __init__(self, owner: Transactions, base: Base, plan: Plan, actor: Actor) -> None:
        self.owner = owner
        self.state = owner.state
        self.base = base
        self.plan = plan
        self.actor = actor
        self.at = self.state.clock.now_text()
        self.old: dict[Key, Record | None] = {}
        self.schema_changed = bool(plan.new_choices)

    def run(self) -> Committed:
        self._add_choices()
        LinkSymmetry(self.base, self.plan).complete()
        updates = self._real_updates()
        destroyed = list(dict.fromkeys(self.plan.destroys))
        affected = self._affected(updates, destroyed)
        before = self._snapshot(affected)
        committed = Committed(
            base=self.base,
            transaction=self.base.transaction + 1,
            at=self.at,
            actor=self.actor,
            new_choices_in=[table_id for table_id, _ in self.plan.new_choices],
        )
        try:
            self._apply(committed, updates)
            after = self._snapshot(affected)
            self._compare(committed, before, after, updates)
            if not self._is_empty(committed):
                self.base.transaction = committed.transaction
            self._persist(committed)
        except BaseException:
            self.base.transaction = committed.transaction - 1
            self._take_back()
            raise
        if not self._is_empty(committed):
            self.owner.announce(committed)
        return committed

    def _is_empty(self, committed: Committed) -> bool:
        return not (
            committed.created
            or committed.destroyed
            or committed.changed
            or committed.recomputed
            or committed.schema
        )

    def _add_choices(self) -> None:
        for (table_id, field_id), choices in self.plan.new_choices.items():
            field = self.base.tables[table_id].fields[field_id]
            options = dict(field.options or {})
            options["choices"] = [*(options.get("choices") or []), *choices]
            field.options = options
            field.index_choices()

    # What changes

    def _real_updates(self) -> dict[Key, Fields]:
        """The planned updates without those that change nothing or whose record goes."""
        destroyed = set(self.plan.destroys)
        real: dict[Key, Fields] = {}
        for (table_id, record_id), values in self.plan.updates.items():
            record = self.base.tables[table_id].records.get(record_id)
            if record is None or (table_id, record_id) in destroyed:
                continue
            differing = {
                field_id: value
                for field_id, value in values.items()
                if record.values.get(field_id) != value
                or type(record.values.get(field_id)) is not type(value)
            }
            if differing:
                real[table_id, record_id] = differing
        return real

    def _affected(self, updates: dict[Key, Fields], destroyed: list[Key]) -> dict[Key, set[str]]:
        seeds = {key: set(values) for key, values in updates.items()}
        for key in [*self.plan.creates, *destroyed]:
            seeds[key] = set(self.base.tables[key[0]].fields)
        return Dependencies(self.base).affected(seeds)

    def _snapshot(self, affected: dict[Key, set[str]]) -> dict[Key, dict[str, tuple[Json, Json]]]:
        """Both forms of every cell that may change, as they are now."""
        reader = Reader(self.state, self.base)
        shown: dict[Key, dict[str, tuple[Json, Json]]] = {}
        for key, field_ids in affected.items():
            table = self.base.tables[key[0]]
            record = table.records.get(key[1])
            if record is not None and key not in self.plan.creates:
                shown[key] = {
                    each: reader.both_values(table, record, table.fields[each])
                    for each in field_ids
                }
        return shown

    def _apply(self, committed: Committed, updates: dict[Key, Fields]) -> None:
        user_id = None if self.actor.user is None else self.actor.user.id
        for (table_id, record_id), values in self.plan.creates.items():
            table = self.base.tables[table_id]
            revived = self.plan.revived.get((table_id, record_id))
            record = Record(
                id=record_id,
                created=revived.created if revived else self.at,
                created_by=revived.created_by if revived else user_id,
                values={key: value for key, value in values.items() if value is not None},
                touched=dict(revived.touched) if revived else {},
                comments=list(revived.comments) if revived else [],
            )
            self._number(table, record, revived)
            self.old[table_id, record_id] = None
            table.records[record_id] = record
            committed.created[table_id, record_id] = record
        for (table_id, record_id), values in updates.items():
            table = self.base.tables[table_id]
            before = table.records[record_id]
            kept = {**before.values, **values}
            self.old[table_id, record_id] = before
            table.records[record_id] = Record(
                id=record_id,
                created=before.created,
                created_by=before.created_by,
                values={key: value for key, value in kept.items() if value is not None},
                touched={**before.touched, **{each: (self.at, user_id) for each in values}},
                comments=before.comments,
            )
        for table_id, record_id in dict.fromkeys(self.plan.destroys):
            record = self.base.tables[table_id].records.pop(record_id)
            self.old[table_id, record_id] = record
            committed.destroyed[table_id, record_id] = record

    def _number(self, table: Table, record: Record, revived: Record | None) -> None:
        for each in table.fields.values():
            if each.type != "autoNumber":
                continue
            if revived is not None and each.id in revived.values:
                record.values[each.id] = revived.values[each.id]
                continue
            number = table.next_number.get(each.id, 1)
            record.values[each.id] = number
            table.next_number[each.id] = number + 1
            self.schema_changed = True

    def _compare(
        self,
        committed: Committed,
        before: dict[Key, dict[str, tuple[Json, Json]]],
        after: dict[Key, dict[str, tuple[Json, Json]]],
        updates: dict[Key, Fields],
    ) -> None:
        for key, cells in after.items():
            if key in committed.created:
                continue
            changes = {
                field_id: CellChange(
                    before=old[0], after=new[0], payload_before=old[1], payload_after=new[1]
                )
                for field_id, new in cells.items()
                if (old := before.get(key, {}).get(field_id, (None, None))) != new
            }
            if changes:
                place = committed.changed if key in updates else committed.recomputed
                place[key] = changes

    def _persist(self, committed: Committed) -> None:
        with self.state.file.transaction() as connection:
            if not self._is_empty(committed) or self.schema_changed:
                if self.schema_changed:
                    self.state.save_base(connection, self.base)
                else:
                    connection.execute(
                        "UPDATE base SET transaction_number = ? WHERE id = ?",
                        (self.base.transaction, self.base.id),
                    )
            for table_id, record_id in self.old:
                table = self.base.tables[table_id]
                record = table.records.get(record_id)
                if record is None:
                    gone = committed.destroyed[table_id, record_id]
                    self.state.trash_record(connection, self.base, table, gone)
                else:
                    self.state.save_record(connection, self.base, table, record)
            if not self._is_empty(committed):
                self.owner.publish(committed, connection)

    def _take_back(self) -> None:
        """Something failed on the way, such as a full disk: as if it had never begun."""
        for (table_id, record_id), record in self.old.items():
            records = self.base.tables[table_id].records
            if record is None:
                records.pop(record_id, None)
            else:
                records[record_id] = record
        for (table_id, field_id), choices in self.plan.new_choices.items():
            field = self.base.tables[table_id].fields[field_id]
            added = {choice["id"] for choice in choices}
            kept = [each for each in field.option("choices") if each["id"] not in added]
            field.options = {**(field.options or {}), "choices": kept}
            field.index_choices()
