"""How many calls did a piece of the work make, and for what?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from hub.core.calls import Call, Purpose, purpose_of
from hub.store import ledger
from hub.store.database import Provenance
from hub.sync.connection import SyncConnection

KEPT_BACK = 25
"""So many calls are lost to the ledger at most when a worker is killed."""


@runtime_checkable
class TalliesCalls(Protocol):
    """A connector that tells its calls apart."""

    @property
    def calls_made(self) -> Mapping[Call, int]:
        """The calls since the connector was made, by what they asked."""


class Meter:
    """Counts the calls of one run until they are written down."""

    def __init__(self, connection: SyncConnection, kind: str, stream: str | None) -> None:
        self._connection = connection
        self._kind = kind
        self._stream = stream
        self._noted = self._seen()

    def _seen(self) -> Counter[Call]:
        connector = self._connection.connector
        if isinstance(connector, TalliesCalls):
            return Counter(connector.calls_made)
        return Counter({Call(): connector.requests_made})

    @property
    def waiting(self) -> int:
        """How many calls are not written down yet."""
        return self._seen().total() - self._noted.total()

    def take(self) -> dict[tuple[str | None, Purpose], int]:
        """What was not taken yet: calls by stream and purpose."""
        seen = self._seen()
        taken: Counter[tuple[str | None, Purpose]] = Counter()
        for call, count in (seen - self._noted).items():
            taken[call.stream or self._stream, purpose_of(self._kind, call.kind)] += count
        self._noted = seen
        return dict(taken)


@contextmanager
def metered(connection: SyncConnection, kind: str) -> Iterator[None]:
    """Write the calls of a piece of work outside of a visit down when it ends."""
    meter = Meter(connection, kind, None)
    try:
        yield
    finally:
        taken = meter.take()
        if taken:
            provenance = Provenance(actor="sync", origin="sync")
            with connection.database.unit_of_work(provenance) as session:
                ledger.note_calls(session, connection.name, taken)
