"""How fast may all workers together speak with one base?

A sliding window in Redis, moved by one script, so that it holds for every thread, process and
host. It is a little longer than a second: what leaves evenly paced may arrive bunched.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.contract import Priority
from hub.errors import RateLimited, StoreUnavailable

if TYPE_CHECKING:
    from redis import Redis

WINDOW_MILLISECONDS = 1100
LONGEST_WAIT_SECONDS = 3.0
"""Who would wait longer gives up and comes back: it holds a lease meanwhile."""

_SCRIPT = """
local blocked = redis.call('PTTL', KEYS[1])
if blocked > 0 then return blocked end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[1])
for i = 2, #KEYS do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - window)
    local allowed = tonumber(ARGV[i + 1])
    local taken = redis.call('ZCARD', KEYS[i])
    if taken >= allowed then
        local oldest = redis.call('ZRANGE', KEYS[i], taken - allowed, taken - allowed, 'WITHSCORES')
        return math.max(1, oldest[2] + window - now)
    end
end
for i = 2, #KEYS do
    redis.call('ZADD', KEYS[i], now, ARGV[2])
    redis.call('PEXPIRE', KEYS[i], window * 2)
end
return 0
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """At most `limit` requests within a second for everything that shares `key`."""

    key: str
    limit: int


class RedisLimiter:
    """The limiter of one connection. See `hub.contract.Limiter`."""

    def __init__(self, redis: Redis, name: str, windows: Sequence[Window]) -> None:
        self._redis = redis
        self._blocked = f"hub:limit:blocked:{name}"
        self._windows = tuple(windows)
        self._script = redis.register_script(_SCRIPT)

    def wait(self, priority: Priority) -> None:
        """Return when a request may start.

        One request of each window is kept free for people: a backfill never takes the last.

        Raises:
            RateLimited: the wait would be long.
            StoreUnavailable: the Redis server does not answer.
        """
        waited = 0.0
        while True:
            pause = self._ask(priority)
            if pause <= 0:
                return
            if waited + pause > LONGEST_WAIT_SECONDS:
                raise RateLimited(
                    f"The limiter asks to wait {pause:.1f} s. The work is taken up again then.",
                    retry_after_seconds=pause,
                )
            time.sleep(pause)
            waited += pause

    def penalise(self, seconds: float) -> None:
        """Let nobody start a request for `seconds`.

        Raises:
            StoreUnavailable: the Redis server does not answer.
        """
        with _reached():
            self._redis.set(self._blocked, "429", px=int(seconds * 1000))

    def _ask(self, priority: Priority) -> float:
        kept_free = 0 if priority is Priority.PERSON else 1
        allowed = [max(1, window.limit - kept_free) for window in self._windows]
        with _reached():
            answer = self._script(
                keys=[self._blocked, *(window.key for window in self._windows)],
                args=[WINDOW_MILLISECONDS, uuid.uuid4().hex, *allowed],
            )
        return int(answer) / 1000


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    # Imported late: a process that paces nothing does not load it.
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as exc:
        raise StoreUnavailable(
            "The Redis server does not answer, so no request can be paced. "
            "Start it or correct REDIS_URL; the work is taken up again by itself."
        ) from exc
