"""Do rq-dashboard's pages work inside the web process, and are its dangerous doors closed?"""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from starlette.testclient import TestClient
from web_site import built_app, client_of

from hub.queue import JobKind, JobQueue

PAGE = {"Accept": "text/html"}
FAILING = JobKind(function="operator.truediv", queue="live")
WORKING = JobKind(function="operator.add", queue="live")


@pytest.fixture
def dashboard(tmp_path: Path, redis_url: str) -> TestClient:
    nowhere = "postgresql://hub:x@127.0.0.1:1/hub"
    return client_of(built_app(tmp_path, nowhere, redis_url))


@pytest.fixture
def jobs(redis_url: str) -> dict[str, str]:
    """One job that waits, one that was done and one that failed."""
    queue = JobQueue(redis_url)
    made = {
        "done": queue.enqueue(WORKING, 1, 2, description="crm: add up"),
        "failed": queue.enqueue(FAILING, 1, 0, description="crm: divide by nothing"),
    }
    worker = SimpleWorker(["live"], connection=queue.connection(), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")
    made["waiting"] = queue.enqueue(WORKING, 3, 4, description="crm: wait")
    queue.close()
    return made


def registry(redis_url: str, name: str) -> int:
    with redis.Redis.from_url(redis_url) as server:
        return int(server.zcard(f"rq:{name}:live"))


def test_every_page_and_its_data_answer(dashboard: TestClient, jobs: dict[str, str]) -> None:
    for path in (
        "/rq/",
        "/rq/0/view/queues",
        "/rq/0/view/workers",
        "/rq/0/view/jobs",
        "/rq/0/view/jobs/live/failed/8/asc/1",
        f"/rq/0/view/job/{jobs['failed']}",
        "/rq/0/data/queues.json",
        "/rq/0/data/workers.json",
        "/rq/0/data/jobs/live/queued/8/asc/1.json",
        f"/rq/0/data/job/{jobs['done']}.json",
        "/rq/static/css/main.css",
        "/rq/favicon.ico",
    ):
        assert (path, dashboard.get(path, headers=PAGE).status_code) == (path, 200)


def test_the_address_without_a_slash_leads_there(dashboard: TestClient) -> None:
    assert dashboard.get("/rq", headers=PAGE).url.path == "/rq/"


def test_a_job_is_named_so_that_a_person_understands_it(
    dashboard: TestClient, jobs: dict[str, str]
) -> None:
    failed = dashboard.get("/rq/0/data/jobs/live/failed/8/asc/1.json").json()["jobs"]

    assert [job["description"] for job in failed] == ["crm: divide by nothing"]
    assert "ZeroDivisionError" in failed[0]["exc_info"]
    assert dashboard.get(f"/rq/0/data/job/{jobs['done']}.json").json()["result"] == 3


def test_a_job_is_deleted_and_requeued_by_post(
    dashboard: TestClient, jobs: dict[str, str], redis_url: str
) -> None:
    assert dashboard.post(f"/rq/job/{jobs['done']}/delete").json() == {"status": "OK"}
    assert dashboard.post(f"/rq/job/{jobs['failed']}/requeue").json() == {"status": "OK"}

    assert registry(redis_url, "finished") == 0
    assert registry(redis_url, "failed") == 0
    with redis.Redis.from_url(redis_url, decode_responses=True) as server:
        assert set(server.lrange("rq:queue:live", 0, -1)) == {jobs["waiting"], jobs["failed"]}


def test_a_link_requeues_nothing(
    dashboard: TestClient, jobs: dict[str, str], redis_url: str
) -> None:
    answer = dashboard.get("/rq/requeue/live")

    assert (answer.status_code, answer.json()["error"]) == (405, "WRITE_BY_LINK")
    assert jobs
    assert registry(redis_url, "failed") == 1


def test_a_foreign_page_deletes_nothing(
    dashboard: TestClient, jobs: dict[str, str], redis_url: str
) -> None:
    answer = dashboard.post(
        f"/rq/job/{jobs['failed']}/delete", headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert registry(redis_url, "failed") == 1


def test_the_way_back_to_the_overview_is_shown(dashboard: TestClient) -> None:
    assert '<a class="navbar-brand" href="/">' in dashboard.get("/rq/").text
