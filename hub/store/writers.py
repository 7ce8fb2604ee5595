"""Who holds a transaction open for so long that readers wait for its changes?

An open writer delays only its own changes, but it also keeps dead rows and the era alive: more
than a minute is worth an alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWriter:
    """A connection that has written and has not committed."""

    process_id: int
    user: str
    application: str
    since: datetime
    state: str


def open_writers(session: Session, *, longer_than: timedelta) -> Sequence[OpenWriter]:
    """The writers of this database that have been open for longer, the oldest first."""
    found = session.execute(
        text(
            "select pid, usename, application_name, xact_start, state from pg_stat_activity"
            " where datname = current_database() and backend_xid is not null"
            " and pid <> pg_backend_pid()"
            " and xact_start < clock_timestamp() - cast(:longer_than as interval)"
            " order by xact_start"
        ),
        {"longer_than": longer_than},
    )
    return [
        OpenWriter(
            process_id=row.pid,
            user=row.usename,
            application=row.application_name,
            since=row.xact_start,
            state=row.state,
        )
        for row in found
    ]
