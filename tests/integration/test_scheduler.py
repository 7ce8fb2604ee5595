"""Does the scheduler hear of changes, take up what was left, and act once for all hosts?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text
from sync_world import BASE, CLIENTS, HUB_ID, NAME, World

import connectors
from hub.config import Connection, load_config
from hub.core.pace import Profile
from hub.queue import JobQueue
from hub.store import change_log, leases
from hub.store.database import Database, Provenance
from hub.sync.holder import is_gone, worker_name
from hub.sync.quota import report_quota
from workers import memory, queues
from workers.pacing import Pacing
from workers.schedules import Backoff, Scheduler

PATIENCE_SECONDS = 20.0


@pytest.fixture
def queue(redis_url: str) -> Iterator[JobQueue]:
    made = JobQueue(redis_url)
    yield made
    made.close()


@pytest.fixture
def connections(world: World, tmp_path: Path) -> dict[str, Connection]:
    """The world's connection, as a hub.toml says it."""
    file = tmp_path / "hub.toml"
    file.write_text(
        f"""
[connection.world]
kind = "airtable"
endpoint = "{world.sandbox.url}"
token = "{world.sandbox.token}"
base = "{BASE}"

[connection.world.stream.clients]
table = "{CLIENTS}"
entity = "client"
hub_id_field = "{HUB_ID}"

[connection.world.stream.clients.fields]
name = "{NAME}"
"""
    )
    config = load_config(file, {}, connection_models=connectors.settings_models())
    return dict(config.connections)


@contextmanager
def _scheduling(
    database: Database, queue: JobQueue, connections: dict[str, Connection], **changed: bool
) -> Iterator[Scheduler]:
    scheduler = Scheduler(
        database=database,
        queue=queue,
        connections=connections,
        has_public_url=changed.get("has_public_url", True),
    )
    thread = threading.Thread(target=scheduler.run, daemon=True)
    thread.start()
    try:
        yield scheduler
    finally:
        scheduler.stopped.set()
        thread.join(10)


def _until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def _jobs(queue: JobQueue, function: str) -> int:
    found = [
        job
        for name in queues.QUEUES
        for job in Queue(name, connection=queue.connection(), serializer=JSONSerializer).get_jobs()
    ]
    return sum(job.func_name == function for job in found)


