"""How does the memory store answer the questions of `hub.store.runs`?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.errors import NotFound
from hub.store import runs
from hub.store.entities.base import new_id


@runs.start_run.register(MemorySession)
def start_run(
    session: MemorySession, connection: str, stream: str | None, kind: str, trigger: str
) -> UUID:
    run_id = new_id()
    row = {
        **blank("run"),
        "id": run_id,
        "connection": connection,
        "stream": stream,
        "kind": kind,
        "trigger": trigger,
        "status": "running",
        "started_at": session.now(),
    }
    session.insert(session.store.hub.run, run_id, row)
    return run_id


@runs.finish_run.register(MemorySession)
def finish_run(
    session: MemorySession,
    run_id: UUID,
    *,
    status: str,
    counts: Mapping[str, int],
    requests: int,
    error_code: str | None = None,
    error_message: str | None = None,
) -> None:
    table = session.store.hub.run
    row = session.lock(table, run_id)
    if row is not None:
        result = {
            "status": status,
            "finished_at": session.now(),
            "counts": dict(counts),
            "requests": requests,
            "error_code": error_code,
            "error_message": error_message,
        }
        session.put(table, run_id, {**row, **result})


@runs.note_progress.register(MemorySession)
def note_progress(session: MemorySession, run_id: UUID, counts: Mapping[str, int]) -> None:
    table = session.store.hub.run
    row = session.lock(table, run_id)
    if row is not None:
        told = {name: count for name, count in counts.items() if count}
        session.put(table, run_id, {**row, "counts": told})


@runs.drop_run.register(MemorySession)
def drop_run(session: MemorySession, run_id: UUID) -> None:
    session.drop(session.store.hub.run, run_id)


@runs.abandon_runs.register(MemorySession)
def abandon_runs(session: MemorySession, connection: str) -> int:
    hub = session.store.hub
    found = session.find(hub.run, hub.run_running, connection)
    left = [row for row in found if row["kind"] != "preview"]
    for row in left:
        result = {
            "status": "stopped",
            "finished_at": session.now(),
            "error_code": "WORKER_DIED",
            "error_message": ("The worker ended before the run did; the work was taken up again."),
        }
        session.put(hub.run, row["id"], {**row, **result})
    return len(left)


@runs.quiet_seconds.register(MemorySession)
def quiet_seconds(session: MemorySession, connection: str) -> float | None:
    begun = [
        row["started_at"]
        for row in session.scan(session.store.hub.run)
        if row["connection"] == connection
        and row["kind"] in {"pull", "push"}
        and row["status"] == "succeeded"
    ]
    return (session.now() - max(begun)).total_seconds() if begun else None


@runs.raise_alert.register(MemorySession)
def raise_alert(
    session: MemorySession,
    key: str,
    *,
    severity: str,
    title: str,
    next_step: str,
    connection: str | None = None,
    stream: str | None = None,
) -> bool:
    hub, now = session.store.hub, session.now()
    standing = session.one(hub.alert, hub.alert_open, key)
    if standing is not None:
        again = {
            "last_at": now,
            "seen_count": standing["seen_count"] + 1,
            "title": title,
            "next_step": next_step,
        }
        session.put(hub.alert, standing["id"], {**standing, **again})
        return False
    row = {
        **blank("alert"),
        "id": new_id(),
        "key": key,
        "severity": severity,
        "title": title,
        "next_step": next_step,
        "connection": connection,
        "stream": stream,
        "first_at": now,
        "last_at": now,
        "seen_count": 1,
    }
    session.insert(hub.alert, row["id"], row)
    return True


@runs.close_alert.register(MemorySession)
def close_alert(session: MemorySession, key: str) -> None:
    hub = session.store.hub
    for row in session.find(hub.alert, hub.alert_open, key):
        session.put(hub.alert, row["id"], {**row, "closed_at": session.now()})


@runs.ask_approval.register(MemorySession)
def ask_approval(
    session: MemorySession,
    connection: str,
    stream: str,
    action: str,
    items: Sequence[str],
    reason: str,
) -> UUID:
    hub = session.store.hub
    standing = session.one(hub.approval, hub.approval_open, (connection, stream, action))
    if standing is None:
        row = _approval(session, connection, stream, action, items)
    else:
        row = {**standing, "items": list(items)}
    approval_id: UUID = row["id"]
    session.put(hub.approval, approval_id, {**row, "reason": reason})
    return approval_id


def _approval(
    session: MemorySession, connection: str, stream: str, action: str, items: Sequence[str]
) -> Row:
    return {
        **blank("approval"),
        "id": new_id(),
        "connection": connection,
        "stream": stream,
        "action": action,
        "items": list(items),
        "created_at": session.now(),
    }


def _undone(session: MemorySession, connection: str, stream: str, action: str) -> list[Row]:
    """What was decided about plans of this kind and not carried out yet."""
    hub = session.store.hub
    found = session.find(hub.approval, hub.approval_plan, (connection, stream, action))
    return [row for row in found if row["decision"] is not None and row["applied_at"] is None]


@runs.decided_items.register(MemorySession)
def decided_items(
    session: MemorySession, connection: str, stream: str, action: str, decision: str
) -> set[str]:
    found = _undone(session, connection, stream, action)
    return {item for row in found if row["decision"] == decision for item in row["items"]}


@runs.mark_applied.register(MemorySession)
def mark_applied(session: MemorySession, connection: str, stream: str, action: str) -> None:
    table = session.store.hub.approval
    for row in _undone(session, connection, stream, action):
        session.put(table, row["id"], {**row, "applied_at": session.now()})


@runs.decide.register(MemorySession)
def decide(
    session: MemorySession, approval_id: UUID, decision: str, by: str
) -> tuple[str, str, str, list[str]]:
    table = session.store.hub.approval
    row = session.lock(table, approval_id)
    if row is None or row["decision"] is not None:
        raise NotFound(f"no plan waits under {approval_id}. `hub sync approvals` lists what waits.")
    decided = {"decision": decision, "decided_by": by, "decided_at": session.now()}
    session.put(table, approval_id, {**row, **decided})
    return row["connection"], row["stream"], row["action"], list(row["items"])


@runs.grant.register(MemorySession)
def grant(
    session: MemorySession,
    connection: str,
    stream: str,
    action: str,
    items: Sequence[str],
    by: str,
) -> None:
    row = {
        **_approval(session, connection, stream, action, items),
        "reason": "follows from another decision",
        "decision": "approved",
        "decided_at": session.now(),
        "decided_by": by,
    }
    session.insert(session.store.hub.approval, row["id"], row)


@runs.open_approvals.register(MemorySession)
def open_approvals(session: MemorySession) -> list[dict[str, Any]]:
    shown = ("id", "connection", "stream", "action", "reason")
    found = [row for row in session.scan(session.store.hub.approval) if row["decision"] is None]
    found.sort(key=lambda row: row["created_at"])
    return [
        {
            **{name: row[name] for name in shown},
            "items": len(row["items"]),
            "created_at": row["created_at"],
        }
        for row in found
    ]
