"""What does a webhook payload say happened, to which record, and by whom?

Format: "Webhooks payload" in Airtable's developer documentation (payloadFormat v0).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.airtable.values import from_payload
from hub.core.records import (
    CellChange,
    ChangeKind,
    ChangePage,
    RecordChange,
    StreamSchema,
)
from hub.core.values import MISSING

_SCHEMA_KEYS = ("changedMetadata", "createdFieldsById", "changedFieldsById", "destroyedFieldIds")


def read_page(answer: Mapping[str, Any], schema: Mapping[str, StreamSchema]) -> ChangePage:
    """The changes of one answer of "list webhook payloads", in their order."""
    payloads = answer.get("payloads", [])
    broken = [payload for payload in payloads if payload.get("error")]
    return ChangePage(
        changes=tuple(change for payload in payloads for change in _changes(payload, schema)),
        next_cursor=int(answer["cursor"]),
        has_more=bool(answer.get("mightHaveMore")),
        schema_changed=any(_touches_schema(payload) for payload in payloads),
        is_broken=bool(broken),
        broken_reason=str(broken[0].get("code", "unknown")) if broken else None,
    )


def _touches_schema(payload: Mapping[str, Any]) -> bool:
    if payload.get("createdTablesById") or payload.get("destroyedTableIds"):
        return True
    tables = payload.get("changedTablesById", {})
    return any(key in table for table in tables.values() for key in _SCHEMA_KEYS)


def _changes(
    payload: Mapping[str, Any], schema: Mapping[str, StreamSchema]
) -> Iterator[RecordChange]:
    who = _actor(payload.get("actionMetadata", {}))
    is_by_program = payload.get("actionMetadata", {}).get("source", "publicApi") == "publicApi"
    at = datetime.fromisoformat(payload["timestamp"]).astimezone(UTC)
    transaction = int(payload.get("baseTransactionNumber", 0))
    for table_id, table in payload.get("changedTablesById", {}).items():
        known = schema.get(table_id)
        for external_id, record in table.get("createdRecordsById", {}).items():
            cells = _cells(known, record.get("cellValuesByFieldId", {}), {})
            yield RecordChange(
                stream_id=table_id,
                external_id=external_id,
                kind=ChangeKind.CREATED,
                actor=who,
                edited_at=at,
                transaction=transaction,
                is_by_program=is_by_program,
                cells=cells,
            )
        for external_id, record in table.get("changedRecordsById", {}).items():
            yield RecordChange(
                stream_id=table_id,
                external_id=external_id,
                kind=ChangeKind.CHANGED,
                actor=who,
                edited_at=at,
                transaction=transaction,
                is_by_program=is_by_program,
                cells=_cells(
                    known,
                    record.get("current", {}).get("cellValuesByFieldId", {}),
                    record["previous"].get("cellValuesByFieldId", {})
                    if "previous" in record
                    else None,
                ),
            )
        for external_id in table.get("destroyedRecordIds", ()):
            yield RecordChange(
                stream_id=table_id,
                external_id=external_id,
                kind=ChangeKind.DESTROYED,
                actor=who,
                edited_at=at,
                transaction=transaction,
                is_by_program=is_by_program,
            )


def _cells(
    known: StreamSchema | None, current: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> dict[str, CellChange]:
    if known is None:
        return {}
    return {
        field_id: CellChange(
            current=from_payload(known.fields[field_id], value),
            previous=MISSING
            if previous is None
            else from_payload(known.fields[field_id], previous.get(field_id)),
        )
        for field_id, value in current.items()
        if field_id in known.fields
    }


def _actor(metadata: Mapping[str, Any]) -> str:
    details = metadata.get("sourceMetadata") or {}
    user = details.get("user")
    if user:
        return str(user.get("name") or user.get("email") or user.get("id"))
    return f"airtable {metadata.get('source', 'unknown')}"
