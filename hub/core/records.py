"""What does the other side tell us: schemas, records, and who changed which cell?"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.core.values import Missing, Value, ValueKind


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldSchema:
    """A field at the other side.

    `choices` maps a choice's id to its name of today, `first_names` to the name it had when the
    hub first saw it: hub values follow the latter, so that a rename changes nothing. `first_kind`
    is the kind that the mapping was made for.
    """

    id: str
    name: str
    kind: ValueKind
    vendor_type: str
    is_computed: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    first_names: Mapping[str, str] = field(default_factory=dict)
    links_to: str | None = None
    inverse_field: str | None = None
    """For a link field: the field of the linked table that shows the same relation."""
    first_kind: ValueKind | None = None

    @property
    def is_retyped(self) -> bool:
        """Whether the field was given another type since: it stands still until adopted."""
        return self.first_kind is not None and self.first_kind is not self.kind

    def hub_name(self, choice: str) -> str | None:
        """What the hub calls a choice; None when it is not known."""
        return self.first_names.get(choice, self.choices.get(choice))


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSchema:
    """A table at the other side, its fields by id.

    `key` names the fields that tell its records apart, `cursor_field` one that grows with every
    change, where the other side says so.
    """

    id: str
    name: str
    fields: Mapping[str, FieldSchema]
    key: tuple[str, ...] = ()
    cursor_field: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteRecord:
    """A record as read whole: canonical values by field id; a field left out is empty."""

    external_id: str
    created_at: datetime | None
    fields: Mapping[str, Value]
    modified_at: datetime | None = None


State = Mapping[str, str | int | float | bool | None]
"""Where a source's read stands, as JSON; only the source that made it knows what it means."""


class ChangeKind(enum.StrEnum):
    """What happened to a record."""

    CREATED = "created"
    CHANGED = "changed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, kw_only=True, slots=True)
class CellChange:
    """A cell's canonical value after and, where known, before."""

    current: Value
    previous: Value | Missing


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordChange:
    """One action on one record: by whom, when, in which transaction, and which cells."""

    stream_id: str
    external_id: str
    kind: ChangeKind
    actor: str
    edited_at: datetime
    transaction: int
    cells: Mapping[str, CellChange] = field(default_factory=dict)
    is_by_program: bool = True
    """Whether it came in through the API, as our own writes do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePage:
    """Some changes in order, and where the next ones begin.

    `schema_changed` asks for a fresh look at the schema, `is_broken` says that the source of
    changes will not recover by itself and must be made anew.
    """

    changes: tuple[RecordChange, ...]
    next_cursor: int
    has_more: bool
    schema_changed: bool = False
    is_broken: bool = False
    broken_reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPage:
    """Some records of a complete read; no `next_cursor` after the last."""

    records: tuple[RemoteRecord, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteItem:
    """What to write: to a known record, or to the one that carries `hub_id`."""

    hub_id: str
    external_id: str | None
    fields: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteResult:
    """The whole record after the write, or the reason why it was refused."""

    item: WriteItem
    record: RemoteRecord | None = None
    refused: str | None = None
    is_gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HookInfo:
    """A webhook as the other side describes it."""

    external_id: str
    mac_secret: str | None
    expires_at: datetime | None
    notification_url: str | None
    next_cursor: int = 1
    is_enabled: bool = True
    notifies: bool = True
