"""How far is each stream, what stopped it, and where do its hooks stand?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.core.records import HookInfo
from hub.errors import LeaseLost
from hub.store import intents
from hub.store.generic import generic

MOVED = "moved: "
"""How the reason begins for which a stream is held whose connection points elsewhere now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A stream's row in hub.stream_state."""

    connection: str
    stream: str
    cursor: str | None
    push_tick: int | None
    is_paused: bool
    hold_reason: str | None
    needs_reconcile: bool
    backfilled_at: datetime | None
    reconciled_at: datetime | None

    @property
    def is_stopped(self) -> bool:
        """Whether a person or the stream itself stopped it."""
        return self.is_paused or self.hold_reason is not None


@generic(Session)
def ensure(session: Session, connection: str, stream: str) -> State:
    """The stream's state, made when there is none."""
    session.execute(
        text(
            "insert into hub.stream_state (connection, stream) values (:connection, :stream)"
            " on conflict (connection, stream) do nothing"
        ),
        {"connection": connection, "stream": stream},
    )
    return load(session, connection, stream)


@generic(Session)
def ensure_all(
    session: Session, connection: str, names: Sequence[str], place: str | None = None
) -> bool:
    """Make the states of a connection's streams that are not there yet.

    `place` is what the connection points at, such as a base. A stream whose agreed values are
    another place's is held until a person has looked: a copy of the base must not write into
    production. True when one is held just now. Pointed back, it goes on by itself.
    """
    found = session.execute(
        text(
            "with made as (insert into hub.stream_state (connection, stream, place)"
            "  select :connection, name, :place from unnest(cast(:names as text[])) as t(name)"
            "  on conflict (connection, stream) do nothing)"
            " update hub.stream_state set place = coalesce(place, :place),"
            "  hold_reason = case when coalesce(place, :place) <> :place then"
            "   :moved || 'it points at ' || :place || ' and was agreed with ' || place"
            "    || '. Look at a preview, then resume; or point it back.' end,"
            "  needs_reconcile = true"
            " where connection = :connection and ("
            "  place is null and cast(:place as text) is not null and hold_reason is null"
            "  or place <> :place and hold_reason is null"
            "  or place = :place and starts_with(hold_reason, :moved))"
            " returning hold_reason is not null"
        ),
        {"connection": connection, "names": list(names), "place": place, "moved": MOVED},
    )
    return any(found.scalars().all())


@generic(Session)
def load(session: Session, connection: str, stream: str) -> State:
    """The stream's state."""
    row = session.execute(
        text(
            "select cursor #>> '{}' as cursor, push_tick, is_paused, hold_reason,"
            " needs_reconcile, backfilled_at, reconciled_at"
            " from hub.stream_state where connection = :connection and stream = :stream"
        ),
        {"connection": connection, "stream": stream},
    ).one()
    return State(connection=connection, stream=stream, **row._mapping)


@generic(Session)
def exists(session: Session, connection: str, stream: str) -> bool:
    """Whether the hub knows the stream."""
    found: bool = session.execute(
        text(
            "select exists (select from hub.stream_state"
            " where connection = :connection and stream = :stream)"
        ),
        {"connection": connection, "stream": stream},
    ).scalar_one()
    return found


@generic(Session)
def release_era_hold(session: Session, connection: str, stream: str) -> None:
    """Let a stream go on that waits since the database was restored, or points elsewhere."""
    session.execute(
        text(
            "update hub.stream_state set hold_reason = null,"  # noqa: S608  constants
            f"  place = case when hold_reason like '{MOVED}%' then null else place end"
            " where connection = :connection and stream = :stream"
            f" and (hold_reason like 'era %' or hold_reason like '{MOVED}%')"
        ),
        {"connection": connection, "stream": stream},
    )


@generic(Session)
def overview(session: Session) -> list[dict[str, Any]]:
    """Every stream with its state and its open matters, by name."""
    found = session.execute(
        text(
            "select s.connection, s.stream, s.is_paused, s.hold_reason, s.needs_reconcile,"
            " s.backfilled_at, s.reconciled_at, s.pulled_at, s.pushed_at, s.failing_since,"
            " s.error_message,"
            " (select count(*) from hub.record_link l where l.connection = s.connection"
            "   and l.stream = s.stream and l.state = 'live') as records,"
            " (select count(*) from hub.conflict c where c.connection = s.connection"
            "   and c.stream = s.stream and c.status = 'open') as open_conflicts,"
            " (select count(*) from hub.frozen_cell f join hub.record_link l on l.id = f.link_id"
            "   where l.connection = s.connection and l.stream = s.stream) as frozen_cells,"
            " (select count(*) from hub.recheck r where r.connection = s.connection"
            "   and r.stream = s.stream) as waiting_rows"
            " from hub.stream_state s order by s.connection, s.stream"
        )
    )
    return [dict(row._mapping) for row in found]


_SETTABLE = frozenset(
    {
        "cursor",
        "push_tick",
        "schema_seen",
        "is_paused",
        "paused_by",
        "paused_at",
        "hold_reason",
        "needs_reconcile",
        "backfilled_at",
        "reconciled_at",
        "pulled_at",
        "pushed_at",
        "failing_since",
        "error_code",
        "error_message",
    }
)
_JSON = frozenset({"cursor", "schema_seen"})


