"""What would a pull or a push change, cell by cell, and what would it cost?

The other side is read, nothing is written: what is planned here is rolled back. The plan is the
one that a worker makes from the same records and rows.
"""

from __future__ import annotations

from hub.core import guard
from hub.core.mapping import StreamMapping
from hub.errors import NotFound
from hub.store import divergences, links, runs
from hub.store.generic import UnitsOfWork
from hub.sync import guarding
from hub.sync.connection import SyncConnection
from hub.sync.dry_run import Action, Direction, Preview, looking
from hub.sync.meter import metered
from hub.sync.preview_pull import preview_pull
from hub.sync.preview_push import preview_push

USUAL_REQUESTS_PER_SECOND = 5.0


def preview(
    connection: SyncConnection,
    stream: str,
    direction: Direction,
    *,
    keeps: int = 1000,
    requests_per_second: float = USUAL_REQUESTS_PER_SECOND,
) -> Preview:
    """What the run would do now; nothing is written, here or there.

    Raises:
        NotFound: the connection has no such stream, or it has never run.
        HubError: what the other side answered.
    """
    mapping = mapping_of(connection, stream)
    seen = Preview(connection=connection.name, stream=stream, direction=direction, keeps=keeps)
    before = connection.connector.requests_made
    with metered(connection, "preview"):
        work = looking(connection)
        _note_state(connection.database, mapping, seen)
        if direction is Direction.PULL:
            preview_pull(work, mapping, seen)
            seen.calls = connection.connector.requests_made - before
        else:
            preview_push(work, mapping, seen)
    seen.calls_made = connection.connector.requests_made - before
    seen.seconds = round(seen.calls / requests_per_second, 1)
    _guard(connection.database, mapping, seen)
    return seen


def mapping_of(connection: SyncConnection, stream: str) -> StreamMapping:
    """The stream's mapping.

    Raises:
        NotFound: the connection has no such stream.
    """
    mapping = connection.mappings.get(stream)
    if mapping is None:
        known = ", ".join(f"{connection.name}.{name}" for name in connection.mappings)
        raise NotFound(f"there is no stream {connection.name}.{stream}; hub.toml has {known}.")
    return mapping


def _note_state(database: UnitsOfWork, mapping: StreamMapping, seen: Preview) -> None:
    name = f"{mapping.connection}.{mapping.stream}"
    with database.reading() as session:
        facts = divergences.stream_facts(session, mapping.connection, mapping.stream)
    if facts is None:
        raise NotFound(
            f"stream {name} has never run. Start a worker with `hub up`; "
            "`hub config check --remote` says whether its fields are there."
        )
    if facts.is_paused:
        seen.notes.append(f"{name} is paused: nothing is done until `hub sync resume {name}`.")
    if facts.hold_reason:
        seen.notes.append(f"{name} is stopped ({facts.hold_reason}): see `hub sync approvals`.")
    if seen.direction is Direction.PUSH and not facts.is_backfilled:
        seen.notes.append("Nothing is sent before the first complete read is over.")
    if seen.direction is Direction.PUSH and not mapping.writes:
        seen.notes.append("Every field of this stream flows to the hub only: nothing is sent.")


def _guard(database: UnitsOfWork, mapping: StreamMapping, seen: Preview) -> None:
    """Whether the guard would stop it and ask."""
    deletes, overwrites = (
        (guarding.DELETE_IN_HUB, guarding.OVERWRITE_IN_HUB)
        if seen.direction is Direction.PULL
        else (guarding.DELETE_AT_SOURCE, guarding.OVERWRITE_AT_SOURCE)
    )
    changed = (
        seen.counts["overwritten"]
        if seen.direction is Direction.PULL
        else seen.counts[Action.CHANGE]
    )
    with database.reading() as session:
        total = links.count_live(session, mapping.connection, mapping.stream)
        for action, affected in ((deletes, seen.counts[Action.DELETE]), (overwrites, changed)):
            free = runs.decided_items(
                session, mapping.connection, mapping.stream, action, "approved"
            )
            why = guard.exceeds(
                guarding.limits(mapping, action),
                affected=max(0, affected - len(free)),
                total=total,
            )
            if why is not None:
                seen.stops.append(f"{action}: {why}")
