"""How does the memory store answer the questions of `hub.store.streams`: states and hooks?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from simulation.memory_store.answers_intents import close_rested
from simulation.memory_store.answers_links import standing
from simulation.memory_store.blanks import blank
from simulation.memory_store.session import MemorySession
from simulation.memory_store.table import Row

from hub.core.records import HookInfo
from hub.errors import LeaseLost
from hub.store import streams
from hub.store.entities.base import new_id
from hub.store.streams import _DONE, _SETTABLE, OpenHook, State


@streams.ensure.register(MemorySession)
def ensure(session: MemorySession, connection: str, stream: str) -> State:
    _make(session, connection, stream)
    return load(session, connection, stream)


@streams.ensure_all.register(MemorySession)
def ensure_all(
    session: MemorySession, connection: str, names: Sequence[str], place: str | None = None
) -> bool:
    known = states(session, connection, None)
    for name in names:
        _make(session, connection, name, place)
    return any([_see_place(session, row, place) for row in known if place is not None])


def _see_place(session: MemorySession, row: Row, place: str) -> bool:
    """Hold a stream whose values were agreed with another place; True when just now."""
    seen, held = row["place"], row["hold_reason"]
    is_moved = (held or "").startswith(streams.MOVED)
    if (seen is None and held is None) or (seen == place and is_moved):
        values: Row = {"place": place, "hold_reason": None}
    elif seen is not None and seen != place and held is None:
        words = f"it points at {place} and was agreed with {seen}"
        advice = "Look at a preview, then resume; or point it back."
        values = {"hold_reason": f"{streams.MOVED}{words}. {advice}"}
    else:
        return False
    set_state(session, row["connection"], row["stream"], {**values, "needs_reconcile": True})
    return values["hold_reason"] is not None


def _make(session: MemorySession, connection: str, stream: str, place: str | None = None) -> None:
    table, key = session.store.hub.stream_state, (connection, stream)
    if session.get(table, key) is None and session.lock(table, key) is None:
        row = {**blank("stream_state"), "connection": connection, "stream": stream}
        session.put(table, key, {**row, "id": new_id(), "place": place})


@streams.load.register(MemorySession)
def load(session: MemorySession, connection: str, stream: str) -> State:
    row = session.get(session.store.hub.stream_state, (connection, stream))
    if row is None:
        raise AssertionError(f"stream {connection}.{stream} has no state")
    return State(
        connection=connection,
        stream=stream,
        cursor=_as_text(row["cursor"]),
        push_tick=row["push_tick"],
        is_paused=row["is_paused"],
        hold_reason=row["hold_reason"],
        needs_reconcile=row["needs_reconcile"],
        backfilled_at=row["backfilled_at"],
        reconciled_at=row["reconciled_at"],
    )


def _as_text(cursor: Any) -> str | None:
    return cursor if cursor is None or isinstance(cursor, str) else json.dumps(cursor)


@streams.exists.register(MemorySession)
def exists(session: MemorySession, connection: str, stream: str) -> bool:
    return session.get(session.store.hub.stream_state, (connection, stream)) is not None


def set_state(session: MemorySession, connection: str, stream: str, values: Row) -> None:
    """Set columns of a stream's state, if it has one."""
    table, key = session.store.hub.stream_state, (connection, stream)
    row = session.lock(table, key)
    if row is not None:
        session.put(table, key, {**row, **values})


def states(session: MemorySession, connection: str, stream: str | None) -> list[Row]:
    """The state of one stream, or of every stream of the connection."""
    hub = session.store.hub
    if stream is None:
        return session.find(hub.stream_state, hub.state_connection, connection)
    row = session.get(hub.stream_state, (connection, stream))
    return [] if row is None else [row]


@streams.release_era_hold.register(MemorySession)
def release_era_hold(session: MemorySession, connection: str, stream: str) -> None:
    for row in states(session, connection, stream):
        reason = row["hold_reason"] or ""
        if reason.startswith(("era ", streams.MOVED)):
            place = None if reason.startswith(streams.MOVED) else row["place"]
            set_state(session, connection, stream, {"hold_reason": None, "place": place})


@streams.overview.register(MemorySession)
def overview(session: MemorySession) -> list[dict[str, Any]]:
    shown = (
        *("connection", "stream", "is_paused", "hold_reason", "needs_reconcile"),
        *("backfilled_at", "reconciled_at", "pulled_at", "pushed_at", "failing_since"),
        "error_message",
    )
    found = session.scan(session.store.hub.stream_state)
    found.sort(key=lambda row: (row["connection"], row["stream"]))
    return [{**{name: row[name] for name in shown}, **_open_matters(session, row)} for row in found]


