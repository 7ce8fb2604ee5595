"""How fast may all workers together speak with one base, and who goes first?

A sliding window in Redis, moved by one script, so that it holds for every thread, process and
host. It is a little longer than a second: what leaves evenly paced may arrive bunched. A person
takes any free place; others come one by one, evenly spaced, and make way for whoever waits with a
higher priority. So a backfill may use the whole window, and a person still waits for the next
place only.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import clock
from hub.contract import Priority
from hub.errors import RateLimited, StoreUnavailable

if TYPE_CHECKING:
    from redis import Redis

JITTER_MILLISECONDS = 100
"""So much may one request take longer on its way than another without being one too many."""
WINDOW_MILLISECONDS = 1000 + JITTER_MILLISECONDS + 2
"""The script counts in whole milliseconds: one is lost at each end."""
LONGEST_WAIT_SECONDS = 3.0
"""Who would wait longer gives up and comes back: it holds a lease meanwhile."""

_SCRIPT = """
-- KEYS: when a penalty ends; until when somebody waits, by priority; then the windows.
-- ARGV: the windows' length, a token, the priority, the time ('' asks the server), then the limits.
local window, token = tonumber(ARGV[1]), ARGV[2]
local priority, now = tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local blocked = tonumber(redis.call('GET', KEYS[1]) or '0')
if blocked > now then return blocked - now end
local pause = 0
for i = 3, #KEYS do
    local limit = tonumber(ARGV[i + 2])
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - window)
    local taken = redis.call('ZCARD', KEYS[i])
    if taken >= limit then
        local oldest = redis.call('ZRANGE', KEYS[i], taken - limit, taken - limit, 'WITHSCORES')
        pause = math.max(pause, oldest[2] + window - now)
    elseif priority > 0 and taken > 0 then
        local last = redis.call('ZRANGE', KEYS[i], -1, -1, 'WITHSCORES')
        pause = math.max(pause, last[2] + math.ceil(window / limit * SPACING) - now)
    end
end
for higher = 0, priority - 1 do
    local until_then = tonumber(redis.call('HGET', KEYS[2], higher) or '0')
    if until_then > now then pause = math.max(pause, until_then - now) end
end
if pause > 0 then
    pause = math.max(1, pause)
    -- It comes back after the pause, and a little later for the way; until then others make way.
    redis.call('HSET', KEYS[2], priority, now + pause + 20)
    redis.call('PEXPIRE', KEYS[2], window * 4)
    return pause
end
for i = 3, #KEYS do
    redis.call('ZADD', KEYS[i], now, token)
    redis.call('PEXPIRE', KEYS[i], window * 2)
end
return 0
""".replace("SPACING", "0.75")
"""Others come at three quarters of the even pace, so that who is late once catches up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """At most `limit` requests within a second for everything that shares `key`."""

    key: str
    limit: int


class RedisLimiter:
    """The limiter of one connection. See `hub.contract.Limiter`.

    `now_milliseconds` stands for the clock of the Redis server, which all hosts share.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        windows: Sequence[Window],
        *,
        now_milliseconds: Callable[[], int] | None = None,
    ) -> None:
        self._redis = redis
        self._blocked = f"hub:limit:blocked:{name}"
        self._windows = tuple(windows)
        self._waiting = f"hub:limit:waiting:{self._windows[0].key}"
        self._now = now_milliseconds
        self._script = redis.register_script(_SCRIPT)

    def wait(self, priority: Priority) -> None:
        """Return when a request may start.

        Raises:
            RateLimited: the wait would be long.
            StoreUnavailable: the Redis server does not answer.
        """
        waited = 0.0
        while True:
            pause = self.ask(priority)
            if pause <= 0:
                return
            if waited + pause > LONGEST_WAIT_SECONDS:
                raise RateLimited(
                    f"The limiter asks to wait {pause:.1f} s. The work is taken up again then.",
                    retry_after_seconds=pause,
                )
            clock.sleep(pause)
            waited += pause

    def penalise(self, seconds: float) -> None:
        """Let nobody start a request for `seconds`.

        Raises:
            StoreUnavailable: the Redis server does not answer.
        """
        with _reached():
            ends = self._milliseconds() + int(seconds * 1000)
            self._redis.set(self._blocked, ends, px=max(1, int(seconds * 1000)))

    def ask(self, priority: Priority) -> float:
        """Take a place and answer 0, or answer how many seconds to wait before asking again.

        Raises:
            StoreUnavailable: the Redis server does not answer.
        """
        with _reached():
            answer = self._script(
                keys=[self._blocked, self._waiting, *(window.key for window in self._windows)],
                args=[
                    WINDOW_MILLISECONDS,
                    uuid.uuid4().hex,
                    int(priority),
                    "" if self._now is None else self._now(),
                    *(window.limit for window in self._windows),
                ],
            )
        return int(answer) / 1000

    def _milliseconds(self) -> int:
        if self._now is not None:
            return self._now()
        seconds, microseconds = self._redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


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
