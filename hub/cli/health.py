"""Do the started processes answer?"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any

LOOK_SECONDS = 2.0
Address = tuple[str, int]
"""Host and port."""


def get(address: Address, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 when nobody answers."""
    connection = http.client.HTTPConnection(*address, timeout=LOOK_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def answers_ok(address: Address, path: str) -> Callable[[], bool]:
    """A question to ask again and again: does this page answer 200?"""
    return lambda: get(address, path)[0] == http.client.OK


def unready_parts(address: Address) -> str:
    """What /health/ready complains of, for a message."""
    status, body = get(address, "/health/ready")
    if not status:
        return "The web process does not answer."
    try:
        found: dict[str, Any] = json.loads(body)
    except ValueError:
        return f"The web process answers {status}."
    checks = found.get("checks", {}).values()
    return " ".join(str(check["message"]) for check in checks if not check["ok"])


def worker_listens(redis_url: str, since: float) -> Callable[[], bool]:
    """A question to ask again and again: has a worker registered since then (seconds of 1970)?"""
    import redis
    from redis.exceptions import RedisError

    connection = redis.Redis.from_url(redis_url, decode_responses=True, socket_timeout=LOOK_SECONDS)

    def look() -> bool:
        try:
            for key in connection.smembers("rq:workers"):
                if _seconds(connection.hget(str(key), "birth")) >= since - 1:
                    return True
        except RedisError:
            return False
        return False

    return look


def _seconds(moment: bytes | str | None) -> float:
    from datetime import datetime

    if not moment:
        return 0.0
    return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp()
