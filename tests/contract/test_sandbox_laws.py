"""What holds after any sequence of edits, whoever makes them?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_base import BASE, CLIENTS, DEALS, field, sample

from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.limits import UNLIMITED_RATE
from hub.sandbox.airtable.model import Actor, Base
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.records import RecordWriter
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.saving import save
from hub.sandbox.airtable.state import OWNER, State

FILTERS = {"dataTypes": ["tableData"]}
INCLUDES = {"includePreviousCellValues": True}
HOOK = {"specification": {"options": {"filters": FILTERS, "includes": INCLUDES}}}
TEXTS = st.sampled_from(["", "a", "b\n", "ü🙂", "\ud800", "\x00", None])
AMOUNTS = st.sampled_from([None, 0, 1, -2.5, 1e21])
STAGES = st.sampled_from([None, "Lead", "Won", "Lost"])
# A record is named by its place among those that are there.
PLACES = st.lists(st.integers(0, 9), max_size=3)
OPERATIONS = st.one_of(
    st.tuples(st.just("client"), TEXTS, STAGES, PLACES),
    st.tuples(st.just("deal"), TEXTS, AMOUNTS, PLACES),
    st.tuples(st.just("change client"), st.integers(0, 9), STAGES, PLACES),
    st.tuples(st.just("change deal"), st.integers(0, 9), AMOUNTS, PLACES),
    st.tuples(st.just("replace deal"), st.integers(0, 9), AMOUNTS, PLACES),
    st.tuples(st.just("delete client"), st.integers(0, 9)),
    st.tuples(st.just("delete deals"), PLACES),
    st.tuples(st.just("bring back"), st.integers(0, 9)),
)


class Room:
    """A stand-in in this process, and somebody who edits in it."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = Sandbox(State(folder), UNLIMITED_RATE)
        self.sandbox.load(sample(clients=3, deals=4))
        self.base: Base = self.sandbox.state.bases[BASE]
        self.hook = self.sandbox.hooks.create(self.base, HOOK)
        self.deleted: list[tuple[str, str]] = []

    def do(self, operation: tuple[Any, ...]) -> None:
        kind, *values = operation
        match kind, values:
            case "client", [name, stage, deals]:
                self._create(CLIENTS, Name=name, Stage=stage, Deals=self._some(DEALS, deals))
            case "deal", [title, amount, clients]:
                self._create(DEALS, Title=title, Amount=amount, Client=self._some(CLIENTS, clients))
            case "change client", [place, stage, deals]:
                self._change(CLIENTS, place, Stage=stage, Deals=self._some(DEALS, deals))
            case (("change deal" | "replace deal"), [place, amount, clients]):
                self._change(DEALS, place, replace=kind == "replace deal", Amount=amount,
                             Client=self._some(CLIENTS, clients))  # fmt: skip
            case "delete client", [place]:
                self._delete(CLIENTS, [place])
            case "delete deals", [places]:
                self._delete(DEALS, places)
            case "bring back", [place]:
                self._bring_back(place)

    def _ids(self, table: str) -> list[str]:
        return list(self.base.tables[table].records)

    def _some(self, table: str, places: list[int]) -> list[str]:
        ids = self._ids(table)
        return [ids[place % len(ids)] for place in places] if ids else []

    def _writer(self, table: str) -> RecordWriter:
        return RecordWriter(
            self.sandbox.state,
            self.sandbox.transactions,
            self.base,
            self.base.tables[table],
            Actor(user=OWNER, source="publicApi"),
        )

    def _create(self, table: str, **cells: Any) -> None:
        self._writer(table).create([cells, cells], typecast=False)

    def _change(self, table: str, place: int, *, replace: bool = False, **cells: Any) -> None:
        for record_id in self._some(table, [place]):
            self._writer(table).update([(record_id, cells)], typecast=False, replace=replace)

    def _delete(self, table: str, places: list[int]) -> None:
        ids = list(dict.fromkeys(self._some(table, places)))
        self.deleted += [(table, record_id) for record_id in ids]
        self._writer(table).destroy(ids)

    def _bring_back(self, place: int) -> None:
        if self.deleted:
            table_id, record_id = self.deleted.pop(place % len(self.deleted))
            table = self.base.tables[table_id]
            record = self.sandbox.state.trashed(self.base, table, record_id)
            assert record is not None
            self.sandbox.people.restore(self.base, table, [(record_id, record)], "Robin")

    def cells(self) -> dict[tuple[str, str, str], Any]:
        reader = Reader(self.sandbox.state, self.base)
        return {
            (table_id, record.id, field_id): reader.value(table, record, table.fields[field_id])
            for table_id, table in self.base.tables.items()
            for record in table.records.values()
            for field_id in record.values
        }

    def payloads(self) -> list[dict[str, Any]]:
        found, cursor, more = [], 1, True
        while more:
            page = self.sandbox.hooks.payloads(self.base, self.hook.id, cursor, 50)
            found += page["payloads"]
            cursor, more = page["cursor"], page["mightHaveMore"]
        return found


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATIONS, max_size=12))
def test_the_laws_hold_after_any_edits(operations: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder))
        before = room.cells()
        for operation in operations:
            room.do(operation)

        _links_are_the_same_from_both_sides(room)
        assert room.cells() == _replayed(before, room.sandbox.edit_log.after(0)["edits"])
        _payloads_tell_every_cell(room)
        saved = save(room.sandbox.state)
        room.sandbox.state.close()
        again = State(Path(folder))
        assert saved == save(again)
        again.close()


