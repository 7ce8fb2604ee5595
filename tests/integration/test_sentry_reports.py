"""What does a real Sentry get to hear of: once, with the way to find it, without people?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sentry_receiver import SentryReceiver, dsn
from web_site import served

from hub.queue import JobKind, JobQueue

TESTS = Path(__file__).parents[1]
ADDRESS = "ada.canary@example.com"
NAME = "Ada Canary"
SECRET = "canary-secret-0123456789"


@pytest.fixture
def sentry() -> SentryReceiver:
    return SentryReceiver()


@pytest.fixture
def sentry_dsn(sentry: SentryReceiver) -> Iterator[str]:
    with served(sentry.app()) as address:
        yield dsn(address)


def run(program: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, str(TESTS / program), *arguments],
        check=True,
        timeout=60,
        cwd=TESTS,
        capture_output=True,
    )


def work(redis_url: str, sentry_dsn: str, kind: JobKind, *arguments: str) -> None:
    queue = JobQueue(redis_url)
    queue.enqueue(kind, *arguments, description=f"crm: a job with {ADDRESS}")
    queue.close()
    run("sentry_jobs.py", sentry_dsn, redis_url)


def messages(event: dict[str, Any]) -> list[str]:
    return [exception["value"] for exception in event["exception"]["values"]]


def test_a_failing_job_arrives_once_with_its_tags_and_without_people(
    sentry: SentryReceiver, sentry_dsn: str, redis_url: str
) -> None:
    pull = JobKind(function="sentry_jobs.pull", queue="live")

    work(redis_url, sentry_dsn, pull, "crm", ADDRESS, NAME, SECRET)

    (event,) = sentry.events
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert {name: event["tags"].get(name) for name in ("connection", "stream", "run_id")} == {
        "connection": "crm",
        "stream": "clients",
        "run_id": "run-1",
    }
    for canary in ("ada.canary", SECRET, NAME):
        assert canary not in sentry.text
    assert event["extra"]["rq-job"]["func"] == "sentry_jobs.pull"


def test_a_retried_job_arrives_when_its_attempts_are_used_up(
    sentry: SentryReceiver, sentry_dsn: str, redis_url: str
) -> None:
    now = timedelta(seconds=0)
    pull = JobKind(function="sentry_jobs.pull", queue="live", retry_after=(now, now))

    work(redis_url, sentry_dsn, pull, "crm", ADDRESS, NAME, SECRET)

    assert len(sentry.events) == 1


def test_a_refused_record_is_product_data_and_no_report(
    sentry: SentryReceiver, sentry_dsn: str, redis_url: str
) -> None:
    work(redis_url, sentry_dsn, JobKind(function="sentry_jobs.refuse", queue="live"), "crm")

    assert sentry.events == []


def test_a_database_error_arrives_without_the_values_it_quotes(
    sentry: SentryReceiver, sentry_dsn: str, redis_url: str, database_url: str
) -> None:
    query = JobKind(function="sentry_jobs.query", queue="live")

    work(redis_url, sentry_dsn, query, database_url, ADDRESS, NAME)

    (event,) = sentry.events
    assert "client_name_live" in messages(event)[-1]
    assert event["tags"]["connection"] == "crm"
    for canary in ("ada.canary", NAME, database_url):
        assert canary not in sentry.text


def test_bugs_of_pages_and_of_the_api_arrive_without_bodies_and_variables(
    sentry: SentryReceiver, sentry_dsn: str
) -> None:
    run("sentry_web.py", sentry_dsn)

    found = sorted(event["exception"]["values"][0]["type"] for event in sentry.events)
    assert found == ["KeyError", "ZeroDivisionError"]
    for canary in ("ada.canary", "canary-token-1234"):
        assert canary not in sentry.text
    assert set(sentry.kinds) == {"event"}