def _open_matters(session: MemorySession, row: Row) -> dict[str, int]:
    hub, connection, stream = session.store.hub, row["connection"], row["stream"]
    here = (connection, stream)
    links = standing(session, connection, stream)
    return {
        "records": session.count(hub.record_link, hub.link_state, (*here, "live")),
        "open_conflicts": sum(
            1
            for conflict in session.scan(hub.conflict)
            if conflict["status"] == "open" and (conflict["connection"], conflict["stream"]) == here
        ),
        "frozen_cells": sum(
            session.count(hub.frozen_cell, hub.frozen_link, link["id"])
            for link in [
                *links,
                *session.find(hub.record_link, hub.link_state, (*here, "tombstone")),
            ]
        ),
        "waiting_rows": session.count(hub.recheck, hub.recheck_stream, here),
    }


@streams.change.register(MemorySession)
def change(session: MemorySession, /, connection: str, stream: str, **values: Any) -> None:
    if not set(values) <= _SETTABLE:
        raise AssertionError(f"not settable: {sorted(set(values) - _SETTABLE)}")
    set_state(session, connection, stream, values)


@streams.note_failure.register(MemorySession)
def note_failure(
    session: MemorySession,
    connection: str,
    stream: str | None,
    *,
    part: str,
    code: str,
    message: str,
) -> None:
    for row in states(session, connection, stream):
        failure = {
            "failing_part": part,
            "error_code": code,
            "error_message": message,
            "failing_since": row["failing_since"] or session.now(),
        }
        set_state(session, connection, row["stream"], failure)


@streams.note_success.register(MemorySession)
def note_success(session: MemorySession, connection: str, stream: str | None, part: str) -> None:
    when = _DONE["backfill" if part == "reconcile" else part]
    for row in states(session, connection, stream):
        done: Row = {when: session.now()}
        if row["failing_part"] == part:
            over = ("failing_part", "failing_since", "error_code", "error_message")
            done |= dict.fromkeys(over)
        set_state(session, connection, row["stream"], done)


@streams.seconds_since_pull.register(MemorySession)
def seconds_since_pull(session: MemorySession, connection: str) -> float | None:
    pulled = [row["pulled_at"] for row in states(session, connection, None) if row["pulled_at"]]
    return (session.now() - max(pulled)).total_seconds() if pulled else None


@streams.open_hook.register(MemorySession)
def open_hook(session: MemorySession, connection: str) -> OpenHook | None:
    hub = session.store.hub
    found = session.find(hub.hook, hub.hook_connection, connection)
    alive = [row for row in found if row["closed_at"] is None]
    if not alive:
        return None
    newest = max(alive, key=lambda row: row["created_at"])
    return OpenHook(
        external_id=newest["external_id"],
        cursor=newest["cursor"],
        notification_url=newest["notification_url"],
        expires_at=newest["expires_at"],
    )


@streams.save_hook.register(MemorySession)
def save_hook(session: MemorySession, connection: str, hook: HookInfo) -> None:
    row = {
        **blank("hook"),
        "id": new_id(),
        "connection": connection,
        "external_id": hook.external_id,
        "mac_secret": hook.mac_secret,
        "cursor": hook.next_cursor,
        "notification_url": hook.notification_url,
        "expires_at": hook.expires_at,
        "created_at": session.now(),
    }
    session.insert(session.store.hub.hook, row["id"], row)


def _set_hook(session: MemorySession, connection: str, external_id: str, values: Row) -> None:
    hub = session.store.hub
    for row in session.find(hub.hook, hub.hook_external, (connection, external_id)):
        latest = session.lock(hub.hook, row["id"])
        if latest is not None:
            session.put(hub.hook, row["id"], {**latest, **values})


@streams.extend_hook.register(MemorySession)
def extend_hook(
    session: MemorySession, connection: str, external_id: str, expires_at: datetime | None
) -> None:
    _set_hook(session, connection, external_id, {"expires_at": expires_at})


@streams.close_hook.register(MemorySession)
def close_hook(session: MemorySession, connection: str, external_id: str, reason: str) -> None:
    close_rested(session, connection, minutes=0)
    closed = {"closed_at": session.now(), "closed_reason": reason}
    _set_hook(session, connection, external_id, closed)
    for row in states(session, connection, None):
        set_state(session, connection, row["stream"], {"needs_reconcile": True})


@streams.advance_hook.register(MemorySession)
def advance_hook(
    session: MemorySession, connection: str, external_id: str, *, before: int, after: int
) -> None:
    hub = session.store.hub
    row = session.one(hub.hook, hub.hook_external, (connection, external_id))
    if row is not None and row["cursor"] == before:
        row = session.lock(hub.hook, row["id"])
    if row is None or row["cursor"] != before:
        raise LeaseLost
    session.put(hub.hook, row["id"], {**row, "cursor": after})