def _links_are_the_same_from_both_sides(room: Room) -> None:
    clients, deals = (room.base.tables[table].records for table in (CLIENTS, DEALS))
    there = {
        (client.id, deal)
        for client in clients.values()
        for deal in client.values.get(field("Deals"), ())
    }
    back = {
        (client, deal.id)
        for deal in deals.values()
        for client in deal.values.get(field("Client"), ())
    }

    assert there == back
    assert all(client in clients and deal in deals for client, deal in there)


def _replayed(cells: dict[tuple[str, str, str], Any], edits: list[dict[str, Any]]) -> Any:
    """The cells after an edit log, each step checked to begin where the one before ended."""
    now = dict(cells)
    for each in edits:
        if each["field"] is None:
            continue
        key = (each["table"], each["record"], each["field"])
        assert now.get(key) == each["before"]
        now[key] = each["after"]
    return {key: value for key, value in now.items() if value is not None}


def _payloads_tell_every_cell(room: Room) -> None:
    """What a webhook told last of a cell is what stands in it."""
    reader = Reader(room.sandbox.state, room.base)
    told: dict[tuple[str, str, str], Any] = {}
    for payload in room.payloads():
        for table_id, change in payload["changedTablesById"].items():
            entries = {
                **change.get("createdRecordsById", {}),
                **{
                    key: each["current"]
                    for key, each in change.get("changedRecordsById", {}).items()
                },
            }
            for record_id, entry in entries.items():
                for field_id, value in entry["cellValuesByFieldId"].items():
                    told[table_id, record_id, field_id] = value
    for (table_id, record_id, field_id), value in told.items():
        table = room.base.tables[table_id]
        record = table.records.get(record_id)
        if record is not None and table.fields[field_id].type != "lastModifiedTime":
            now = reader.payload_value(table, record, table.fields[field_id])
            assert _without_names(value) == _without_names(now)


def _without_names(value: Any) -> Any:
    """A linked record's name may have changed since without a change of the cell."""
    if isinstance(value, list):
        return [each["id"] if isinstance(each, dict) and "id" in each else each for each in value]
    return value


def test_a_refusal_leaves_no_trace(tmp_path: Path) -> None:
    room = Room(tmp_path)
    before, transaction = save(room.sandbox.state), room.base.transaction
    for cells in ({"Stage": "?"}, {"Nope": 1}, {"Deals": ["recNobody00000000"]}):
        try:
            room._create(CLIENTS, **cells)
        except AirtableError:
            continue
        raise AssertionError(f"{cells} was taken")

    assert (before, transaction) == (save(room.sandbox.state), room.base.transaction)
    assert [] == room.payloads()
    room.sandbox.state.close()
