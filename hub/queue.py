"""How does work get to the workers: which job, on which queue, under which readable name?

Jobs are enqueued by dotted name, so that whoever enqueues imports no worker. Redis carries
hints only: what must happen is a row in Postgres before it is a job.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.errors import StoreUnavailable

if TYPE_CHECKING:
    from redis import Redis
    from rq import Retry

Argument = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """One kind of job: its function by dotted name, its queue and its limits."""

    function: str
    queue: str
    timeout: timedelta = timedelta(minutes=10)
    result_ttl: timedelta = timedelta(minutes=10)
    failure_ttl: timedelta = timedelta(days=30)
    retry_after: tuple[timedelta, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePulse:
    """How many workers listen, and how many jobs wait or have failed."""

    workers: int
    waiting: int
    failed: int
    failed_queue: str | None
    """A queue that has failed jobs, for a link to them."""


class JobQueue:
    """Enqueues jobs for the RQ workers. Nothing is imported or opened before the first job."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self._lock = threading.Lock()
        self._connection: Redis | None = None

    def connection(self) -> Redis:
        """The connection pool to the Redis server, made on first use."""
        with self._lock:
            if self._connection is None:
                from redis import Redis

                self._connection = Redis.from_url(
                    self.redis_url, socket_connect_timeout=2, socket_timeout=5
                )
            return self._connection

    def enqueue(
        self,
        kind: JobKind,
        *arguments: Argument,
        description: str,
        job_id: str | None = None,
        at_front: bool = False,
    ) -> str:
        """Enqueue one job and return its id.

        `description` is what a person reads in the RQ dashboard.

        Raises:
            StoreUnavailable: the Redis server does not answer.
        """
        from redis.exceptions import RedisError
        from rq import Queue
        from rq.serializers import JSONSerializer

        try:
            queue = Queue(kind.queue, connection=self.connection(), serializer=JSONSerializer)
            job = queue.enqueue_call(
                kind.function,
                args=arguments,
                timeout=_seconds(kind.timeout),
                result_ttl=_seconds(kind.result_ttl),
                failure_ttl=_seconds(kind.failure_ttl),
                retry=_retry(kind.retry_after),
                description=description,
                job_id=job_id,
                at_front=at_front,
            )
        except (RedisError, OSError) as exc:
            raise StoreUnavailable(
                f"The Redis server does not answer, so the job “{description}” was not enqueued."
                " Start the server or correct REDIS_URL.",
                detail=type(exc).__name__,
            ) from exc
        return str(job.id)

    def pulse(self) -> QueuePulse | None:
        """What the workers are about; None when the Redis server does not answer."""
        from redis.exceptions import RedisError
        from rq import Queue, Worker

        try:
            queues = Queue.all(connection=self.connection())
            failed = {
                queue.name: queue.failed_job_registry.get_job_count(cleanup=False)
                for queue in queues
            }
            return QueuePulse(
                workers=Worker.count(connection=self.connection()),
                waiting=sum(queue.count for queue in queues),
                failed=sum(failed.values()),
                failed_queue=next((name for name, count in failed.items() if count), None),
            )
        except (RedisError, OSError):
            return None

    def answers(self) -> bool:
        """Whether the Redis server answers right now."""
        from redis.exceptions import RedisError

        try:
            return bool(self.connection().ping())
        except (RedisError, OSError):
            return False

    def close(self) -> None:
        """Close every pooled connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _retry(after: Sequence[timedelta]) -> Retry | None:
    """As many intervals as attempts; none when a dying worker's job is simply lost."""
    from rq import Retry

    return Retry(max=len(after), interval=[_seconds(span) for span in after]) if after else None
