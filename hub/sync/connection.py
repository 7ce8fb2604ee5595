"""What does the engine need to speak for one connection?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from hub.contract import Connector, Limiter, Priority, StreamAddress
from hub.core.mapping import StreamMapping
from hub.core.records import FieldSchema, StreamSchema
from hub.core.stream_order import order_streams
from hub.errors import HubError, RemoteMissing
from hub.store import leases
from hub.store.database import Provenance
from hub.store.generic import UnitsOfWork
from hub.store.leases import LeaseGrant

LEASE_MARGIN_SECONDS = 5.0
"""A lease outlives the request it covers by this much."""


class LeasedLimiter:
    """Paces requests, and lets none start with less lease left than its time-out."""

    def __init__(self, inner: Limiter) -> None:
        self._inner = inner
        self.hold: Callable[[], None] | None = None

    def wait(self, priority: Priority) -> None:
        """Return when a request may start; the lease then covers it.

        Raises:
            RateLimited: the wait would be long; come back later.
            LeaseLost: another worker has the lease by now.
        """
        self._inner.wait(priority)
        if self.hold is not None:
            self.hold()

    def penalise(self, seconds: float) -> None:
        """Let nobody start a request for `seconds`."""
        self._inner.penalise(seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncConnection:
    """One connection: its connector, its streams, the central database."""

    name: str
    database: UnitsOfWork
    connector: Connector
    limiter: LeasedLimiter
    mappings: Mapping[str, StreamMapping]
    notification_url: str | None = None
    """Where people find the open conflicts there, if anywhere."""
    place: str | None = None
    """What it points at, such as a base: agreed values hold for this place only."""
    quiet: timedelta = timedelta()
    """A row that changes again faster than this is not sent each time; zero sends each."""

    @property
    def ordered(self) -> tuple[StreamMapping, ...]:
        """The streams, those that others link to first."""
        return tuple(self.mappings[name] for name in order_streams(self.mappings))

    def by_table(self, table: str) -> StreamMapping | None:
        """The stream that reads the remote table."""
        for mapping in self.mappings.values():
            if mapping.remote_table == table:
                return mapping
        return None


@dataclass(kw_only=True, slots=True)
class Work:
    """One run under a lease: what it may do, and what it has done so far."""

    connection: SyncConnection
    grant: LeaseGrant
    run_id: UUID
    kind: str
    schema: Mapping[str, StreamSchema]
    priority: Priority = Priority.PERSON
    counts: Counter[str] = field(default_factory=Counter)
    failure: HubError | None = None
    paused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The hub columns that a person paused in every row of a stream, by stream."""
    has_put_off: bool = False
    """Whether rows wait until they change more slowly."""

    def provenance(self) -> Provenance:
        """The hub itself, at work for this run."""
        return Provenance(
            actor=f"sync {self.connection.name}",
            origin=f"sync:{self.connection.name}",
            run_id=self.run_id,
        )

    def has_table(self, mapping: StreamMapping) -> bool:
        """Whether the stream's table is there."""
        return mapping.remote_table in self.schema

    def fields_of(self, mapping: StreamMapping) -> dict[str, FieldSchema]:
        """The remote fields of a stream that are there as mapped, and not paused.

        Raises:
            RemoteMissing: the table is gone.
        """
        table = self.schema.get(mapping.remote_table)
        if table is None:
            raise RemoteMissing(
                f"[{self.connection.name}] stream {mapping.stream}: table {mapping.remote_table} "
                "is not in the base. Restore it or change `table` in hub.toml; no row was touched."
            )
        paused = self.paused.get(mapping.stream, frozenset())
        return {
            m.field_id: table.fields[m.field_id]
            for m in mapping.fields
            if m.field_id in table.fields
            and not table.fields[m.field_id].is_retyped
            and m.column.name not in paused
        }

    def address_of(self, mapping: StreamMapping) -> StreamAddress:
        """Where the stream lives and which of its fields are there, for the connector.

        Raises:
            RemoteMissing: the table is gone.
        """
        fields = self.fields_of(mapping)
        there = self.schema[mapping.remote_table].fields
        return StreamAddress(
            stream=mapping.stream,
            table=mapping.remote_table,
            hub_id_field=_if_there(mapping.hub_id_field, there),
            modified_field=_if_there(mapping.modified_field, there),
            fields=tuple(fields),
        )

    def hold_lease(self) -> None:
        """Hold the lease for the time of one request.

        Raises:
            LeaseLost: another worker has it by now.
        """
        seconds = self.connection.connector.request_timeout_seconds + LEASE_MARGIN_SECONDS
        with self.connection.database.unit_of_work(self.provenance()) as session:
            leases.extend(session, self.grant, seconds)


def _if_there(field_id: str | None, there: Mapping[str, FieldSchema]) -> str | None:
    return field_id if field_id in there else None
