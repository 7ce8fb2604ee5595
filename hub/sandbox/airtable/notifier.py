"""How does a webhook's owner hear that something is waiting?"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import http.client
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from hub.sandbox.airtable.hooks import Hook, Hooks
from hub.sandbox.airtable.json_values import Fields, dump
from hub.sandbox.airtable.state import State
from hub.sandbox.clock import iso

MOST_RETRIES = 13


class PingFaults(Protocol):
    """What may go wrong on purpose with the next ping."""

    def ping_fault(self, hook_id: str) -> tuple[str, float] | None: ...


@dataclass(frozen=True, slots=True)
class PingTiming:
    """The first pause between tries doubles with each; an owner has this long to answer."""

    first_pause: timedelta = timedelta(seconds=10)
    answer_within: timedelta = timedelta(seconds=25)


def signature(secret: str, body: bytes) -> str:
    """The X-Airtable-Content-MAC header of a body."""
    return "hmac-sha256=" + hmac.new(base64.b64decode(secret), body, hashlib.sha256).hexdigest()


def ping_body(hook: Hook, timestamp: str) -> bytes:
    return dump({"base": {"id": hook.base_id}, "webhook": {"id": hook.id}, "timestamp": timestamp})


def post(url: str, body: bytes, mac: str, timeout: float) -> str | None:
    """Send one ping; answers what went wrong, or nothing."""
    parts = urlsplit(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "POST",
            path,
            body,
            {"Content-Type": "application/json", "X-Airtable-Content-MAC": mac},
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"The HTTP request failed: {type(error).__name__}"
    finally:
        connection.close()
    if status in (200, 204):
        return None
    return f"The HTTP request returned a {status} status code instead of 200 or 204"


class Notifier:
    """One task that sends the pings that are owed; several changes may share one."""

    def __init__(
        self, state: State, hooks: Hooks, faults: PingFaults, timing: PingTiming | None = None
    ) -> None:
        self.state = state
        self.hooks = hooks
        self.faults = faults
        self.timing = timing or PingTiming()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._overtaken: dict[str, list[bytes]] = {}

    def wake(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.state.clock.on_advance(self.wake)
        try:
            while True:
                self._wake.clear()
                pause = self._start_due()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)
        finally:
            for task in self._sending.values():
                task.cancel()

    def _start_due(self) -> float | None:
        """Begin every ping that is due; answers the seconds until the next one."""
        now = self.state.clock.now()
        pauses = []
        for hook in list(self.hooks.hooks.values()):
            if hook.ping_due is None or not hook.notifications_enabled or hook.url is None:
                continue
            if hook.id in self._sending:
                continue
            wait = (datetime.fromisoformat(hook.ping_due) - now).total_seconds()
            if wait > 0:
                pauses.append(wait)
                continue
            task = asyncio.create_task(self._send(hook))
            self._sending[hook.id] = task
            task.add_done_callback(functools.partial(self._done, hook.id))
        return min(pauses, default=None)

    def _done(self, hook_id: str, _: asyncio.Task[None]) -> None:
        self._sending.pop(hook_id, None)
        self._wake.set()

    async def _send(self, hook: Hook) -> None:
        told = hook.next_cursor
        body = ping_body(hook, self.state.clock.now_text())
        bodies = [body]
        fault = self.faults.ping_fault(hook.id)
        if fault is not None:
            kind, seconds = fault
            if kind in ("ping_lost", "ping_reordered"):
                if kind == "ping_reordered":
                    self._overtaken.setdefault(hook.id, []).append(body)
                self._succeeded(hook, told, 0.0)
                return
            bodies = [body] * (2 if kind == "ping_doubled" else 1)
            await asyncio.sleep(seconds)
        begun = time.monotonic()
        problem: str | None = None
        for body in bodies + self._overtaken.pop(hook.id, []):
            problem = await asyncio.to_thread(
                post,
                hook.url or "",
                body,
                signature(hook.secret, body),
                self.timing.answer_within.total_seconds(),
            )
        milliseconds = (time.monotonic() - begun) * 1000
        if hook.id not in self.hooks.hooks:
            return
        if problem is None:
            self._succeeded(hook, told, milliseconds)
        else:
            self._failed(hook, problem, milliseconds)

    def _succeeded(self, hook: Hook, told: int, milliseconds: float) -> None:
        now = self.state.clock.now_text()
        hook.last_success = now
        hook.last_result = self._result(hook, success=True, milliseconds=milliseconds)
        hook.ping_attempt = 0
        # What came while the ping was under way is told by another one.
        hook.ping_due = None if hook.next_cursor == told else now
        self.hooks.save(hook)

    def _failed(self, hook: Hook, problem: str, milliseconds: float) -> None:
        again = hook.ping_attempt < MOST_RETRIES
        hook.last_result = {
            **self._result(hook, success=False, milliseconds=milliseconds),
            "error": {"message": problem},
            "willBeRetried": again,
        }
        if again:
            pause = self.timing.first_pause * 2**hook.ping_attempt
            hook.ping_due = iso(self.state.clock.now() + pause)
            hook.ping_attempt += 1
        else:
            hook.notifications_enabled = False
            hook.ping_due = None
        self.hooks.save(hook)

    def _result(self, hook: Hook, *, success: bool, milliseconds: float) -> Fields:
        return {
            "success": success,
            "completionTimestamp": self.state.clock.now_text(),
            "durationMs": round(milliseconds, 3),
            "retryNumber": hook.ping_attempt,
        }
