"""Would we notice that the database went back in time?

A restored or copied database forgets ticks that it had given. The newest one is remembered in
Redis, outside of it; a start that finds Redis ahead opens a new era, in which every stream waits
for a person before anything is pushed.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from hub.errors import StoreUnavailable
from hub.queue import JobQueue
from hub.store import change_log, eras, runs
from hub.store.database import Database, Provenance
from hub.store.writers import open_writers

log = structlog.get_logger(__name__)

LONG_WRITER = timedelta(minutes=1)


def settle_era(database: Database, queue: JobQueue) -> None:
    """Settle which era this start belongs to; after a new one every stream is held."""
    check = eras.check_era(database, tick_seen_elsewhere=_remembered(database, queue))
    if not check.is_new:
        return
    log.error("a new era: the database was restored or copied", reason=check.reason)
    with database.unit_of_work(Provenance(actor="scheduler", origin="scheduler")) as session:
        held = eras.hold_streams(session, check)
        if held:
            runs.raise_alert(
                session,
                f"era:{check.era}",
                severity="error",
                title=f"The database was restored or copied ({check.reason}): {held} streams wait.",
                next_step="See docs/recover.md, then let each go on with `hub sync resume`.",
            )
    change_log.take_tick(database)


def _key(database: Database) -> str:
    """One key for each database of each cluster: several hubs may share a Redis server."""
    return f"hub:newest_tick:{eras.database_identity(database)}"


def _remembered(database: Database, queue: JobQueue) -> int | None:
    from redis.exceptions import RedisError

    try:
        raw = queue.connection().get(_key(database))
    except (RedisError, OSError) as exc:
        raise StoreUnavailable(
            "The Redis server does not answer. Start it or correct REDIS_URL."
        ) from exc
    return int(raw) if isinstance(raw, (bytes, str)) else None


def remember_tick(database: Database, queue: JobQueue) -> None:
    """Take the minute's tick and remember it outside of the database."""
    from redis.exceptions import RedisError

    tick = change_log.ensure_minute_tick(database)
    try:
        queue.connection().set(_key(database), tick)
    except (RedisError, OSError):
        log.warning("the newest tick was not remembered: Redis does not answer")


def watch_writers(database: Database) -> None:
    """Tell of writers that keep a transaction open for long: readers wait for their changes."""
    with database.unit_of_work(Provenance(actor="scheduler", origin="scheduler")) as session:
        found = open_writers(session, longer_than=LONG_WRITER)
        if not found:
            runs.close_alert(session, "open_writer")
            return
        oldest = found[0]
        runs.raise_alert(
            session,
            "open_writer",
            severity="warning",
            title=(
                f"{oldest.application or oldest.user} keeps a transaction open since "
                f"{oldest.since:%H:%M:%S} UTC; its changes wait."
            ),
            next_step=(
                f"Let it commit, or end it: select pg_terminate_backend({oldest.process_id})"
            ),
        )