@generic(Session)
def change(session: Session, /, connection: str, stream: str, **values: Any) -> None:
    """Set columns of the stream's state."""
    if not set(values) <= _SETTABLE:
        raise AssertionError(f"not settable: {sorted(set(values) - _SETTABLE)}")
    sets = ", ".join(
        f"{name} = cast(:{name} as jsonb)" if name in _JSON else f"{name} = :{name}"
        for name in values
    )
    bound = {
        name: json.dumps(value) if name in _JSON and value is not None else value
        for name, value in values.items()
    }
    session.execute(
        text(
            f"update hub.stream_state set {sets}"  # noqa: S608  # names are checked above
            " where connection = :connection_name and stream = :stream_name"
        ),
        {**bound, "connection_name": connection, "stream_name": stream},
    )


@generic(Session)
def note_failure(
    session: Session,
    connection: str,
    stream: str | None,
    *,
    part: str,
    code: str,
    message: str,
) -> None:
    """Remember the last failure of a stream, or of every stream of the connection."""
    session.execute(
        text(
            "update hub.stream_state set failing_part = :part, error_code = :code,"
            " error_message = :message,"
            " failing_since = coalesce(failing_since, clock_timestamp())"
            " where connection = :connection"
            " and (cast(:stream as text) is null or stream = :stream)"
        ),
        {
            "connection": connection,
            "stream": stream,
            "part": part,
            "code": code,
            "message": message,
        },
    )


_DONE = {"pull": "pulled_at", "push": "pushed_at", "backfill": "pulled_at"}


@generic(Session)
def note_success(session: Session, connection: str, stream: str | None, part: str) -> None:
    """Remember that a part of the work went through; another part's failure stays."""
    when = _DONE["backfill" if part == "reconcile" else part]
    session.execute(
        text(
            f"update hub.stream_state set {when} = clock_timestamp(),"  # noqa: S608  # constants
            " failing_since = case when failing_part = :part then null else failing_since end,"
            " error_code = case when failing_part = :part then null else error_code end,"
            " error_message = case when failing_part = :part then null else error_message end,"
            " failing_part = nullif(failing_part, :part)"
            " where connection = :connection"
            " and (cast(:stream as text) is null or stream = :stream)"
        ),
        {"connection": connection, "stream": stream, "part": part},
    )


@generic(Session)
def seconds_since_pull(session: Session, connection: str) -> float | None:
    """How long ago the connection's changes were asked for; None where they never were."""
    seconds: float | None = session.execute(
        text(
            "select extract(epoch from clock_timestamp() - max(pulled_at))::float"
            " from hub.stream_state where connection = :connection"
        ),
        {"connection": connection},
    ).scalar_one()
    return seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenHook:
    """A hook of ours that is believed alive, and our place in its payloads."""

    external_id: str
    cursor: int
    notification_url: str | None
    expires_at: datetime | None


@generic(Session)
def open_hook(session: Session, connection: str) -> OpenHook | None:
    """The connection's newest hook that is not closed."""
    row = session.execute(
        text(
            "select external_id, cursor, notification_url, expires_at from hub.hook"
            " where connection = :connection and closed_at is null"
            " order by created_at desc limit 1"
        ),
        {"connection": connection},
    ).one_or_none()
    return OpenHook(**row._mapping) if row else None


@generic(Session)
def save_hook(session: Session, connection: str, hook: HookInfo) -> None:
    """Remember a hook that was just made."""
    session.execute(
        text(
            "insert into hub.hook (connection, external_id, mac_secret, cursor,"
            " notification_url, expires_at)"
            " values (:connection, :external_id, :secret, :cursor, :url, :expires_at)"
        ),
        {
            "connection": connection,
            "external_id": hook.external_id,
            "secret": hook.mac_secret,
            "cursor": hook.next_cursor,
            "url": hook.notification_url,
            "expires_at": hook.expires_at,
        },
    )


@generic(Session)
def extend_hook(
    session: Session, connection: str, external_id: str, expires_at: datetime | None
) -> None:
    """Remember the hook's new expiry."""
    session.execute(
        text(
            "update hub.hook set expires_at = :expires_at"
            " where connection = :connection and external_id = :external_id"
        ),
        {"connection": connection, "external_id": external_id, "expires_at": expires_at},
    )


@generic(Session)
def close_hook(session: Session, connection: str, external_id: str, reason: str) -> None:
    """Give a hook up; every stream of the connection is read completely once.

    What it recorded is gone with it, so no intent waits for its payload any longer.
    """
    intents.close_rested(session, connection, minutes=0)
    session.execute(
        text(
            "update hub.hook set closed_at = clock_timestamp(), closed_reason = :reason"
            " where connection = :connection and external_id = :external_id"
        ),
        {"connection": connection, "external_id": external_id, "reason": reason},
    )
    session.execute(
        text("update hub.stream_state set needs_reconcile = true where connection = :connection"),
        {"connection": connection},
    )


@generic(Session)
def advance_hook(
    session: Session, connection: str, external_id: str, *, before: int, after: int
) -> None:
    """Move our place in the hook's payloads.

    Raises:
        LeaseLost: somebody else moved it.
    """
    moved = session.execute(
        text(
            "update hub.hook set cursor = :after where connection = :connection"
            " and external_id = :external_id and cursor = :before returning cursor"
        ),
        {
            "connection": connection,
            "external_id": external_id,
            "before": before,
            "after": after,
        },
    ).one_or_none()
    if moved is None:
        raise LeaseLost
