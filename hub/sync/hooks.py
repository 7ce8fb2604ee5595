"""Is the other side still telling us of its changes?"""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.contract import Capability
from hub.errors import CursorExpired, RemoteMissing
from hub.store import leases, runs, streams
from hub.store.streams import OpenHook
from hub.sync.connection import Work

REFRESH_BEFORE = timedelta(days=1)
"""Hooks are refreshed this long before they expire."""


def ensure_hook(work: Work) -> OpenHook | None:
    """The connection's hook, made when there is none; None where nothing can be watched.

    Without a public address the hook notifies nobody but still records payloads.
    """
    connection = work.connection
    if Capability.WATCH not in connection.connector.capabilities:
        return None
    with connection.database.reading() as session:
        hook = streams.open_hook(session, connection.name)
    if hook is not None and hook.notification_url != connection.notification_url:
        _replace(work, hook, "the address changed")
        hook = None
    if hook is not None and hook.expires_at and hook.expires_at < clock.now():
        _replace(work, hook, "expired")
        hook = None
    if hook is None:
        return _create(work)
    return hook


def _create(work: Work) -> OpenHook:
    connection = work.connection
    made = connection.connector.create_hook(connection.notification_url)
    with connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        streams.save_hook(session, connection.name, made)
        runs.close_alert(session, f"hook:{connection.name}")
    return OpenHook(
        external_id=made.external_id,
        cursor=made.next_cursor,
        notification_url=made.notification_url,
        expires_at=made.expires_at,
    )


def _replace(work: Work, hook: OpenHook, reason: str) -> None:
    connection = work.connection
    connection.connector.delete_hook(hook.external_id)
    with connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        streams.close_hook(session, connection.name, hook.external_id, reason)


def give_up_hook(work: Work, hook: OpenHook, error: CursorExpired) -> None:
    """The hook is gone: what it would have told is found by a complete read."""
    connection = work.connection
    with connection.database.unit_of_work(work.provenance()) as session:
        leases.check(session, work.grant)
        streams.close_hook(session, connection.name, hook.external_id, error.message)
        runs.raise_alert(
            session,
            f"hook:{connection.name}",
            severity="warning",
            title=f"The webhook of {connection.name} was gone.",
            next_step=(
                "Nothing: a new one is made and every stream is read completely. If it happens "
                "again, look at who deletes the base's webhooks."
            ),
            connection=connection.name,
        )


def tend_hook(work: Work) -> None:
    """Refresh the hook in time, and see whether it lives and rings.

    Raises:
        HubError: what the other side answered.
    """
    hook = ensure_hook(work)
    if hook is None:
        return
    connection = work.connection
    listed = {info.external_id: info for info in connection.connector.hooks()}
    info = listed.get(hook.external_id)
    if info is None or not info.is_enabled:
        give_up_hook(work, hook, CursorExpired("the webhook is gone or disabled"))
        ensure_hook(work)
        return
    if hook.notification_url and not info.notifies:
        # Notifications were switched off after failed deliveries: a new hook rings again.
        _replace(work, hook, "notifications were switched off")
        ensure_hook(work)
        return
    if info.expires_at and info.expires_at - clock.now() < REFRESH_BEFORE:
        try:
            renewed = connection.connector.refresh_hook(hook.external_id)
        except RemoteMissing as exc:
            give_up_hook(work, hook, CursorExpired(exc.message))
            return
        with connection.database.unit_of_work(work.provenance()) as session:
            streams.extend_hook(session, connection.name, hook.external_id, renewed.expires_at)
