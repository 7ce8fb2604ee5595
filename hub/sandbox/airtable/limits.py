"""How many requests does Airtable let through, and what follows one too many?"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.sandbox.airtable import errors


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`None` switches a limit off."""

    per_base: int | None = 5
    per_token: int | None = 50
    penalty_seconds: float = 30.0
    monthly_calls: int | None = None
    body_bytes: int = 10_000_000
    url_characters: int = 16_000
    records_per_table: int | None = None
    webhooks_per_base: int = 10


UNLIMITED_RATE = Limits(per_base=None, per_token=None)


@dataclass(slots=True)
class _Window:
    """The requests let through within the last second, and the end of a penalty."""

    passed: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0


class RateLimiter:
    """At most so many in any second; one too many and everything is refused for a while."""

    def __init__(self, limits: Limits, now: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._now = now
        self._windows: dict[tuple[str, str], _Window] = {}
        self.calls_this_month = 0

    def admit(self, base_id: str | None, user_id: str, *, counts_for_quota: bool) -> None:
        """Let one request pass or raise the 429."""
        keys = []
        if base_id is not None and self.limits.per_base is not None:
            keys.append((("base", base_id), self.limits.per_base))
        if self.limits.per_token is not None:
            keys.append((("user", user_id), self.limits.per_token))
        now = self._now()
        windows = [(self._windows.setdefault(key, _Window()), most) for key, most in keys]
        for window, most in windows:
            if now < window.blocked_until:
                raise errors.rate_limited()
            while window.passed and window.passed[0] <= now - 1.0:
                window.passed.popleft()
            if len(window.passed) >= most:
                window.blocked_until = now + self.limits.penalty_seconds
                raise errors.rate_limited()
        for window, _ in windows:
            window.passed.append(now)
        self._charge(counts_for_quota=counts_for_quota)

    def _charge(self, *, counts_for_quota: bool) -> None:
        quota = self.limits.monthly_calls
        if quota is None or not counts_for_quota:
            return
        if self.calls_this_month >= quota:
            raise errors.AirtableError(
                429,
                "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
                "The workspace has exceeded its monthly API call limit",
            )
        self.calls_this_month += 1

    def forgive(self) -> None:
        """End every penalty and forget what passed."""
        self._windows.clear()
