"""Which edits did no payload tell the hub of, because no hook lived?

Only what died at the other side excuses: a hook that the hub itself gave up does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from hub.sandbox.airtable.hooks import LIFETIME, Hook
from hub.sandbox.airtable.model import Base
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.transactions import Committed


class HookWatch:
    """Follows every transaction from its payload to the hub's place in the payloads."""

    def __init__(self, sandbox: Sandbox, cursors: Callable[[], Mapping[str, int]]) -> None:
        self._sandbox = sandbox
        self._cursors = cursors
        self._known: dict[str, Hook] = {}
        self._killed: set[str] = set()
        self._told_by: dict[int, set[str]] = {}
        self._at: dict[int, datetime] = {}
        self._delivered: list[tuple[str, int, frozenset[int]]] = []
        self._excused: set[int] = set()
        self._living: set[str] = set()
        self._is_their_fault = True
        sandbox.transactions.listeners.append(self._note)
        self._payloads = sandbox.hooks.payloads
        sandbox.hooks.payloads = self._deliver  # type: ignore[method-assign]  # listened to

    def kill(self, hook_id: str) -> None:
        """Somebody deletes a hook at the other side."""
        self._killed.add(hook_id)

    def _note(self, committed: Committed) -> None:
        """A transaction stands; which hooks have a payload of it?"""
        self._look(self._sandbox.state.clock.now())
        transaction = committed.transaction
        self._at[transaction] = datetime.fromisoformat(committed.at)
        self._told_by[transaction] = set(self._living)
        if not self._living and self._is_their_fault:
            self._excused.add(transaction)

    def _look(self, now: datetime) -> None:
        hooks = self._sandbox.hooks.hooks
        self._known.update(hooks)
        living = {
            hook_id for hook_id, hook in hooks.items() if hook.is_active(now) and not hook.error
        }
        for hook_id in sorted(self._living - living):
            is_expired = not self._known[hook_id].is_active(now)
            self._is_their_fault = hook_id in self._killed or is_expired
            if self._is_their_fault:
                self._excuse(t for t, told_by in self._told_by.items() if hook_id in told_by)
        self._living = living

    def _excuse(self, transactions: Iterable[int]) -> None:
        self._excused.update(transactions)

    def _deliver(self, base: Base, hook_id: str, cursor: int, limit: int) -> dict[str, Any]:
        now = self._sandbox.state.clock.now()
        for transaction, at in self._at.items():
            if at <= now - LIFETIME:
                self._excuse([transaction])
        page = self._payloads(base, hook_id, cursor, limit)
        told = frozenset(payload["baseTransactionNumber"] for payload in page["payloads"])
        self._delivered.append((hook_id, page["cursor"], told))
        return page

    def blind(self, edits: Iterable[Mapping[str, Any]]) -> frozenset[int]:
        """The numbers of the edits that the hub could not be told of."""
        self._look(self._sandbox.state.clock.now())
        cursors = self._cursors()
        read = {
            transaction
            for hook_id, end, told in self._delivered
            if end <= cursors.get(hook_id, 0)
            for transaction in told
        }
        unread = self._excused - read
        return frozenset(edit["number"] for edit in edits if edit["transaction"] in unread)
