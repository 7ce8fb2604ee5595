"""How does the memory store answer the questions of `hub.store.leases`?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.errors import LeaseLost
from hub.store import leases
from hub.store.leases import LeaseGrant


@leases.take.register(MemorySession)
def take(
    session: MemorySession,
    connection: str,
    holder: str,
    seconds: float,
    *,
    after: str | None = None,
) -> LeaseGrant | None:
    lease = session.lock(session.store.hub.lease, connection)
    now = session.now()
    if lease is None:
        lease = {"connection": connection, "holder": None, "fence": 0, "expires_at": None}
    is_free = lease["holder"] is None or lease["expires_at"] < now or lease["holder"] == after
    if is_free:
        lease = {
            "connection": connection,
            "holder": holder,
            "fence": lease["fence"] + 1,
            "expires_at": now + timedelta(seconds=seconds),
        }
    session.put(session.store.hub.lease, connection, lease)
    if not is_free:
        return None
    return LeaseGrant(
        connection=connection,
        holder=holder,
        fence=lease["fence"],
        expires_at=lease["expires_at"],
    )


def _held(session: MemorySession, grant: LeaseGrant) -> Row | None:
    table = session.store.hub.lease
    seen = session.get(table, grant.connection)
    if seen is None or seen["fence"] != grant.fence or seen["holder"] is None:
        return None
    lease = session.lock(table, grant.connection)
    is_ours = lease is not None and lease["fence"] == grant.fence and lease["holder"] is not None
    return lease if is_ours else None


@leases.extend.register(MemorySession)
def extend(session: MemorySession, grant: LeaseGrant, seconds: float) -> None:
    lease = _held(session, grant)
    if lease is None:
        raise LeaseLost
    expires_at = session.now() + timedelta(seconds=seconds)
    session.put(session.store.hub.lease, grant.connection, {**lease, "expires_at": expires_at})


@leases.check.register(MemorySession)
def check(session: MemorySession, grant: LeaseGrant) -> None:
    if _held(session, grant) is None:
        raise LeaseLost


@leases.give_back.register(MemorySession)
def give_back(session: MemorySession, grant: LeaseGrant, *, unless_rung: bool) -> bool:
    lease = _held(session, grant)
    hub = session.store.hub
    if lease is None:
        return False
    if unless_rung and session.count(hub.ping, hub.ping_connection, grant.connection):
        return False
    session.put(hub.lease, grant.connection, {**lease, "holder": None, "expires_at": None})
    return True


@leases.ring.register(MemorySession)
def ring(session: MemorySession, connection: str, source: str, hook: str | None = None) -> None:
    number = session.store.next_number()
    ping = {
        "id": number,
        "connection": connection,
        "source": source,
        "hook_external_id": hook,
        "received_at": session.now(),
    }
    session.insert(session.store.hub.ping, number, ping)


@leases.holder_of.register(MemorySession)
def holder_of(session: MemorySession, connection: str) -> str | None:
    lease = session.get(session.store.hub.lease, connection)
    return None if lease is None else lease["holder"]


@leases.holders.register(MemorySession)
def holders(session: MemorySession) -> dict[str, str]:
    found = session.scan(session.store.hub.lease)
    return {lease["connection"]: lease["holder"] for lease in found if lease["holder"] is not None}


@leases.is_held.register(MemorySession)
def is_held(session: MemorySession, connection: str) -> bool:
    lease = session.get(session.store.hub.lease, connection)
    if lease is None or lease["holder"] is None:
        return False
    expires_at = lease["expires_at"]
    return expires_at is not None and expires_at >= session.now()


@leases.waiting_pings.register(MemorySession)
def waiting_pings(session: MemorySession, connection: str) -> dict[int, str]:
    hub = session.store.hub
    found = session.find(hub.ping, hub.ping_connection, connection)
    return {ping["id"]: ping["source"] for ping in found}


@leases.answer_pings.register(MemorySession)
def answer_pings(session: MemorySession, pings: Iterable[int]) -> None:
    for number in pings:
        session.drop(session.store.hub.ping, number)


@leases.unattended.register(MemorySession)
def unattended(session: MemorySession) -> dict[str, float]:
    hub, now = session.store.hub, session.now()
    held = {row["connection"]: row for row in session.scan(hub.lease) if row["holder"] is not None}
    waiting = {name: math.inf for name, lease in held.items() if lease["expires_at"] < now}
    for ping in session.scan(hub.ping):
        name = ping["connection"]
        if name not in held:
            seconds = (now - ping["received_at"]).total_seconds()
            waiting[name] = max(waiting.get(name, seconds), seconds)
    return waiting
