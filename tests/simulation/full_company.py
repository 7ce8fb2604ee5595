"""Which real servers and processes is the full simulation made of, and how do they die?

Postgres, Valkey, the stand-in over HTTP, the web process, several RQ workers and the scheduler.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg2
import redis
from sandbox_server import SandboxServer
from simulation.full_bases import TwoBases, base_files, hub_toml
from simulation.full_clock import MOVABLE, SharedClock
from simulation.full_nursery import Nursery

import connectors
from hub.config import load_config
from hub.embedded import ports, process
from hub.embedded.errors import EmbeddedError
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.server import EmbeddedServer
from hub.embedded.valkey import EmbeddedValkey
from hub.queue import JobQueue
from hub.sandbox.airtable.notifier import PingTiming
from hub.store.database import Database
from hub.store.migrate import upgrade
from hub.wiring import stream_mappings
from workers import queues

ROOT = Path(__file__).parents[2]
WORKERS = 3
NAME = "simulation"
PATIENCE_SECONDS = 20.0


class Company:
    """Everything that runs, for all seeds of a run; `seed` gives each a fresh world."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self._valkey = EmbeddedValkey(folder / "valkey", durable=False)
        self.sandbox = SandboxServer(ping_timing=PingTiming(first_pause=timedelta(seconds=0.3)))
        self._config = folder / "hub.toml"
        self._folder = folder
        self.scheduler: int | None = None

    def start(self) -> None:
        """Start what lives for all seeds."""
        server = self._postgres.start().rsplit("/", 1)[0]
        self._stack.callback(self._postgres.erase)
        self.server_url, self.database_url = server, f"{server}/{NAME}"
        # What is committed outlives a killed Postgres; only a machine that lost power would not.
        self._command(f"alter role {server.split('//')[1].split(':')[0]} set synchronous_commit=on")
        self._command("create database template_simulation")
        upgrade(f"{server}/template_simulation")
        self._command(MOVABLE, database="template_simulation")
        self.redis_url = self._valkey.start()
        self._stack.callback(self._valkey.erase)
        self.sandbox.start()
        self.clock = SharedClock(self._folder, self.database_url, self.sandbox)
        self._stack.callback(self.sandbox.stop)
        self.web_url = f"http://127.0.0.1:{ports.free_port()}"
        self._write_config(random.Random(0))  # noqa: S311  repeatable, no secret
        self.environ = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT / "tests"), str(ROOT), str(ROOT / "graphql"), *sys.path[1:2]]
            ),
            "HUB_CONFIG": str(self._config),
            "HUB_HOME": str(self._folder / "home"),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "AIRTABLE_TOKEN": self.sandbox.token,
        }
        self.nursery = Nursery(self._folder, self.environ)
        self._stack.callback(self.nursery.close)
        self._start_web()
        self.queue = JobQueue(self.redis_url)

    def close(self) -> None:
        """End all of it."""
        self._stack.close()

    def _write_config(self, drawn: random.Random) -> None:
        self._config.write_text(hub_toml(drawn, self.sandbox.url, self.web_url))

    def _start_web(self) -> None:
        port = self.web_url.rsplit(":", 1)[1]
        command = ["-m", "uvicorn", "--factory", "hub.app:create_app", "--host", "127.0.0.1"]
        log = self._stack.enter_context((self._folder / "web.log").open("ab"))
        web = process.spawn(
            [sys.executable, *command, "--port", port],
            environ=self.environ,
            folder=ROOT,
            output=log,
        )
        self._stack.callback(process.stop, web, (signal.SIGTERM, 5.0))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ports.answers(int(port)):
            if web.poll() is not None or time.monotonic() > deadline:
                said = (self._folder / "web.log").read_text()[-2000:]
                raise RuntimeError(f"the web process did not start: {said}")
            time.sleep(0.02)

    @contextmanager
    def seed(self, drawn: random.Random) -> Iterator[TwoBases]:
        """A world of its own: empty bases, an empty database, workers at work."""
        self.flush_redis()
        self._command(f"create database {NAME} template template_simulation")
        self.sandbox.reset()
        self.clock.reset()
        self.sandbox.load(base_files())
        self._write_config(drawn)
        config = load_config(
            self._config, self.environ, connection_models=connectors.settings_models()
        )
        streams = {
            name: mapping
            for connection in config.connections.values()
            for name, mapping in stream_mappings(connection).items()
        }
        database = Database(self.database_url, application_name="simulation")
        self.nursery.doom.prepare()
        try:
            self.supervise()
            yield TwoBases(self.sandbox, database, streams)
        finally:
            self.nursery.end_all()
            self.scheduler = None
            database.dispose()
            self._command(f"drop database {NAME} with (force)")

    def _command(self, command: str, *, database: str = "postgres") -> None:
        connection = psycopg2.connect(f"{self.server_url}/{database}")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(command)
        connection.close()

    # Processes

    def supervise(self) -> None:
        """Start anew whoever died, as a host's supervisor does."""
        alive = self.nursery.alive()
        if self.scheduler not in alive:
            self.scheduler = self.nursery.start("scheduler")
        for _ in range(WORKERS - len(alive - {self.scheduler})):
            self.nursery.start("worker")

    def workers(self) -> list[int]:
        """The workers' process numbers; their jobs run in children of theirs."""
        return sorted(self.nursery.alive() - {self.scheduler})

    def kill_worker(self, drawn: random.Random) -> str:
        """`kill -9` at a random moment; what was killed."""
        worker = drawn.choice(self.workers())
        jobs = process.descendants(worker)
        what = drawn.choice(("worker and job", "worker and job", "job", "worker without its job"))
        if what != "job":
            _end(worker)
        if what != "worker without its job":
            for job in jobs:
                _end(job)
        return what

    def kill_scheduler(self) -> None:
        """`kill -9` of the scheduler."""
        if self.scheduler is not None:
            _end(self.scheduler)

    def stalled_jobs(self, drawn: random.Random) -> list[int]:
        """Stop the processes of a worker's job in the middle of whatever they do."""
        jobs = process.descendants(drawn.choice(self.workers()))
        for job in jobs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job, signal.SIGSTOP)
        return jobs

    def wake(self, jobs: list[int]) -> None:
        """Let stopped processes go on."""
        for job in jobs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(job, signal.SIGCONT)

    def enqueue(self, connection: str) -> None:
        """A job as the scheduler makes it."""
        self.queue.enqueue(queues.RESUME, connection, description=f"{connection}: work")

    # Servers

    @contextmanager
    def without_postgres(self) -> Iterator[None]:
        """SIGKILL of the postmaster; it is started again after the context."""
        _end_server(self._postgres)
        yield
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                url = self._postgres.start()
                break
            except EmbeddedError:
                # Backends of the dead one still hold its shared memory.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        assert url.startswith(self.server_url)

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """SIGKILL of the Redis server, which keeps nothing; it is started again afterwards."""
        _end_server(self._valkey)
        yield
        assert self._valkey.start() == self.redis_url

    def flush_redis(self) -> None:
        """Whatever Redis knows is forgotten."""
        client = redis.Redis.from_url(self.redis_url)
        client.flushall()
        client.close()

    # GraphQL over HTTP

    def ask(self, query: str, **variables: Any) -> dict[str, Any] | None:
        """One GraphQL request; None when the web process could not serve it."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(  # noqa: S310  loopback
            f"{self.web_url}/graphql", body, {"Content-Type": "application/json"}
        )
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310  loopback
                answer: dict[str, Any] = json.loads(response.read())
        except HTTPError as error:
            with error:
                if error.code >= 500:
                    return None
                answer = json.loads(error.read())
        except (URLError, OSError):
            return None
        return answer


def _end(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _end_server(server: EmbeddedServer) -> None:
    number = server.process_id()
    assert number is not None
    _end(number)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.is_running() and time.monotonic() < deadline:
        time.sleep(0.005)


@contextmanager
def company() -> Iterator[Company]:
    """A company of its own folder."""
    folder = Path(tempfile.mkdtemp(prefix="hub-full-simulation-"))
    folder.chmod(0o711)
    made = Company(folder)
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
