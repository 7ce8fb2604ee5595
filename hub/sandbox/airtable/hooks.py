"""Which webhooks does a base have, and what is waiting for each of them?"""

from __future__ import annotations

import base64
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.hook_specification import (
    check_specification,
    find_view,
    members,
    vanished,
)
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields, Json, dump, parse
from hub.sandbox.airtable.limits import Limits
from hub.sandbox.airtable.model import Base
from hub.sandbox.airtable.payloads import Specification, ViewMoves, payloads
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed
from hub.sandbox.clock import iso

LIFETIME = timedelta(days=7)
PAGE = 50


@dataclass(slots=True)
class Hook:
    """A webhook and how its notifications fare."""

    id: str
    base_id: str
    url: str | None
    secret: str
    specification: Fields
    expires: str
    next_cursor: int = 1
    notifications_enabled: bool = True
    error: str | None = None
    last_success: str | None = None
    last_result: Fields | None = None
    ping_due: str | None = None
    ping_attempt: int = 0

    def public(self, now: datetime) -> Fields:
        return {
            "id": self.id,
            "areNotificationsEnabled": self.notifications_enabled,
            "cursorForNextPayload": self.next_cursor,
            "isHookEnabled": self.is_active(now) and self.error is None,
            "lastSuccessfulNotificationTime": self.last_success,
            "notificationUrl": self.url,
            "expirationTime": self.expires,
            "lastNotificationResult": self.last_result,
            "specification": self.specification,
        }

    def is_active(self, now: datetime) -> bool:
        return now < datetime.fromisoformat(self.expires)