def test_a_change_by_plain_sql_leaves_a_ping_and_a_job(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    with _scheduling(world.database, queue, connections):
        _until(lambda: _jobs(queue, "workers.jobs.push") >= 1)
        with world.database.unit_of_work(Provenance(actor="t", origin="t")) as session:
            leases.answer_pings(session, leases.waiting_pings(session, "world"))
        before = _jobs(queue, "workers.jobs.push")
        world.sql("insert into client (name) values ('Acme')")

        _until(lambda: _jobs(queue, "workers.jobs.push") > before)

    pings = world.query("select source from hub.ping where connection = 'world'")
    assert {"source": "hub"} in pings


def test_a_thrifty_connection_collects_changes_for_a_window(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    world.settle()
    thrifty = {
        name: connection.model_copy(update={"profile": Profile.THRIFTY})
        for name, connection in connections.items()
    }
    with _scheduling(world.database, queue, thrifty):
        _until(lambda: world.scalar("select count(*) from hub.ping") >= 1)
        world.sql("insert into client (name) values ('Acme')")
        _until(lambda: world.scalar("select count(*) from hub.ping") >= 2)
        # The sweep has passed by and left it.
        _until(lambda: _jobs(queue, "workers.jobs.tidy") >= 1)
        early = [_jobs(queue, f"workers.jobs.{kind}") for kind in ("push", "pull", "resume")]
        world.sql("update hub.ping set received_at = received_at - interval '15 minutes'")

        _until(lambda: _jobs(queue, "workers.jobs.resume") >= 1)

    # One look at the start: the world's hook has no address to ring at.
    assert [0, 1, 0] == early
    assert "thrifty" == world.scalar("select profile from hub.pace")


def test_a_connection_over_its_budget_is_slowed_and_told_of_once(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    world.settle()
    world.sql(
        "insert into hub.spent_call (connection, day, stream, purpose, calls)"
        " select 'world', (clock_timestamp() at time zone 'UTC')::date - n, '', 'payloads', 100"
        " from generate_series(1, 8) n"
    )
    expected = report_quota(world.database)[0].forecast.expected
    tight = {
        name: connection.model_copy(update={"calls_per_month": int(expected / 1.2)})
        for name, connection in connections.items()
    }
    pacing = Pacing(world.database, tight)
    for _ in range(3):
        pacing.settle()

    assert timedelta(minutes=15) <= pacing.window_of("world")
    assert not pacing.reads_completely("world")
    alerts = world.query("select seen_count from hub.alert where key = 'budget:world'")
    assert [{"seen_count": 3}] == alerts

    roomy = {
        name: connection.model_copy(update={"calls_per_month": 100_000})
        for name, connection in connections.items()
    }
    Pacing(world.database, roomy).settle()
    assert 0 == world.scalar("select count(*) from hub.alert where closed_at is null")
    assert "full" == world.scalar("select level from hub.pace")


def test_of_two_schedulers_one_acts(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    with (
        _scheduling(world.database, queue, connections),
        _scheduling(world.database, queue, connections),
    ):
        _until(lambda: _jobs(queue, "workers.jobs.tidy") >= 1)
        holders = world.query(
            "select count(*) as n from pg_locks where locktype = 'advisory' and granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )

    assert [{"n": 1}] == holders
    assert 1 == _jobs(queue, "workers.jobs.tidy")


def test_the_second_takes_over_when_the_first_ends(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    with _scheduling(world.database, queue, connections) as first:
        _until(lambda: _jobs(queue, "workers.jobs.tidy") >= 1)
        with _scheduling(world.database, queue, connections):
            first.stopped.set()
            _until(lambda: _jobs(queue, "workers.jobs.tidy") >= 2)


def test_a_connection_whose_worker_died_is_taken_up_again(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    dead = worker_name().rsplit(":", 2)[0] + ":999999:1"
    with world.database.unit_of_work(Provenance(actor="t", origin="t")) as session:
        leases.take(session, "world", dead, seconds=3600)

    with _scheduling(world.database, queue, connections):
        _until(lambda: _jobs(queue, "workers.jobs.resume") >= 1)

    assert is_gone(dead)
    assert not is_gone(worker_name())


def test_without_redis_the_ping_stands_and_nothing_breaks(
    world: World, connections: dict[str, Connection], free_port: int, redis_url: str
) -> None:
    queue = JobQueue(f"redis://127.0.0.1:{free_port}/0")
    memory.settle_era(world.database, JobQueue(redis_url))
    scheduler = Scheduler(
        database=world.database, queue=queue, connections=connections, has_public_url=True
    )

    scheduler._ring({"client"}, "hub")

    assert 1 == world.scalar("select count(*) from hub.ping")


def test_a_database_that_forgot_ticks_holds_every_stream(
    world: World, queue: JobQueue, connections: dict[str, Connection]
) -> None:
    world.settle()
    memory.remember_tick(world.database, queue)
    change_log.take_tick(world.database)
    newest = change_log.take_tick(world.database)
    # As in a copy of the data folder from before: Redis knows a tick that is not there.
    memory.remember_tick(world.database, queue)
    queue.connection().set(memory._key(world.database), newest + 1000)

    memory.settle_era(world.database, queue)
    world.sql("update client set name = 'x'")
    world.settle()

    held = world.query("select distinct hold_reason from hub.stream_state")
    assert all(str(row["hold_reason"]).startswith("era ") for row in held)
    assert 1 == world.scalar("select count(*) from hub.alert where key like 'era:%'")


def test_a_writer_that_stays_open_is_told_of(world: World, queue: JobQueue) -> None:
    with world.database.engine.connect() as connection:
        connection.execute(text("insert into client (name) values ('open')"))
        memory.LONG_WRITER, kept = memory.LONG_WRITER * 0, memory.LONG_WRITER
        try:
            memory.watch_writers(world.database)
        finally:
            memory.LONG_WRITER = kept
        connection.rollback()

    assert 1 == world.scalar("select count(*) from hub.alert where key = 'open_writer'")


def test_a_connection_that_fails_is_taken_up_less_and_less_often() -> None:
    backoff = Backoff()

    tried = [second for second in range(200) if backoff.lets(float(second))]

    assert [0, 2, 6, 14, 30, 62, 122, 182] == tried
