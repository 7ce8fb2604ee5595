"""What must a connector be able to do, and what may it see of the hub?

A connector knows its API and nothing of the hub's tables. It is handed its own settings and a
limiter, takes and gives the values of `hub.core.records`, and raises `hub.errors`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.core.records import (
    ChangePage,
    HookInfo,
    RecordPage,
    RemoteRecord,
    StreamSchema,
    WriteItem,
    WriteResult,
)


class Priority(enum.IntEnum):
    """Whose request goes first when the limiter must choose."""

    PERSON = 0
    ROUTINE = 1
    BACKFILL = 2


class Limiter(Protocol):
    """Paces requests for all workers together."""

    def wait(self, priority: Priority) -> None:
        """Return when a request may start."""

    def penalise(self, seconds: float) -> None:
        """Let nobody start a request for `seconds`: the other side asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """One sentence about credentials, reach or permissions."""

    name: str
    ok: bool
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamAddress:
    """Where a stream lives at the other side, and which fields the hub reads and writes."""

    stream: str
    table: str
    hub_id_field: str | None
    modified_field: str | None
    fields: Sequence[str]


class Capability(enum.StrEnum):
    """What a connector can do beyond reading everything."""

    WRITE = "write"
    WATCH = "watch"
    READ_BY_ID = "read_by_id"


@runtime_checkable
class Connector(Protocol):
    """One configured connection to a platform.

    Every call is bounded in time. Errors are `hub.errors`: ConfigError and its kin when a person
    must act, RemoteUnavailable when waiting helps, OutcomeUnknown when a write may have happened,
    QuotaExceeded and CursorExpired as they say.
    """

    capabilities: frozenset[Capability]
    request_timeout_seconds: float
    write_batch_size: int
    read_batch_size: int

    @property
    def requests_made(self) -> int:
        """Requests sent since the connector was made."""

    @property
    def schema(self) -> Mapping[str, StreamSchema]:
        """The schema in hand, empty before it was read or given."""

    def use_schema(self, schema: Mapping[str, StreamSchema]) -> None:
        """Spare a request: this schema was read not long ago."""

    def check(self) -> tuple[CheckResult, ...]:
        """Credentials, reach and permissions, a sentence each."""

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """Every table by id, read afresh."""

    def read_page(
        self, address: StreamAddress, cursor: str | None, priority: Priority
    ) -> RecordPage:
        """The next page of a complete read; raises CursorExpired when it must begin again."""

    def read_records(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, RemoteRecord]:
        """These records read whole; one that is not in the answer is not in the table."""

    def find_by_hub_id(
        self, address: StreamAddress, hub_ids: Sequence[str], priority: Priority
    ) -> Mapping[str, tuple[RemoteRecord, ...]]:
        """Records that carry these Hub IDs, the oldest first."""

    def write(
        self, address: StreamAddress, items: Sequence[WriteItem], priority: Priority
    ) -> tuple[WriteResult, ...]:
        """Create (idempotently, by Hub ID) and update; answers in the order of `items`."""

    def delete(
        self, address: StreamAddress, external_ids: Sequence[str], priority: Priority
    ) -> None:
        """Delete records; one that is gone already counts as deleted."""

    def hooks(self) -> tuple[HookInfo, ...]:
        """The webhooks that exist at the other side."""

    def create_hook(self, notification_url: str | None) -> HookInfo:
        """Ask to be told of every change of data and schema."""

    def refresh_hook(self, external_id: str) -> HookInfo:
        """Put off the hook's expiry."""

    def delete_hook(self, external_id: str) -> None:
        """Drop the hook; one that is gone already is fine."""

    def read_changes(self, hook_external_id: str, cursor: int, priority: Priority) -> ChangePage:
        """The next changes that the hook recorded, the oldest first."""


NotificationCheck = Callable[[bytes, Mapping[str, str], Mapping[str, str]], str]
"""(raw body, headers by lower-case name, secrets by hook id) -> hook id; raises InvalidInput."""
