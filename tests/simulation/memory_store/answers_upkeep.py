"""How does the memory store answer the questions of `hub.store.upkeep`?"""

from __future__ import annotations

from datetime import timedelta

from simulation.memory_store.answers_runs import raise_alert
from simulation.memory_store.answers_streams import set_state, states
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.store import upkeep
from hub.store.upkeep import Failing


@upkeep.ensure_change_partitions.register(MemorySession)
def ensure_change_partitions(session: MemorySession, *, months_ahead: int) -> None:
    """The log in memory has no parts."""


@upkeep.forget_idle_runs.register(MemorySession)
def forget_idle_runs(session: MemorySession, *, days: int) -> int:
    table, now = session.store.hub.run, session.now()
    old = [
        row["id"]
        for row in session.scan(table)
        if row["finished_at"] is not None
        and row["finished_at"]
        < now - timedelta(days=days if row["status"] == "succeeded" else days * 3)
    ]
    for run_id in old:
        session.drop(table, run_id)
    return len(old)


@upkeep.long_failing.register(MemorySession)
def long_failing(session: MemorySession, *, minutes: int) -> list[Failing]:
    hub, now = session.store.hub, session.now()
    for alert in session.scan(hub.alert):
        if alert["closed_at"] is None and _is_over(session, alert):
            session.put(hub.alert, alert["id"], {**alert, "closed_at": now})
    since = now - timedelta(minutes=minutes)
    return [
        Failing(connection=row["connection"], stream=row["stream"], message=row["error_message"])
        for row in session.scan(hub.stream_state)
        if row["failing_since"] is not None
        and row["failing_since"] < since
        and raise_alert(
            session,
            f"failing:{row['connection']}:{row['stream']}",
            severity="error",
            title=f"Stream {row['stream']} fails for more than {minutes} minutes.",
            next_step=row["error_message"],
            connection=row["connection"],
            stream=row["stream"],
        )
    ]


def _is_over(session: MemorySession, alert: Row) -> bool:
    if alert["connection"] is None or alert["key"].startswith("guard:"):
        return False
    for row in states(session, alert["connection"], alert["stream"]):
        worked = [at for at in (row["pulled_at"], row["pushed_at"]) if at is not None]
        is_well = row["failing_since"] is None and row["hold_reason"] is None
        if is_well and worked and max(worked) > alert["last_at"]:
            return True
    return False


@upkeep.overdue_reads.register(MemorySession)
def overdue_reads(session: MemorySession, connection: str, stream: str, seconds: float) -> bool:
    for row in states(session, connection, stream):
        last = row["reconciled_at"] or row["backfilled_at"]
        before = session.now() - timedelta(seconds=seconds)
        if not row["needs_reconcile"] and last is not None and last < before:
            set_state(session, connection, stream, {"needs_reconcile": True})
    for row in states(session, connection, stream):
        due: bool = row["needs_reconcile"] and not row["is_paused"] and row["hold_reason"] is None
        return due
    return True
