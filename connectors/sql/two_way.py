"""How are tables of another database kept equal with the hub: read, told of, written?

The other side has no webhook: its "hook" is the column that holds the time of each row's last
change, and the cursor is that time in microseconds of 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

from connectors.sql.place import DatabasePlace
from connectors.sql.records import record_of, unfit_cells
from connectors.sql.schema import all_tables, table_schema, with_links
from connectors.sql.settings import Settings
from connectors.sql.tables import EPOCH, Row, Tables
from hub.contract import Capability, CheckResult, Limiter, Priority, StreamAddress
from hub.core.records import (
    CellChange,
    ChangeKind,
    ChangePage,
    HookInfo,
    RecordChange,
    RecordPage,
    RemoteRecord,
    StreamSchema,
    WriteItem,
    WriteResult,
)
from hub.core.values import MISSING
from hub.errors import HubError, RemoteMissing

HOOK = "change-columns"
PAGE_ROWS = 100
_REFUSALS = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
_MYSQL_REFUSALS = frozenset({1048, 1364, 1366, 1292, 3819, 4025})
"""No default, no null, a wrong value, a check: MySQL tells them as troubles of its own."""


class SqlConnector:
    """The tables of one database, in both directions. See `hub.contract.Connector`."""

    capabilities = frozenset({Capability.WRITE, Capability.WATCH, Capability.READ_BY_ID})
    write_batch_size = 100
    read_batch_size = PAGE_ROWS

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._settings = settings
        self._limiter = limiter
        self._place = DatabasePlace(connection, settings)
        self._tables = Tables(self._place)
        self._schema: Mapping[str, StreamSchema] = {}
        self.request_timeout_seconds = settings.request_timeout_seconds

    @property
    def requests_made(self) -> int:
        """Statements sent since the connector was made."""
        return self._place.requests_made

    @property
    def schema(self) -> Mapping[str, StreamSchema]:
        """The schema in hand."""
        return self._schema

    def use_schema(self, schema: Mapping[str, StreamSchema]) -> None:
        """Keep what the hub knows of the fields; the keys are read with the first question."""
        self._schema = {
            table: _with_key(known, self._schema.get(table)) for table, known in schema.items()
        }

    def check(self) -> tuple[CheckResult, ...]:
        """Does the database let us in, and does every table tell of its changes?"""
        try:
            schema = self.discover(Priority.PERSON)
        except HubError as exc:
            return (CheckResult(name="reach", ok=False, sentence=exc.message),)
        results = [
            CheckResult(
                name="reach", ok=True, sentence=f"{self._place.name} answers, and lets us in."
            )
        ]
        for table, column in self._settings.changes.items():
            found = schema.get(table)
            is_right = found is not None and column in found.fields and bool(found.key)
            wrong = f"{table} is not there, has no primary key, or no column {column}."
            results.append(
                CheckResult(
                    name=f"changes of {table}",
                    ok=is_right,
                    sentence=f"{table} tells of changes by {column}." if is_right else wrong,
                )
            )
        return tuple(results)

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """Every table with a primary key."""
        self._limiter.wait(priority)
        with self._place.session() as session:
            inspector = inspect(session)
            found = {
                name: with_links(inspector, table_schema(inspector, name))
                for name in all_tables(inspector)
            }
        self._schema = {name: schema for name, schema in found.items() if schema.key}
        return self._schema

    def read_page(
        self, address: StreamAddress, cursor: str | None, priority: Priority
    ) -> RecordPage:
        """The next rows in the order of the key."""
        schema = self._table(address.table, priority)
        self._limiter.wait(priority)
        with self._place.session() as session:
            rows = self._tables.page(session, schema, address.table, cursor, PAGE_ROWS)
        records = self._tables.records(schema, address, rows)
        has_more = len(records) == PAGE_ROWS
        return RecordPage(
            records=records, next_cursor=records[-1].external_id if has_more else None
        )

    def read_records(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, RemoteRecord]:
        """These rows; one that is not in the answer is not in the table."""
        schema = self._table(address.table, priority)
        self._limiter.wait(priority)
        with self._place.session() as session:
            return self._tables.by_key(session, schema, address, external_ids)

    def find_by_hub_id(
        self, address: StreamAddress, hub_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, tuple[RemoteRecord, ...]]:
        """Rows that carry these Hub IDs, in the order of their keys."""
        schema = self._table(address.table, priority)
        self._limiter.wait(priority)
        with self._place.session() as session:
            return self._tables.by_hub_id(session, schema, address, hub_ids)

    def write(
        self, address: StreamAddress, items: Sequence[WriteItem], priority: Priority
    ) -> tuple[WriteResult, ...]:
        """Create by Hub ID and update, all in one transaction; a refused row fails alone."""
        schema = self._table(address.table, priority)
        self._limiter.wait(priority)
        with self._place.writing() as session:
            return tuple(self._write_one(session, schema, address, item) for item in items)

    def delete(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> None:
        """Delete rows; one that is gone counts as deleted."""
        schema = self._table(address.table, priority)
        self._limiter.wait(priority)
        with self._place.writing() as session:
            for external_id in external_ids:
                self._tables.delete(session, schema, address.table, external_id)

    def hooks(self) -> tuple[HookInfo, ...]:
        """The change columns, as long as some are named."""
        return (self.create_hook(None),) if self._settings.changes else ()

    def create_hook(self, notification_url: str | None) -> HookInfo:
        """Begin with what changes from now on; the complete read has the rest."""
        with self._place.session() as session:
            now = self._tables.now(session)
        return HookInfo(
            external_id=HOOK,
            mac_secret=None,
            expires_at=None,
            notification_url=notification_url,
            next_cursor=_micros(now - timedelta(seconds=self._settings.settle_seconds)),
        )

    def refresh_hook(self, external_id: str) -> HookInfo:
        """It does not expire."""
        return self.create_hook(None)

    def delete_hook(self, external_id: str) -> None:
        """Nothing stands at the other side."""

    def read_changes(self, hook_external_id: str, cursor: int, priority: Priority) -> ChangePage:
        """The rows whose change column lies behind the cursor and has settled."""
        self._limiter.wait(priority)
        changes: list[RecordChange] = []
        with self._place.session() as session:
            until = self._tables.now(session) - timedelta(seconds=self._settings.settle_seconds)
            after = EPOCH + timedelta(microseconds=cursor)
            ends = [until]
            for table, column in self._settings.changes.items():
                rows, end = self._tables.changed(session, table, column, after, until)
                changes += self._told(table, column, rows, cursor)
                ends.append(end)
        end = min(ends)
        kept = [change for change in changes if change.edited_at <= end]
        kept.sort(key=lambda change: (change.edited_at, change.stream_id, change.external_id))
        return ChangePage(
            changes=tuple(kept), next_cursor=max(cursor, _micros(end)), has_more=end < until
        )

    def _told(
        self, table: str, column: str, rows: Iterable[Row], cursor: int
    ) -> list[RecordChange]:
        schema = self._schema.get(table) or self._table(table, Priority.ROUTINE)
        told: list[RecordChange] = []
        for row in rows:
            record = record_of(schema, row, column)
            told.append(
                RecordChange(
                    stream_id=table,
                    external_id=record.external_id,
                    kind=ChangeKind.CHANGED,
                    actor=f"{self._connection}: {table}",
                    edited_at=record.modified_at or EPOCH,
                    transaction=cursor,
                    cells={
                        name: CellChange(current=record.fields.get(name), previous=MISSING)
                        for name in schema.fields
                    },
                )
            )
        return told

    def _write_one(
        self, session: Connection, schema: StreamSchema, address: StreamAddress, item: WriteItem
    ) -> WriteResult:
        values, problems = unfit_cells(schema, item.fields)
        if problems:
            return WriteResult(item=item, refused="; ".join(problems))
        stamp = self._settings.changes.get(address.table)
        if stamp is not None:
            values[stamp] = self._tables.time(self._tables.now(session))
        if address.hub_id_field is not None:
            values[address.hub_id_field] = item.hub_id
        external_id = item.external_id or self._known_as(session, schema, address, item.hub_id)
        try:
            with session.begin_nested():
                if external_id is None:
                    self._tables.insert(session, address.table, values)
                else:
                    self._tables.update(session, schema, address.table, external_id, values)
        except (*_REFUSALS, OperationalError) as exc:
            if isinstance(exc, OperationalError) and not _is_refusal(exc):
                raise
            return WriteResult(item=item, refused=str(exc.orig).strip().splitlines()[0][:200])
        if external_id is None:
            external_id = self._known_as(session, schema, address, item.hub_id)
        found = self._tables.by_key(session, schema, address, [external_id] if external_id else [])
        record = found.get(external_id or "")
        return WriteResult(item=item, record=record, is_gone=record is None)

    def _known_as(
        self, session: Connection, schema: StreamSchema, address: StreamAddress, hub_id: str
    ) -> str | None:
        found = self._tables.by_hub_id(session, schema, address, [hub_id]).get(hub_id, ())
        return found[0].external_id if found else None

    def _table(self, table: str, priority: Priority) -> StreamSchema:
        known = self._schema.get(table)
        if known is None or not known.key:
            before = self._schema
            found = self.discover(priority).get(table)
            if found is None:
                raise RemoteMissing(
                    f"[{self._connection}] {self._place.name} has no table {table} with a primary "
                    "key. Correct `table` in hub.toml; no row was touched."
                )
            known = _with_key(before.get(table, found), found)
            self._schema = {**self._schema, table: known}
        return known


def _is_refusal(exc: OperationalError) -> bool:
    return exc.orig is not None and exc.orig.args[:1] != () and exc.orig.args[0] in _MYSQL_REFUSALS


def _micros(at: datetime) -> int:
    return int((at - EPOCH) / timedelta(microseconds=1))


def _with_key(known: StreamSchema, found: StreamSchema | None) -> StreamSchema:
    """What the hub knows of a table, with the key that only the database knows."""
    if known.key or found is None:
        return known
    return StreamSchema(
        id=known.id,
        name=known.name,
        fields=known.fields,
        key=found.key,
        cursor_field=found.cursor_field,
    )
