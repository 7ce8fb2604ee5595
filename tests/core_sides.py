"""What is a stream with one field of each character, for tests that touch nothing?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hub.core.links import LIVE, Frozen, Link
from hub.core.mapping import FieldMapping, HubColumn, StreamMapping
from hub.core.meeting import Meeting
from hub.core.merge import Pair
from hub.core.policies import ConflictPolicy, Direction
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.values import Value, ValueKind

ROW_ID = UUID("0199a8c0-0000-7000-8000-000000000001")
LINK_ID = UUID("0199a8c0-0000-7000-8000-0000000000ff")
PARENT = "0199a8c0-0000-7000-8000-000000000002"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
COLUMNS = ("name", "staff", "vip", "parent_id")
KINDS = {
    "name": (ValueKind.TEXT, ValueKind.TEXT),
    "staff": (ValueKind.INTEGER, ValueKind.DECIMAL),
    "vip": (ValueKind.BOOLEAN, ValueKind.BOOLEAN),
    "parent_id": (ValueKind.REFERENCE, ValueKind.LINKS),
}
FIELDS = {
    f"fld_{name}": FieldSchema(id=f"fld_{name}", name=name, kind=remote, vendor_type="any")
    for name, (_, remote) in KINDS.items()
}


def stream(
    *,
    conflict: ConflictPolicy = ConflictPolicy.LATEST,
    hub_id_field: str | None = "fld_hub_id",
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    **changed: Any,
) -> StreamMapping:
    """Clients with a text, a number, a box and a parent."""
    return StreamMapping(
        connection="base",
        stream="clients",
        remote_table="tbl1",
        hub_table="client",
        hub_id_field=hub_id_field,
        note_field=None,
        modified_field=None,
        fields=tuple(
            FieldMapping(
                column=HubColumn(name=name, kind=hub, **(columns or {}).get(name, {})),
                field_id=f"fld_{name}",
                **{
                    "conflict": conflict,
                    "link": "clients" if name == "parent_id" else None,
                    **(fields or {}).get(name, {}),
                },
            )
            for name, (hub, _) in KINDS.items()
        ),
        **changed,
    )


def one_way(direction: Direction) -> StreamMapping:
    """The same, and every field flows one way."""
    return stream(fields={name: {"direction": direction} for name in COLUMNS})


def resolve(stream_name: str, id_: str) -> str | None:
    """The parent is linked, and whatever calls itself linked."""
    known = {"recParent": PARENT, PARENT: "recParent"}
    return known.get(id_)


def record(at: datetime | None = None, **cells: Value) -> RemoteRecord:
    """A record with cells by column name; it carries its row's Hub ID unless told otherwise."""
    cells = {"hub_id": str(ROW_ID), **cells}
    return RemoteRecord(
        external_id="rec1",
        created_at=NOON,
        fields={f"fld_{name}": value for name, value in cells.items() if value is not None},
        modified_at=at,
    )


def link(
    *,
    state: str = LIVE,
    has_hub_id: bool = True,
    frozen: Mapping[str, Frozen] | None = None,
    **pairs: Pair | Value,
) -> Link:
    """A link whose shadow holds these pairs; a single value stands for both sides."""
    return Link(
        id=LINK_ID,
        external_id="rec1",
        row_id=ROW_ID,
        state=state,
        has_hub_id=has_hub_id,
        shadow={
            name: pair if isinstance(pair, Pair) else Pair(hub=pair, remote=pair)
            for name, pair in pairs.items()
        },
        frozen=frozen or {},
    )


def meeting(
    read: RemoteRecord, known: Link, row: Mapping[str, Value] | None, **changed: Any
) -> Meeting:
    """A record meets what the hub knows of it."""
    known_as = {"is_new_link": False, **changed}
    return Meeting(record=read, link=known, row=row, **known_as)
