"""Which jobs are there, on which queue, with which limits?"""

from __future__ import annotations

from datetime import timedelta

from hub.queue import JobKind

LIVE = "live"
ROUTINE = "routine"
SOURCES = "sources"
QUEUES = (LIVE, ROUTINE, SOURCES)
"""In the order in which a worker serves them."""

PULL = JobKind(function="workers.jobs.pull", queue=LIVE)
PUSH = JobKind(function="workers.jobs.push", queue=LIVE)
RESUME = JobKind(function="workers.jobs.resume", queue=LIVE)
READ_ALL = JobKind(function="workers.jobs.read_all", queue=ROUTINE)
TEND_HOOK = JobKind(function="workers.jobs.tend_hook", queue=ROUTINE)
INGEST = JobKind(function="workers.jobs.ingest", queue=SOURCES, timeout=timedelta(hours=12))
PREVIEW = JobKind(function="workers.jobs.preview", queue=ROUTINE)
TIDY = JobKind(function="workers.jobs.tidy", queue=ROUTINE, timeout=timedelta(minutes=5))
