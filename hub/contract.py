"""What must a connector be able to do, and what may it see of the hub?

A connector knows its API and nothing of the hub's tables. It is handed its own settings and a
limiter, takes and gives the values of `hub.core.records`, and raises `hub.errors`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hub.core.records import (
    ChangePage,
    HookInfo,
    RecordPage,
    RemoteRecord,
    State,
    StreamSchema,
    WriteItem,
    WriteResult,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from pydantic import BaseModel


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
    """What a connector or a source can do beyond reading everything."""

    INCREMENTAL = "incremental"
    DISCOVER = "discover"

    WRITE = "write"
    WATCH = "watch"
    READ_BY_ID = "read_by_id"
    ANNOTATE = "annotate"


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


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceStream:
    """What to read of a source: one stream, with the kind's own settings for it.

    `fields` are the field ids that are needed, all where it is empty. `key` names the fields that
    tell records apart, `cursor_field` the one that grows with every change; both as configured.
    """

    name: str
    settings: BaseModel
    fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    cursor_field: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MalformedRow:
    """A row that the source could not read as a record: where it stood, what it said, and why."""

    place: str
    raw: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcePage:
    """Some records of a source, by columns.

    `rows` has a column for every field by its id, with natural types; lists and objects are JSON
    text. `state` stands after this page: a read that begins there continues behind it. `place`
    says where the page came from (a file, a sheet, an address). A page with `is_last` ends a read;
    `is_complete` on it says that the read showed everything there is, so what it did not show is
    gone.
    """

    rows: pa.RecordBatch
    state: State
    place: str
    malformed: tuple[MalformedRow, ...] = ()
    is_last: bool = False
    is_complete: bool = False
    notes: tuple[str, ...] = field(default_factory=tuple)
    """What was odd, a sentence each: a header that stood twice, an encoding that was guessed."""


@runtime_checkable
class Source(Protocol):
    """One configured connection to a platform that is read page by page.

    Errors are `hub.errors`, as with a `Connector`. Memory is bounded by the page.
    """

    capabilities: frozenset[Capability]

    @property
    def requests_made(self) -> int:
        """Requests sent (or statements, or files opened) since the source was made."""

    def check(self) -> tuple[CheckResult, ...]:
        """Credentials, reach and permissions, a sentence each."""

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """What can be read: schemas by the name that a stream's settings would give."""

    def describe(self, stream: SourceStream, priority: Priority = Priority.ROUTINE) -> StreamSchema:
        """The schema of one configured stream: its fields by id, its key and cursor if known."""

    def read(
        self, stream: SourceStream, state: State | None, priority: Priority
    ) -> Iterator[SourcePage]:
        """The pages behind `state`, from the beginning where it is None.

        A read without changes yields one last page without rows. Reading twice from one state
        gives the same rows; a state beyond everything yields none.
        """


NotificationCheck = Callable[[bytes, Mapping[str, str], Mapping[str, str]], str]
"""(raw body, headers by lower-case name, secrets by hook id) -> hook id; raises InvalidInput."""
