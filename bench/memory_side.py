"""What is another side that costs nothing: records made up as they are asked for?

Records are a function of their number and of how often that was changed, so a hundred thousand of
them take no memory; what was written is one byte each. The time spent here is told apart. Names
that it is sent are stored in capitals, which no mapping knows of.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from hub.contract import Capability, CheckResult, Priority, StreamAddress
from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.records import (
    CellChange,
    ChangeKind,
    ChangePage,
    FieldSchema,
    HookInfo,
    RecordChange,
    RecordPage,
    RemoteRecord,
    StreamSchema,
    WriteItem,
    WriteResult,
)
from hub.core.values import MISSING, Value, ValueKind
from hub.store.columns import TIMESTAMP, column
from hub.store.entities.base import Entity
from hub.store.tables import TABLES, hub_columns

CONNECTION, STREAM, TABLE, HUB_ID = "memory", "records", "tblMemory00000000", "fldHubId000000000"
PAGE = 100
PAYLOADS = 50
EVERY = 5
"""One record of so many changes at a time."""
STAGES = ("prospecting", "engaging", "won", "lost")
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


class BenchRecord(Entity, table=True):
    """A row of twelve columns, as wide as a deal and of more kinds."""

    __tablename__ = "bench_record"

    name: str = column("Name", "A short text.")
    email: str | None = column("Email", "A short text.", default=None)
    note: str | None = column("Note", "A long text.", default=None)
    stage: str | None = column("Stage", "A choice.", choices=STAGES, default=None)
    region: str | None = column("Region", "A choice.", default=None)
    staff: int | None = column("Staff", "A whole number.", default=None)
    amount: Decimal | None = column(
        "Amount", "Money.", default=None, max_digits=14, decimal_places=2
    )
    share: Decimal | None = column(
        "Share", "A share.", default=None, max_digits=9, decimal_places=4
    )
    is_active: bool = column("Active", "A yes or no.", default=False)
    engaged_on: date | None = column("Engaged", "A day.", default=None)
    closed_at: datetime | None = column("Closed", "A moment.", default=None, sa_type=TIMESTAMP)
    parent_id: UUID | None = column("Parent", "Another row.", default=None)


TABLES["bench_record"] = BenchRecord.__table__  # type: ignore[attr-defined]  # SQLModel makes it

_KINDS = {
    "name": ("singleLineText", ValueKind.TEXT),
    "email": ("email", ValueKind.TEXT),
    "note": ("multilineText", ValueKind.TEXT),
    "stage": ("singleSelect", ValueKind.CHOICE),
    "region": ("singleSelect", ValueKind.CHOICE),
    "staff": ("number", ValueKind.DECIMAL),
    "amount": ("currency", ValueKind.DECIMAL),
    "share": ("percent", ValueKind.DECIMAL),
    "is_active": ("checkbox", ValueKind.BOOLEAN),
    "engaged_on": ("date", ValueKind.DATE),
    "closed_at": ("dateTime", ValueKind.TIMESTAMP),
    "parent_id": ("multipleRecordLinks", ValueKind.LINKS),
}
"""Of eight kinds at the hub: text, choice, integer, decimal, boolean, day, moment, reference."""
_REGIONS = ("Central", "East", "West")


@cache
def field_id(name: str) -> str:
    """The remote field of a column."""
    return f"fld{name.title().replace('_', ''):0<14}"


def _choices(name: str) -> dict[str, str]:
    named = {"stage": STAGES, "region": _REGIONS}.get(name, ())
    return {f"sel{choice:0<14}": choice for choice in named}


SCHEMA = {
    TABLE: StreamSchema(
        id=TABLE,
        name="Records",
        fields={
            field_id(name): FieldSchema(
                id=field_id(name),
                name=name,
                kind=kind,
                vendor_type=vendor_type,
                choices=_choices(name),
                links_to=TABLE if kind is ValueKind.LINKS else None,
            )
            for name, (vendor_type, kind) in _KINDS.items()
        }
        | {
            HUB_ID: FieldSchema(
                id=HUB_ID, name="Hub ID", kind=ValueKind.TEXT, vendor_type="singleLineText"
            )
        },
    )
}


def mapping() -> StreamMapping:
    """The stream, with guards wide enough for a benchmark."""
    columns = hub_columns("bench_record")
    return StreamMapping(
        connection=CONNECTION,
        stream=STREAM,
        remote_table=TABLE,
        hub_table="bench_record",
        hub_id_field=HUB_ID,
        note_field=None,
        modified_field=None,
        fields=tuple(
            FieldMapping(
                column=columns[name],
                field_id=field_id(name),
                link=STREAM if name == "parent_id" else None,
            )
            for name in _KINDS
        ),
        overwrite_limit=10**9,
        share_limit=1.0,
    )


def external_id(number: int) -> str:
    """The id of a record."""
    return f"rec{number:014}"


def hub_id(number: int) -> str:
    """The id of its row, which it carries from the beginning."""
    return f"01900000-0000-7000-8000-{number:012x}"


class MemorySide:
    """A connector over records that are made up. See `hub.contract.Connector`."""

    capabilities = frozenset({Capability.WRITE, Capability.WATCH, Capability.READ_BY_ID})
    request_timeout_seconds = 30.0
    write_batch_size = 10
    read_batch_size = 100
    schema = SCHEMA

    def __init__(self, records: int) -> None:
        self.records = records
        self.generation = 0
        self.requests_made = 0
        self.seconds = 0.0
        self.records_written = 0
        self.payloads: range = range(0)
        self._written = bytearray(records)

    def change_a_fifth(self) -> None:
        """Somebody edits three cells of every fifth record; a payload for ten records."""
        self.generation += 1
        self.payloads = range(self.generation % EVERY, self.records, EVERY * 10)

    # hub.contract.Connector

    def use_schema(self, schema: Mapping[str, StreamSchema]) -> None:
        """Nothing to spare."""

    def check(self) -> tuple[CheckResult, ...]:
        """All is well."""
        return ()

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """The one table."""
        return SCHEMA

    def read_page(
        self, address: StreamAddress, cursor: str | None, priority: Priority
    ) -> RecordPage:
        """A hundred records."""
        began = time.thread_time()
        self.requests_made += 1
        start = int(cursor or 0)
        end = min(start + PAGE, self.records)
        page = RecordPage(
            records=tuple(self._record(number) for number in range(start, end)),
            next_cursor=str(end) if end < self.records else None,
        )
        self.seconds += time.thread_time() - began
        return page

    def read_records(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, RemoteRecord]:
        """These records."""
        began = time.thread_time()
        self.requests_made += 1
        found = {asked: self._record(int(asked[3:])) for asked in external_ids}
        self.seconds += time.thread_time() - began
        return found

    def find_by_hub_id(
        self, address: StreamAddress, hub_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, tuple[RemoteRecord, ...]]:
        """None: nothing is created here."""
        return {}

    def write(
        self, address: StreamAddress, items: Sequence[WriteItem], priority: Priority
    ) -> tuple[WriteResult, ...]:
        """Take the hub's own edit, of which there is one kind, in."""
        began = time.thread_time()
        self.requests_made += 1
        results = []
        for item in items:
            number = int((item.external_id or "")[3:])
            self._written[number] = 1
            self.records_written += 1
            if set(item.fields) != {field_id("name")}:
                raise AssertionError(f"only names are edited here, {list(item.fields)} came")
            results.append(WriteResult(item=item, record=self._record(number)))
        self.seconds += time.thread_time() - began
        return tuple(results)

    def delete(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> None:
        """Nothing is deleted here."""
        raise AssertionError("the bench deletes no record")

    def hooks(self) -> tuple[HookInfo, ...]:
        """The hook."""
        return (self.create_hook(None),)

    def create_hook(self, notification_url: str | None) -> HookInfo:
        """A hook that rings nobody."""
        return HookInfo(
            external_id="ach0", mac_secret=None, expires_at=None, notification_url=notification_url
        )

    def refresh_hook(self, external_id: str) -> HookInfo:
        """It never expires."""
        return self.create_hook(None)

    def delete_hook(self, external_id: str) -> None:
        """It is not missed."""

    def read_changes(self, hook_external_id: str, cursor: int, priority: Priority) -> ChangePage:
        """Fifty payloads of ten records each."""
        began = time.thread_time()
        self.requests_made += 1
        starts = self.payloads[:PAYLOADS]
        self.payloads = self.payloads[PAYLOADS:]
        changes = tuple(
            self._change(number)
            for start in starts
            for number in range(start, min(start + EVERY * 10, self.records), EVERY)
        )
        self.seconds += time.thread_time() - began
        return ChangePage(
            changes=changes, next_cursor=cursor + len(starts), has_more=bool(self.payloads)
        )

    def _change(self, number: int) -> RecordChange:
        after, before = self._edited(number, self.generation), self._edited(number, 0)
        return RecordChange(
            stream_id=TABLE,
            external_id=external_id(number),
            kind=ChangeKind.CHANGED,
            actor="Alex",
            edited_at=_SINCE,
            transaction=self.generation,
            cells={
                name: CellChange(current=value, previous=before.get(name, MISSING))
                for name, value in after.items()
            },
        )

    def _generation_of(self, number: int) -> int:
        """The last generation that touched the record."""
        behind = (self.generation - number) % EVERY
        return max(0, self.generation - behind)

    def _edited(self, number: int, generation: int) -> dict[str, Value]:
        return {
            field_id("staff"): str(number % 900 + generation),
            field_id("amount"): f"{number % 5000 + generation}.25",
            field_id("note"): f"Called {generation} times, interested in {number % 70} seats.",
        }

    def _record(self, number: int) -> RemoteRecord:
        fields: dict[str, Value] = {
            HUB_ID: hub_id(number),
            field_id("name"): f"Record {number}",
            field_id("email"): f"person{number}@example.com",
            field_id("stage"): f"sel{STAGES[number % 4]:0<14}",
            field_id("region"): f"sel{_REGIONS[number % 3]:0<14}",
            field_id("share"): f"0.{number % 97 + 1}1",
            field_id("engaged_on"): f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}",
            field_id("closed_at"): f"2026-{number % 12 + 1:02}-11T10:{number % 60:02}:00.000Z",
            field_id("parent_id"): [external_id(number // 20 * 20)],
            **self._edited(number, self._generation_of(number)),
        }
        if number % 2:
            fields[field_id("is_active")] = True
        if self._written[number]:
            fields[field_id("name")] = f"RECORD {number} BY HUB"
        return RemoteRecord(external_id=external_id(number), created_at=_SINCE, fields=fields)
