"""Has the database been restored or copied since we last looked?

Transaction ids begin again in a restored or copied database, so each id is stamped with an era.
Another system identifier or timeline opens a new one by itself. A copied data folder keeps both:
there only somebody who remembers a newer tick than the database does can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from hub.store.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class EraCheck:
    """The era that writes are stamped with; after a new one every stream starts held."""

    era: int
    is_new: bool
    reason: str


def check_era(database: Database, *, tick_seen_elsewhere: int | None = None) -> EraCheck:
    """Settle which era this start belongs to. Call it before anything is read or pushed.

    `tick_seen_elsewhere` is the newest tick that Redis or a canary record remembers. A database
    that does not know it has gone back in time: the generation is raised.
    """
    with database.engine.begin() as connection:
        is_behind = tick_seen_elsewhere is not None and not connection.scalar(
            text("select exists (select from hub.tick where id = :id)"),
            {"id": tick_seen_elsewhere},
        )
    with database.engine.begin() as connection:
        if is_behind:
            # Waits for every open writer: what carries the old era is settled from here on.
            connection.execute(
                text("select hub.raise_generation(:reason)"),
                {"reason": f"tick {tick_seen_elsewhere} is remembered elsewhere, not here"},
            )
        era = connection.scalar(text("select hub.current_era()"))
        found = connection.execute(
            text(
                "select e.id, e.reason, (select count(*) from hub.era) > 1"
                " and not exists (select from hub.tick where era = e.id) as is_new"
                " from hub.era e where e.id = :era"
            ),
            {"era": era},
        ).one()
    return EraCheck(era=found.id, is_new=bool(found.is_new), reason=found.reason)


def hold_streams(session: Session, check: EraCheck) -> int:
    """Stop every stream until a person has looked at what a complete read would do; how many.

    What the other sides hold may be newer than a restored database, so nothing is pushed at them.
    """
    held = session.execute(
        text(
            "update hub.stream_state set needs_reconcile = true, hold_reason = :reason"
            " where hold_reason is null returning 1"
        ),
        {"reason": f"era {check.era}: {check.reason}. Look at a preview, then resume."},
    )
    return len(held.all())


def database_identity(database: Database) -> str:
    """Names the database among all clusters; a copied data folder has the same name."""
    with database.engine.begin() as connection:
        found: str = connection.execute(
            text("select hub.system_identifier()::text || '/' || current_database()")
        ).scalar_one()
    return found
