"""What does a webhook with this specification hear of an action?"""

from __future__ import annotations

from dataclasses import dataclass

from hub.sandbox.airtable.dependencies import Key
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Record, Table
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.transactions import CellChange, Committed


@dataclass(frozen=True, slots=True)
class Specification:
    """The options of a webhook, with their defaults."""

    options: Fields

    @property
    def filters(self) -> Fields:
        found: Fields = self.options.get("filters") or {}
        return found

    @property
    def includes(self) -> Fields:
        found: Fields = self.options.get("includes") or {}
        return found

    @property
    def scope(self) -> str | None:
        return self.filters.get("recordChangeScope")

    def hears(self, data_type: str) -> bool:
        return data_type in self.filters["dataTypes"]

    def hears_source(self, source: str) -> bool:
        wanted = self.filters.get("fromSources")
        return not wanted or source in wanted

    def hears_kind(self, kind: str) -> bool:
        wanted = self.filters.get("changeTypes")
        return not wanted or kind in wanted

    def watches(self, field_id: str) -> bool:
        wanted = self.filters.get("watchDataInFieldIds")
        return not wanted or field_id in wanted

    def watches_schema(self, field_id: str) -> bool:
        wanted = self.filters.get("watchSchemasOfFieldIds")
        return not wanted or field_id in wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewMoves:
    """For a webhook on a view: the records in it before and after the action."""

    before: frozenset[str]
    after: frozenset[str]


def payloads(
    committed: Committed, reader: Reader, specification: Specification, moves: ViewMoves | None
) -> list[Fields]:
    """None, one, or two: cells that were recomputed in other records come in a second payload."""
    if not specification.hears_source(committed.actor.source):
        return []
    return [
        {
            "timestamp": committed.at,
            "baseTransactionNumber": committed.transaction,
            "actionMetadata": committed.actor.action_metadata(),
            "payloadFormat": "v0",
            **content,
        }
        for content in (
            _Content(committed, reader, specification, moves).written(),
            _Content(committed, reader, specification, moves).recomputed(),
        )
        if content
    ]


