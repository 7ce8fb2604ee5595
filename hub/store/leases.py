"""Who may speak with a connection right now, and does a late worker notice that it is late?

A lease is taken and given back around one page. Its fence stands in every transaction that the
holder commits, so that a worker that woke too late changes nothing in Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from hub.errors import LeaseLost
from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaseGrant:
    """A lease that was got."""

    connection: str
    holder: str
    fence: int
    expires_at: datetime


@generic(Session)
def take(
    session: Session,
    connection: str,
    holder: str,
    seconds: float,
    *,
    after: str | None = None,
) -> LeaseGrant | None:
    """The lease, unless another worker holds it; `after` is a holder that is known to be dead."""
    session.execute(
        text("insert into hub.lease (connection) values (:connection) on conflict do nothing"),
        {"connection": connection},
    )
    row = session.execute(
        text(
            "update hub.lease set holder = :holder, fence = fence + 1,"
            " expires_at = clock_timestamp() + make_interval(secs => :seconds)"
            " where connection = :connection"
            " and (holder is null or expires_at < clock_timestamp() or holder = :after)"
            " returning fence, expires_at"
        ),
        {"connection": connection, "holder": holder, "seconds": seconds, "after": after},
    ).one_or_none()
    if row is None:
        return None
    return LeaseGrant(connection=connection, holder=holder, fence=row[0], expires_at=row[1])


@generic(Session)
def extend(session: Session, grant: LeaseGrant, seconds: float) -> None:
    """Hold on for `seconds` from now.

    Raises:
        LeaseLost: another worker has it by now.
    """
    held = session.execute(
        text(
            "update hub.lease"
            " set expires_at = clock_timestamp() + make_interval(secs => :seconds)"
            " where connection = :connection and fence = :fence and holder is not null"
            " returning fence"
        ),
        {"connection": grant.connection, "fence": grant.fence, "seconds": seconds},
    ).one_or_none()
    if held is None:
        raise LeaseLost


@generic(Session)
def check(session: Session, grant: LeaseGrant) -> None:
    """Lock the lease until the transaction ends.

    Raises:
        LeaseLost: another worker has it by now.
    """
    held = session.execute(
        text(
            "select 1 from hub.lease where connection = :connection and fence = :fence"
            " and holder is not null for update"
        ),
        {"connection": grant.connection, "fence": grant.fence},
    ).one_or_none()
    if held is None:
        raise LeaseLost


@generic(Session)
def give_back(session: Session, grant: LeaseGrant, *, unless_rung: bool) -> bool:
    """Give the lease back; False when a ping waits and `unless_rung`: then it is still held."""
    row = session.execute(
        text(
            "update hub.lease set holder = null, expires_at = null"
            " where connection = :connection and fence = :fence"
            " and not (:unless_rung and exists (select from hub.ping"
            "  where connection = :connection))"
            " returning fence"
        ),
        {
            "connection": grant.connection,
            "fence": grant.fence,
            "unless_rung": unless_rung,
        },
    ).one_or_none()
    return row is not None


@generic(Session)
def ring(session: Session, connection: str, source: str, hook: str | None = None) -> None:
    """Leave a ping."""
    session.execute(
        text(
            "insert into hub.ping (connection, source, hook_external_id)"
            " values (:connection, :source, :hook)"
        ),
        {"connection": connection, "source": source, "hook": hook},
    )


@generic(Session)
def holder_of(session: Session, connection: str) -> str | None:
    """Who holds the lease, expired or not."""
    return session.execute(
        text("select holder from hub.lease where connection = :connection"),
        {"connection": connection},
    ).scalar_one_or_none()


@generic(Session)
def holders(session: Session) -> dict[str, str]:
    """Who holds which connection's lease."""
    found = session.execute(
        text("select connection, holder from hub.lease where holder is not null")
    )
    return {connection: holder for connection, holder in found}


@generic(Session)
def is_held(session: Session, connection: str) -> bool:
    """Whether a worker holds the lease right now."""
    held: bool = session.execute(
        text(
            "select exists (select from hub.lease where connection = :connection"
            " and holder is not null and expires_at >= clock_timestamp())"
        ),
        {"connection": connection},
    ).scalar_one()
    return held


@generic(Session)
def waiting_pings(session: Session, connection: str) -> dict[int, str]:
    """The pings that wait: their sources by id.

    Ids are drawn before commit, so only the very rows count, never the highest id.
    """
    found = session.execute(
        text("select id, source from hub.ping where connection = :connection"),
        {"connection": connection},
    )
    return {ping: source for ping, source in found}


@generic(Session)
def answer_pings(session: Session, pings: Iterable[int]) -> None:
    """Drop the pings that were answered."""
    session.execute(
        text("delete from hub.ping where id = any(cast(:pings as bigint[]))"),
        {"pings": list(pings)},
    )


@generic(Session)
def unattended(session: Session) -> dict[str, float]:
    """For how many seconds connections wait that nobody works on; for ever where a worker died."""
    found = session.execute(
        text(
            "select connection, 'infinity'::float as seconds from hub.lease"
            " where holder is not null and expires_at < clock_timestamp()"
            " union all select p.connection,"
            # A person's word waits for no window.
            "  case when bool_or(p.source = 'person') then 'infinity'::float else"
            "  extract(epoch from clock_timestamp() - min(p.received_at))::float end"
            " from hub.ping p"
            " left join hub.lease l using (connection) where l.holder is null"
            " group by p.connection"
        )
    )
    return {row.connection: row.seconds for row in found}
