"""Which hooks may ring at a connection, and how is a ring kept?

A ping is a row before it is a job: whatever becomes of the job, the sweep finds the row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlmodel import col

from hub.store.database import Database, Provenance
from hub.store.integration import Hook
from hub.store.leases import ring

_DOOR = Provenance(actor="hook", origin="hook")

_ALERT = text(
    "insert into hub.alert (key, severity, connection, title, next_step)"
    " values (:key, :severity, :connection, :title, :next_step)"
    " on conflict (key) where closed_at is null do update set"
    " last_at = clock_timestamp(), seen_count = hub.alert.seen_count + 1,"
    " title = excluded.title, next_step = excluded.next_step"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class HookSecret:
    """What a notification of one hook is signed with."""

    external_id: str
    mac_secret: str = field(repr=False)


def hook_secrets(database: Database, connection: str) -> tuple[HookSecret, ...]:
    """The secrets of all open hooks of `connection`, the newest first."""
    query = (
        select(col(Hook.external_id), col(Hook.mac_secret))
        .where(col(Hook.connection) == connection)
        .where(col(Hook.closed_at).is_(None))
        .where(col(Hook.mac_secret).is_not(None))
        .order_by(col(Hook.created_at).desc())
    )
    with database.reading() as session:
        return tuple(
            HookSecret(external_id=external_id, mac_secret=secret)
            for external_id, secret in session.execute(query)
        )


def keep_ping(database: Database, *, connection: str, hook_external_id: str) -> None:
    """Commit one ping of a hook."""
    with database.unit_of_work(_DOOR) as session:
        ring(session, connection, "hook", hook_external_id)


def keep_door_alert(
    database: Database, *, connection: str, code: str, title: str, next_step: str
) -> None:
    """Open an alert about refused rings, or count one more on the open one."""
    with database.unit_of_work(_DOOR) as session:
        session.execute(
            _ALERT,
            {
                "key": f"hook:{connection}:{code}",
                "severity": "warning",
                "connection": connection,
                "title": title,
                "next_step": next_step,
            },
        )
