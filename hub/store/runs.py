"""What ran, for how long, with what result; what should a person know; what waits for a word?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.errors import NotFound
from hub.store.entities.base import new_id
from hub.store.generic import generic


@generic(Session)
def start_run(
    session: Session, connection: str, stream: str | None, kind: str, trigger: str
) -> UUID:
    """Begin a run; its id."""
    run_id = new_id()
    session.execute(
        text(
            "insert into hub.run (id, connection, stream, kind, trigger, status)"
            " values (:id, :connection, :stream, :kind, :trigger, 'running')"
        ),
        {
            "id": run_id,
            "connection": connection,
            "stream": stream,
            "kind": kind,
            "trigger": trigger,
        },
    )
    return run_id


@generic(Session)
def finish_run(
    session: Session,
    run_id: UUID,
    *,
    status: str,
    counts: Mapping[str, int],
    requests: int,
    error_code: str | None = None,
    error_message: str | None = None,
) -> None:
    """End a run."""
    session.execute(
        text(
            "update hub.run set status = :status, finished_at = clock_timestamp(),"
            " counts = cast(:counts as jsonb), requests = :requests,"
            " error_code = :code, error_message = :message where id = :id"
        ),
        {
            "id": run_id,
            "status": status,
            "counts": json.dumps(dict(counts)),
            "requests": requests,
            "code": error_code,
            "message": error_message,
        },
    )


@generic(Session)
def quiet_seconds(session: Session, connection: str) -> float | None:
    """How long ago something was taken in or sent; None where it never was."""
    seconds: float | None = session.execute(
        text(
            "select extract(epoch from clock_timestamp() - started_at)::float from hub.run"
            " where connection = :connection and kind in ('pull', 'push')"
            " and status = 'succeeded' order by started_at desc limit 1"
        ),
        {"connection": connection},
    ).scalar_one_or_none()
    return seconds


@generic(Session)
def note_progress(session: Session, run_id: UUID, counts: Mapping[str, int]) -> None:
    """Say how far a run is that goes on."""
    session.execute(
        text("update hub.run set counts = cast(:counts as jsonb) where id = :id"),
        {"id": run_id, "counts": json.dumps({name: n for name, n in counts.items() if n})},
    )


@generic(Session)
def drop_run(session: Session, run_id: UUID) -> None:
    """Forget a run that found nothing to do."""
    session.execute(text("delete from hub.run where id = :id"), {"id": run_id})


@generic(Session)
def abandon_runs(session: Session, connection: str) -> int:
    """Mark runs as stopped whose worker died; how many. The caller holds the lease."""
    result = session.execute(
        text(
            "update hub.run set status = 'stopped', finished_at = clock_timestamp(),"
            " error_code = 'WORKER_DIED',"
            " error_message = 'The worker ended before the run did; the work was taken up again.'"
            # A preview looks beside whoever has the lease.
            " where connection = :connection and status = 'running' and kind <> 'preview'"
        ),
        {"connection": connection},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


@generic(Session)
def raise_alert(
    session: Session,
    key: str,
    *,
    severity: str,
    title: str,
    next_step: str,
    connection: str | None = None,
    stream: str | None = None,
) -> bool:
    """Tell of something once while it lasts; True when it is new."""
    is_new: bool = session.execute(
        text(
            "insert into hub.alert (key, severity, title, next_step, connection, stream)"
            " values (:key, :severity, :title, :next_step, :connection, :stream)"
            " on conflict (key) where closed_at is null do update"
            " set last_at = clock_timestamp(), seen_count = alert.seen_count + 1,"
            "  title = excluded.title, next_step = excluded.next_step"
            " returning seen_count = 1"
        ),
        {
            "key": key,
            "severity": severity,
            "title": title,
            "next_step": next_step,
            "connection": connection,
            "stream": stream,
        },
    ).scalar_one()
    return is_new


@generic(Session)
def close_alert(session: Session, key: str) -> None:
    """It is over."""
    session.execute(
        text(
            "update hub.alert set closed_at = clock_timestamp()"
            " where key = :key and closed_at is null"
        ),
        {"key": key},
    )


@generic(Session)
def ask_approval(
    session: Session, connection: str, stream: str, action: str, items: Sequence[str], reason: str
) -> UUID:
    """Put a stopped plan before a person; an open one of the same kind is updated."""
    approval: object = session.execute(
        text(
            "insert into hub.approval (connection, stream, action, items, reason)"
            " values (:connection, :stream, :action, cast(:items as jsonb), :reason)"
            " on conflict (connection, stream, action) where decision is null"
            " do update set items = excluded.items, reason = excluded.reason returning id"
        ),
        {
            "connection": connection,
            "stream": stream,
            "action": action,
            "items": json.dumps(list(items)),
            "reason": reason,
        },
    ).scalar_one()
    return UUID(str(approval))


@generic(Session)
def decided_items(
    session: Session, connection: str, stream: str, action: str, decision: str
) -> set[str]:
    """The ids that a person approved, or refused, and that have not been dealt with yet."""
    found = session.execute(
        text(
            "select jsonb_array_elements_text(items) from hub.approval"
            " where connection = :connection and stream = :stream and action = :action"
            " and decision = :decision and applied_at is null"
        ),
        {
            "connection": connection,
            "stream": stream,
            "action": action,
            "decision": decision,
        },
    )
    return set(found.scalars())


@generic(Session)
def mark_applied(session: Session, connection: str, stream: str, action: str) -> None:
    """What was decided about plans of this kind has been carried out."""
    session.execute(
        text(
            "update hub.approval set applied_at = clock_timestamp()"
            " where connection = :connection and stream = :stream and action = :action"
            " and decision is not null and applied_at is null"
        ),
        {"connection": connection, "stream": stream, "action": action},
    )


@generic(Session)
def decide(
    session: Session, approval_id: UUID, decision: str, by: str
) -> tuple[str, str, str, list[str]]:
    """Write down a person's word: (connection, stream, action, items).

    Raises:
        NotFound: nothing waits under that id.
    """
    row = session.execute(
        text(
            "update hub.approval set decision = :decision, decided_by = :by,"
            " decided_at = clock_timestamp() where id = :id and decision is null"
            " returning connection, stream, action, items"
        ),
        {"id": approval_id, "decision": decision, "by": by},
    ).one_or_none()
    if row is None:
        raise NotFound(f"no plan waits under {approval_id}. `hub sync approvals` lists what waits.")
    return row.connection, row.stream, row.action, list(row.items)


@generic(Session)
def grant(
    session: Session, connection: str, stream: str, action: str, items: Sequence[str], by: str
) -> None:
    """Free exactly these rows for what a person's other decision entails."""
    session.execute(
        text(
            "insert into hub.approval (connection, stream, action, items, reason, decision,"
            " decided_at, decided_by) values (:connection, :stream, :action,"
            " cast(:items as jsonb), 'follows from another decision', 'approved',"
            " clock_timestamp(), :by)"
        ),
        {
            "connection": connection,
            "stream": stream,
            "action": action,
            "items": json.dumps(list(items)),
            "by": by,
        },
    )


@generic(Session)
def open_approvals(session: Session) -> list[dict[str, object]]:
    """The plans that wait for a person's word, the oldest first."""
    found = session.execute(
        text(
            "select id, connection, stream, action, reason, jsonb_array_length(items) as items,"
            " created_at from hub.approval where decision is null order by created_at"
        )
    )
    return [dict(row._mapping) for row in found]
