"""What does a dry run find, and with what does it look without being able to write?"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from hub import clock
from hub.contract import Priority
from hub.core.values import Value
from hub.store import pauses, schemas
from hub.store.leases import LeaseGrant
from hub.sync.connection import SyncConnection, Work


class Direction(enum.StrEnum):
    """Which way the previewed run would go."""

    PULL = "pull"
    PUSH = "push"


class Action(enum.StrEnum):
    """What would become of a row or record."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    REVIVE = "revive"
    STAY = "stay"


@dataclass(frozen=True, kw_only=True, slots=True)
class CellDiff:
    """One cell before and after."""

    column: str
    before: Value
    after: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDiff:
    """One row (pull) or record (push) that would change; `note` says what else there is to know."""

    action: Action
    row_id: UUID
    external_id: str | None
    cells: tuple[CellDiff, ...] = ()
    note: str | None = None


@dataclass(kw_only=True, slots=True)
class Preview:
    """The diff and its price. `records` holds the first ones; `counts` counts them all.

    `calls` and `seconds` are what the run itself would cost, `calls_made` what looking did.
    """

    connection: str
    stream: str
    direction: Direction
    keeps: int
    records: list[RecordDiff] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    stops: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    calls_made: int = 0

    def add(self, diff: RecordDiff) -> None:
        """Count a diff, and keep it while there is room."""
        self.counts[diff.action.value] += 1
        self.counts["cells"] += len(diff.cells)
        if len(self.records) < self.keeps:
            self.records.append(diff)


def looking(connection: SyncConnection) -> Work:
    """A work that only looks: it holds no lease, and whatever needs one refuses it."""
    with connection.database.reading() as session:
        known = schemas.load_schema(session, connection.name)
        paused = pauses.paused_fields(session, connection.name)
    wanted = {mapping.remote_table for mapping in connection.mappings.values()}
    if wanted <= set(known):
        connection.connector.use_schema(known)
    else:
        fresh = connection.connector.discover(Priority.BACKFILL)
        known = schemas.keep_firsts(fresh, known)
        connection.connector.use_schema(known)
    nobody = LeaseGrant(
        connection=connection.name, holder="preview", fence=-1, expires_at=clock.now()
    )
    return Work(
        connection=connection,
        grant=nobody,
        run_id=UUID(int=0),
        kind="preview",
        schema=known,
        priority=Priority.BACKFILL,
        paused=paused,
    )