class _Content:
    def __init__(
        self,
        committed: Committed,
        reader: Reader,
        specification: Specification,
        moves: ViewMoves | None,
    ) -> None:
        self.committed = committed
        self.reader = reader
        self.specification = specification
        self.moves = moves
        self.tables: dict[str, Fields] = {}
        self.answer: Fields = {}

    def written(self) -> Fields:
        self._schema()
        if self.specification.hears("tableData"):
            for key, record in self.committed.created.items():
                self._created(key, record)
            for key, cells in self.committed.changed.items():
                self._changed(key, cells)
            for key in self.committed.destroyed:
                self._destroyed(key)
        return self._content()

    def recomputed(self) -> Fields:
        if self.specification.hears("tableData"):
            for key, cells in self.committed.recomputed.items():
                self._changed(key, cells)
        return self._content()

    def _content(self) -> Fields:
        changed = {table_id: content for table_id, content in self.tables.items() if content}
        return {**self.answer, **({"changedTablesById": changed} if changed else {})}

    # Records

    def _place(self, key: Key) -> Fields | None:
        """Where a record's change is told: its table, or the view that is watched."""
        table_id, _ = key
        scope = self.specification.scope
        if scope is None or scope == table_id:
            return self.tables.setdefault(table_id, {})
        table = self.committed.base.tables.get(table_id)
        if table is None or all(view.id != scope for view in table.views):
            return None
        views: Fields = self.tables.setdefault(table_id, {}).setdefault("changedViewsById", {})
        found: Fields = views.setdefault(scope, {})
        return found

    def _was_in(self, record_id: str) -> bool:
        return self.moves is None or record_id in self.moves.before

    def _is_in(self, record_id: str) -> bool:
        return self.moves is None or record_id in self.moves.after

    def _created(self, key: Key, record: Record) -> None:
        if not self.specification.hears_kind("add") or not self._is_in(record.id):
            return
        place = self._place(key)
        if place is not None:
            table = self.committed.base.tables[key[0]]
            place.setdefault("createdRecordsById", {})[record.id] = {
                "createdTime": record.created,
                "cellValuesByFieldId": self._cells(table, record, list(table.fields)),
            }

    def _destroyed(self, key: Key) -> None:
        if not self.specification.hears_kind("remove") or not self._was_in(key[1]):
            return
        place = self._place(key)
        if place is not None:
            place.setdefault("destroyedRecordIds", []).append(key[1])

    def _changed(self, key: Key, cells: dict[str, CellChange]) -> None:
        table = self.committed.base.tables[key[0]]
        record = table.records[key[1]]
        was_in, is_in = self._was_in(record.id), self._is_in(record.id)
        if not was_in and is_in:
            self._created(key, record)
        elif was_in and not is_in:
            self._destroyed(key)
        elif was_in:
            self._updated(key, table, record, cells)

    def _updated(
        self, key: Key, table: Table, record: Record, cells: dict[str, CellChange]
    ) -> None:
        watched = {each: cells[each] for each in cells if self.specification.watches(each)}
        if not watched or not self.specification.hears_kind("update"):
            return
        place = self._place(key)
        if place is None:
            return
        entry: Fields = {
            "current": _values({each: change.payload_after for each, change in watched.items()})
        }
        if self.specification.includes.get("includePreviousCellValues"):
            entry["previous"] = _values(
                {each: change.payload_before for each, change in watched.items()}
            )
        wanted = self.specification.includes.get("includeCellValuesInFieldIds")
        if wanted:
            others = list(table.fields) if wanted == "all" else wanted
            unchanged = [each for each in others if each not in watched and each in table.fields]
            entry["unchanged"] = _values(self._cells(table, record, unchanged))
        place.setdefault("changedRecordsById", {})[record.id] = entry

    def _cells(self, table: Table, record: Record, field_ids: list[str]) -> Fields:
        found = {
            each: self.reader.payload_value(table, record, table.fields[each]) for each in field_ids
        }
        return {each: value for each, value in found.items() if value is not None}

    # Schema

    def _schema(self) -> None:
        for change in self.committed.schema:
            if change.field_id is not None:
                self._field_change(change.table_id, change.field_id, change.kind,
                                   change.current, change.previous)  # fmt: skip
            elif self.specification.hears("tableMetadata") and self._in_scope(change.table_id):
                self._table_change(change.table_id, change.kind, change.current, change.previous)

    def _in_scope(self, table_id: str) -> bool:
        return self.specification.scope in (None, table_id)

    def _table_change(self, table_id: str, kind: str, current: Fields, previous: Fields) -> None:
        if kind == "created" and self.specification.hears_kind("add"):
            table = self.committed.base.tables[table_id]
            fields = {
                each.id: {"name": each.name, "type": each.type} for each in table.fields.values()
            }
            self.answer.setdefault("createdTablesById", {})[table_id] = {
                "metadata": current,
                "fieldsById": fields,
            }
        elif kind == "destroyed" and self.specification.hears_kind("remove"):
            self.answer.setdefault("destroyedTableIds", []).append(table_id)
        elif kind == "changed" and self.specification.hears_kind("update"):
            self.tables.setdefault(table_id, {})["changedMetadata"] = {
                "current": current,
                "previous": previous,
            }

    def _field_change(
        self, table_id: str, field_id: str, kind: str, current: Fields, previous: Fields
    ) -> None:
        heard = {"created": "add", "destroyed": "remove"}.get(kind, "update")
        if (
            not self.specification.hears("tableFields")
            or not self._in_scope(table_id)
            or not self.specification.hears_kind(heard)
            or not self.specification.watches_schema(field_id)
        ):
            return
        place = self.tables.setdefault(table_id, {})
        if kind == "created":
            place.setdefault("createdFieldsById", {})[field_id] = current
        elif kind == "destroyed":
            place.setdefault("destroyedFieldIds", []).append(field_id)
        elif current:
            entry: Fields = {"current": current}
            if self.specification.includes.get("includePreviousFieldDefinitions"):
                entry["previous"] = previous
            place.setdefault("changedFieldsById", {})[field_id] = entry


def _values(cells: Json) -> Fields:
    return {"cellValuesByFieldId": cells}