class Hooks:
    """All webhooks. A payload is written in the transaction of the change that it tells."""

    def __init__(self, state: State, limits: Limits) -> None:
        self.state = state
        self.limits = limits
        self.hooks: dict[str, Hook] = {
            hook_id: Hook(**parse(body))
            for hook_id, body in state.file.rows("SELECT id, body FROM hook ORDER BY rowid")
        }
        self._members: dict[str, frozenset[str]] = {}
        self._counted: dict[str, int] = {}
        self.on_enabled: list[Callable[[], None]] = []

    # The requests

    def of_base(self, base: Base) -> list[Hook]:
        """The base's hooks; one that expired is forgotten seven days later."""
        now = self.state.clock.now()
        for hook in list(self.hooks.values()):
            if now >= datetime.fromisoformat(hook.expires) + LIFETIME:
                self._forget(hook)
        return [hook for hook in self.hooks.values() if hook.base_id == base.id]

    def find(self, base: Base, hook_id: str) -> Hook:
        for hook in self.of_base(base):
            if hook.id == hook_id:
                return hook
        raise errors.model_not_found()

    def create(self, base: Base, body: Json) -> Hook:
        if not isinstance(body, dict) or set(body) - {"notificationUrl", "specification"}:
            raise errors.invalid_request()
        url = body.get("notificationUrl")
        if url is not None and (
            not isinstance(url, str)
            or urlsplit(url).scheme not in ("http", "https")
            or not urlsplit(url).netloc
        ):
            raise errors.invalid_request("notificationUrl must be a URL")
        specification: Json = body.get("specification")
        check_specification(base, specification)
        if len(self.of_base(base)) >= self.limits.webhooks_per_base:
            raise errors.unprocessable(
                "TOO_MANY_WEBHOOKS_IN_BASE",
                f"A base may have at most {self.limits.webhooks_per_base} webhooks",
            )
        hook = Hook(
            id=new_id("ach"),
            base_id=base.id,
            url=url,
            secret=base64.b64encode(secrets.token_bytes(32)).decode(),
            specification=specification,
            expires=self._in_seven_days(),
        )
        self.hooks[hook.id] = hook
        self.save(hook)
        return hook

    def delete(self, base: Base, hook_id: str) -> None:
        self._forget(self.find(base, hook_id))

    def refresh(self, base: Base, hook_id: str) -> Hook:
        hook = self.find(base, hook_id)
        if not hook.is_active(self.state.clock.now()):
            raise errors.unprocessable(
                "INVALID_HOOK", "The webhook has expired and cannot be refreshed"
            )
        hook.expires = self._in_seven_days()
        self.save(hook)
        return hook

    def enable(self, base: Base, hook_id: str, enable: Json) -> None:
        if not isinstance(enable, bool):
            raise errors.invalid_request()
        hook = self.find(base, hook_id)
        hook.notifications_enabled = enable
        if enable:
            hook.ping_attempt = 0
        self.save(hook)
        for wake in self.on_enabled:
            wake()

    def payloads(self, base: Base, hook_id: str, cursor: int, limit: int) -> Fields:
        """A page of payloads from `cursor` on; asking also extends the hook's life."""
        hook = self.find(base, hook_id)
        now = self.state.clock.now()
        if cursor < 1 or not 1 <= limit <= PAGE:
            raise errors.invalid_request()
        with self.state.file.transaction() as connection:
            connection.execute(
                "DELETE FROM payload WHERE hook = ? AND created <= ?",
                (hook.id, iso(now - LIFETIME)),
            )
        rows = self.state.file.rows(
            "SELECT number, body FROM payload WHERE hook = ? AND number >= ? "
            "ORDER BY number LIMIT ?",
            hook.id,
            cursor,
            limit + 1,
        )
        page = rows[:limit]
        if hook.is_active(now):
            hook.expires = self._in_seven_days()
            self.save(hook)
        return {
            "payloads": [parse(body) for _, body in page],
            "cursor": page[-1][0] + 1 if page else cursor,
            "mightHaveMore": len(rows) > limit,
        }

    # What happens in the base

    def record(self, committed: Committed, reader: Reader, connection: sqlite3.Connection) -> None:
        """Write the payloads of an action; the cursors move once the transaction stands."""
        now = self.state.clock.now()
        self._counted = {}
        for hook in list(self.hooks.values()):
            if hook.base_id != committed.base.id or not hook.is_active(now) or hook.error:
                continue
            broken = vanished(committed.base, hook.specification)
            told = self._told(hook, committed, reader) if not broken else [
                {
                    "timestamp": committed.at,
                    "baseTransactionNumber": committed.transaction,
                    "actionMetadata": committed.actor.action_metadata(),
                    "payloadFormat": "v0",
                    "error": True,
                    "code": broken,
                }
            ]  # fmt: skip
            if broken:
                hook.error = broken
            for number, payload in enumerate(told, hook.next_cursor):
                connection.execute(
                    "INSERT INTO payload VALUES (?, ?, ?, ?)",
                    (hook.id, number, committed.at, dump(payload).decode()),
                )
            if told:
                self._counted[hook.id] = len(told)
                self._write(connection, hook, hook.next_cursor + len(told), committed.at)

    def settle(self, committed: Committed) -> None:
        """The transaction stands: move the cursors and owe the pings."""
        for hook_id, count in self._counted.items():
            hook = self.hooks[hook_id]
            hook.next_cursor += count
            if hook.url is not None and hook.ping_due is None:
                hook.ping_due = committed.at
        self._counted = {}

    def _told(self, hook: Hook, committed: Committed, reader: Reader) -> list[Fields]:
        specification = Specification(hook.specification["options"])
        moves = self._moves(hook, committed, reader, specification.scope)
        return payloads(committed, reader, specification, moves)

    def _moves(
        self, hook: Hook, committed: Committed, reader: Reader, scope: str | None
    ) -> ViewMoves | None:
        found = find_view(committed.base, scope)
        if found is None:
            return None
        table, view = found
        if not view.filter_by_formula:
            return None
        before = self._members.get(hook.id)
        after = members(reader, table, view)
        self._members[hook.id] = after
        if before is None:  # the first change since the start: what was there before is not known
            before = after | {key[1] for key in committed.destroyed}
        return ViewMoves(before=before, after=after)

    def learn_members(self) -> None:
        """Remember who is in each watched view, so that the next action shows who moved."""
        for hook in self.hooks.values():
            base = self.state.bases.get(hook.base_id)
            scope = Specification(hook.specification["options"]).scope
            found = find_view(base, scope) if base is not None else None
            if base is not None and found is not None and found[1].filter_by_formula:
                self._members[hook.id] = members(Reader(self.state, base), *found)

    # Keeping

    def save(self, hook: Hook) -> None:
        with self.state.file.transaction() as connection:
            self._write(connection, hook, hook.next_cursor, hook.ping_due)
        if hook.id not in self._members:
            self.learn_members()

    def _write(
        self, connection: sqlite3.Connection, hook: Hook, cursor: int, ping_due: str | None
    ) -> None:
        due = None if hook.url is None else hook.ping_due or ping_due
        body = {**asdict(hook), "next_cursor": cursor, "ping_due": due}
        connection.execute(
            "INSERT INTO hook VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (hook.id, hook.base_id, dump(body).decode()),
        )

    def _forget(self, hook: Hook) -> None:
        with self.state.file.transaction() as connection:
            connection.execute("DELETE FROM hook WHERE id = ?", (hook.id,))
            connection.execute("DELETE FROM payload WHERE hook = ?", (hook.id,))
        del self.hooks[hook.id]
        self._members.pop(hook.id, None)

    def forget_base(self, base_id: str) -> None:
        for hook in list(self.hooks.values()):
            if hook.base_id == base_id:
                self._forget(hook)

    def _in_seven_days(self) -> str:
        return iso(self.state.clock.now() + LIFETIME)
