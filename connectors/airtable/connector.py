"""Which calls make an Airtable base a connection of the hub?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from connectors.airtable import payloads
from connectors.airtable.requests import Requests, UnknownField
from connectors.airtable.settings import Settings
from connectors.airtable.values import UnknownChoice, from_rest, read_schema, to_rest
from hub.contract import Capability, CheckResult, Limiter, Priority, StreamAddress
from hub.core.calls import Call, CallKind
from hub.core.records import (
    ChangePage,
    FieldSchema,
    HookInfo,
    RecordPage,
    RemoteRecord,
    StreamSchema,
    WriteItem,
    WriteResult,
)
from hub.core.values import Value
from hub.errors import (
    CursorExpired,
    HubError,
    PermissionLost,
    RecordRejected,
    RemoteMissing,
)

_HOOK = {
    "options": {
        "filters": {"dataTypes": ["tableData", "tableFields", "tableMetadata"]},
        "includes": {"includePreviousCellValues": True, "includePreviousFieldDefinitions": True},
    }
}

_HOOK_CALL = Call(kind=CallKind.HOOK)


class AirtableConnector:
    """One base, spoken to as one token. See `hub.contract.Connector`."""

    capabilities = frozenset(
        {Capability.WRITE, Capability.WATCH, Capability.READ_BY_ID, Capability.ANNOTATE}
    )
    write_batch_size = 10
    read_batch_size = 100

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._base = settings.base
        self.request_timeout_seconds = settings.request_timeout_seconds
        self._requests = Requests(
            connection,
            settings.endpoint,
            settings.token.get_secret_value(),
            settings.request_timeout_seconds,
            limiter,
        )
        self._schema: Mapping[str, StreamSchema] = {}

    @property
    def requests_made(self) -> int:
        """Requests sent since the connector was made."""
        return self._requests.calls.total()

    @property
    def calls_made(self) -> Mapping[Call, int]:
        """The same, by what they asked."""
        return self._requests.calls

    @property
    def schema(self) -> Mapping[str, StreamSchema]:
        """The schema in hand, empty before it was read or given."""
        return self._schema

    def use_schema(self, schema: Mapping[str, StreamSchema]) -> None:
        """Spare a request: this schema was read not long ago."""
        self._schema = schema

    def check(self) -> tuple[CheckResult, ...]:
        """Token, base and webhook permission, a sentence each."""
        return tuple(self._checks())

    def _checks(self) -> Iterator[CheckResult]:
        try:
            tables = self.discover()
        except HubError as exc:
            yield CheckResult(name="base", ok=False, sentence=exc.message)
            return
        names = ", ".join(table.name for table in tables.values())
        yield CheckResult(name="base", ok=True, sentence=f"The base answers: {names}.")
        try:
            hooks = self.hooks()
        except HubError as exc:
            yield CheckResult(name="webhooks", ok=False, sentence=exc.message)
            return
        yield CheckResult(name="webhooks", ok=True, sentence=f"{len(hooks)} webhooks exist.")

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """Every table by id, read afresh and kept for the calls that follow."""
        answer = self._requests.send(
            "GET",
            self._requests.url("meta", "bases", self._base, "tables"),
            action=f"read the schema of {self._base}",
            call=Call(kind=CallKind.SCHEMA),
            priority=priority,
        )
        self._schema = read_schema(answer["tables"])
        return self._schema

    def _table(self, table: str, priority: Priority) -> StreamSchema:
        schema: Mapping[str, StreamSchema] = self._schema or self.discover(priority)
        if table not in schema:
            raise RemoteMissing(
                f"[{self._connection}] table {table} is not in base {self._base}; "
                f"it has {', '.join(schema)}. Restore the table or change `table` in hub.toml."
            )
        return schema[table]

    def read_page(
        self, address: StreamAddress, cursor: str | None, priority: Priority
    ) -> RecordPage:
        """A hundred records, in the order of the table."""
        options: dict[str, Any] = {"page_size": 100}
        if cursor:
            options["offset"] = cursor
        return self._list(address, options, priority, CallKind.PAGE)

    def read_records(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, RemoteRecord]:
        """These records, found by listing the table itself, never a view."""
        if not external_ids:
            return {}
        clauses = ",".join(f"RECORD_ID()='{external_id}'" for external_id in external_ids)
        page = self._list(address, _found_by(clauses), priority, CallKind.RECORDS)
        return {record.external_id: record for record in page.records}

    def find_by_hub_id(
        self, address: StreamAddress, hub_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, tuple[RemoteRecord, ...]]:
        """Records that carry these Hub IDs, the oldest first."""
        found: dict[str, list[RemoteRecord]] = {}
        field_id = str(address.hub_id_field)
        for start in range(0, len(hub_ids), self.read_batch_size):
            chunk = hub_ids[start : start + self.read_batch_size]
            clauses = ",".join(f"{{{field_id}}}='{hub_id}'" for hub_id in chunk)
            cursor: str | None = ""
            while cursor is not None:
                # More records than ids only where ids were copied.
                options = {**_found_by(clauses), **({"offset": cursor} if cursor else {})}
                page = self._list(address, options, priority, CallKind.LOOKUP)
                for record in page.records:
                    found.setdefault(str(record.fields.get(field_id)), []).append(record)
                cursor = page.next_cursor
        oldest = datetime.min.replace(tzinfo=UTC)
        return {
            hub_id: tuple(sorted(records, key=lambda record: record.created_at or oldest))
            for hub_id, records in found.items()
        }

    def _list(
        self, address: StreamAddress, options: dict[str, Any], priority: Priority, kind: CallKind
    ) -> RecordPage:
        url = self._requests.url(self._base, address.table)
        with self._fresh_schema(priority):
            answer = self._requests.send(
                "GET",
                url,
                action=f"read {address.stream}",
                call=Call(kind=kind, stream=address.stream),
                priority=priority,
                options={**options, "fields": _wanted(address), "use_field_ids": True},
                fallback=("POST", f"{url}/listRecords"),
            )
        return RecordPage(
            records=tuple(self._records(address, answer["records"], priority)),
            next_cursor=answer.get("offset"),
        )

    @contextmanager
    def _fresh_schema(self, priority: Priority) -> Iterator[None]:
        """Look at the fields again where one is not there any more; the caller tries again."""
        try:
            yield
        except UnknownField:
            self.discover(priority)
            raise

    def _records(
        self, address: StreamAddress, raw: Sequence[Mapping[str, Any]], priority: Priority
    ) -> list[RemoteRecord]:
        try:
            return [self._record(address, record, priority) for record in raw]
        except UnknownChoice:
            # Somebody added an option since the schema was read.
            self.discover(priority)
            return [self._record(address, record, priority) for record in raw]

    def _record(
        self, address: StreamAddress, raw: Mapping[str, Any], priority: Priority
    ) -> RemoteRecord:
        known = self._table(address.table, priority).fields
        fields: dict[str, Value] = {
            field_id: from_rest(known[field_id], value)
            for field_id, value in raw["fields"].items()
            if field_id in known
        }
        modified = fields.get(address.modified_field) if address.modified_field else None
        return RemoteRecord(
            external_id=raw["id"],
            created_at=datetime.fromisoformat(raw["createdTime"]),
            fields=fields,
            modified_at=datetime.fromisoformat(modified) if isinstance(modified, str) else None,
        )

    def write(
        self, address: StreamAddress, items: Sequence[WriteItem], priority: Priority
    ) -> tuple[WriteResult, ...]:
        """Create by upsert on the Hub ID, update by id; a batch is all or nothing at Airtable."""
        known = self._table(address.table, priority).fields
        try:
            return self._write(address, items, priority, known)
        except RecordRejected:
            # An option is sent by its name, and that may have changed since the schema was read.
            if not any(known[name].choices for item in items for name in item.fields):
                raise
            fresh = self.discover(priority)[address.table].fields
            if all(fresh[name].choices == known[name].choices for name in known if name in fresh):
                raise
            return self._write(address, items, priority, fresh)

    def _write(
        self,
        address: StreamAddress,
        items: Sequence[WriteItem],
        priority: Priority,
        known: Mapping[str, FieldSchema],
    ) -> tuple[WriteResult, ...]:
        plain: list[dict[str, Any]] = []
        new_options: dict[int, dict[str, Any]] = {}
        for index, item in enumerate(items):
            cells: dict[str, Any] = {}
            for field_id, value in item.fields.items():
                cell, needs_typecast = to_rest(known[field_id], value)
                if needs_typecast:
                    new_options.setdefault(index, {})[field_id] = cell
                else:
                    cells[field_id] = cell
            if address.hub_id_field:
                cells.setdefault(address.hub_id_field, item.hub_id)
            plain.append({"id": item.external_id, "fields": cells})
        records = self._patch(address, plain, priority, typecast=False)
        for index, cells in new_options.items():
            # Typecast stays out of every request that may carry links.
            row = [{"id": records[index]["id"], "fields": cells}]
            records[index] = self._patch(address, row, priority, typecast=True)[0]
        if new_options:
            self.discover(priority)
        parsed = self._records(address, records, priority)
        return tuple(
            WriteResult(item=item, record=record)
            for item, record in zip(items, parsed, strict=True)
        )

    def _patch(
        self,
        address: StreamAddress,
        rows: Sequence[dict[str, Any]],
        priority: Priority,
        *,
        typecast: bool,
    ) -> list[dict[str, Any]]:
        body: dict[str, Any] = {
            "records": [row if row["id"] else {"fields": row["fields"]} for row in rows],
            "typecast": typecast,
            "returnFieldsByFieldId": True,
        }
        if any(row["id"] is None for row in rows):
            body["performUpsert"] = {"fieldsToMergeOn": [address.hub_id_field]}
        with self._fresh_schema(priority):
            answer = self._requests.send(
                "PATCH",
                self._requests.url(self._base, address.table),
                action=f"write {address.stream}",
                call=Call(kind=CallKind.WRITE, stream=address.stream),
                priority=priority,
                json=body,
            )
        records: list[dict[str, Any]] = answer["records"]
        return records

    def delete(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> None:
        """Delete up to ten records; where one is gone already, the others one by one."""
        url = self._requests.url(self._base, address.table)
        try:
            self._requests.send(
                "DELETE",
                url,
                action=f"remove records of {address.stream}",
                call=Call(kind=CallKind.WRITE, stream=address.stream),
                priority=priority,
                params={"records[]": list(external_ids)},
            )
        except (RemoteMissing, RecordRejected):
            if len(external_ids) == 1:
                return
            for external_id in external_ids:
                self.delete(address, [external_id], priority)

    def hooks(self) -> tuple[HookInfo, ...]:
        """The base's webhooks. Their secrets are told only once, at creation."""
        answer = self._requests.send(
            "GET",
            self._hooks_url(),
            action="list webhooks",
            call=_HOOK_CALL,
            priority=Priority.ROUTINE,
        )
        return tuple(
            HookInfo(
                external_id=hook["id"],
                mac_secret=None,
                expires_at=_moment(hook.get("expirationTime")),
                notification_url=hook.get("notificationUrl"),
                next_cursor=int(hook["cursorForNextPayload"]),
                is_enabled=bool(hook.get("isHookEnabled", True)),
                notifies=bool(hook.get("areNotificationsEnabled", True)),
            )
            for hook in answer["webhooks"]
        )

    def create_hook(self, notification_url: str | None) -> HookInfo:
        """A webhook for everything in the base, previous values included."""
        body: dict[str, Any] = {"specification": _HOOK}
        if notification_url:
            body["notificationUrl"] = notification_url
        answer = self._requests.send(
            "POST",
            self._hooks_url(),
            action="create a webhook",
            call=_HOOK_CALL,
            priority=Priority.ROUTINE,
            json=body,
        )
        return HookInfo(
            external_id=answer["id"],
            mac_secret=answer["macSecretBase64"],
            expires_at=_moment(answer.get("expirationTime")),
            notification_url=notification_url,
        )

    def refresh_hook(self, external_id: str) -> HookInfo:
        """Seven more days for the hook."""
        answer = self._requests.send(
            "POST",
            f"{self._hooks_url()}/{external_id}/refresh",
            action="refresh the webhook",
            call=_HOOK_CALL,
            priority=Priority.ROUTINE,
        )
        return HookInfo(
            external_id=external_id,
            mac_secret=None,
            expires_at=_moment((answer or {}).get("expirationTime")),
            notification_url=None,
        )

    def delete_hook(self, external_id: str) -> None:
        """Drop the hook; one that is gone already is fine."""
        try:
            self._requests.send(
                "DELETE",
                f"{self._hooks_url()}/{external_id}",
                action="delete the webhook",
                call=_HOOK_CALL,
                priority=Priority.ROUTINE,
            )
        except (RemoteMissing, PermissionLost):
            if any(hook.external_id == external_id for hook in self.hooks()):
                raise

    def read_changes(self, hook_external_id: str, cursor: int, priority: Priority) -> ChangePage:
        """Up to fifty payloads from number `cursor` on.

        Raises:
            CursorExpired: the hook is not there any more.
        """
        if not self._schema:
            self.discover(priority)
        try:
            answer = self._requests.send(
                "GET",
                f"{self._hooks_url()}/{hook_external_id}/payloads",
                action="read changes",
                call=Call(kind=CallKind.PAYLOADS),
                priority=priority,
                params={"cursor": cursor, "limit": 50},
            )
        except (RemoteMissing, PermissionLost) as exc:
            # A missing hook may be answered like a missing permission: the list tells.
            if any(hook.external_id == hook_external_id for hook in self.hooks()):
                raise
            raise CursorExpired(
                f"[{self._connection}] webhook {hook_external_id} is gone; a new one is made and "
                "everything is read once."
            ) from exc
        return payloads.read_page(answer, self._schema)

    def _hooks_url(self) -> str:
        return self._requests.url("bases", self._base, "webhooks")


def _found_by(clauses: str) -> dict[str, Any]:
    return {"formula": f"OR({clauses})", "page_size": 100}


def _wanted(address: StreamAddress) -> list[str]:
    wanted = [*address.fields]
    wanted += [field for field in (address.hub_id_field, address.modified_field) if field]
    return list(dict.fromkeys(wanted))


def _moment(raw: str | None) -> datetime | None:
    return datetime.fromisoformat(raw) if raw else None
