"""Which real servers do the tests run on?"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis
from psycopg2 import sql
from sandbox_server import SandboxServer
from sync_world import World, base_file

from hub.embedded import ports
from hub.embedded.folder import ServerFolder
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.valkey import EmbeddedValkey
from hub.store.database import Database
from hub.store.migrate import upgrade

TEMPLATE = "template_hub"
FOLDERS = "hub-tests-"
# A run that was killed cannot remove its folder; a later one does.
STALE_SECONDS = 3600
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder that the user Postgres runs as can pass through."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=FOLDERS))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server_url(servers_folder: Path) -> Iterator[str]:
    """A Postgres for the whole run; it ends with the run, however that ends."""
    server = EmbeddedPostgres(servers_folder / "postgres", durable=False)
    yield server.start()
    server.erase()


@pytest.fixture(scope="session")
def redis_server_url(servers_folder: Path) -> Iterator[str]:
    """A Redis-protocol server for the whole run."""
    server = EmbeddedValkey(servers_folder / "valkey", durable=False)
    yield server.start()
    server.erase()


@pytest.fixture(scope="session")
def template_database(postgres_server_url: str) -> str:
    """The name of a migrated database that each test's own is copied from."""
    _command(postgres_server_url, "CREATE DATABASE {}", TEMPLATE)
    upgrade(_at(postgres_server_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def empty_database_url(postgres_server_url: str) -> Iterator[str]:
    """A database with nothing in it, for tests of the migrations themselves."""
    name = f"test_{next(_numbers)}"
    _command(postgres_server_url, "CREATE DATABASE {}", name)
    yield _at(postgres_server_url, name)
    _command(postgres_server_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database_url(postgres_server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    name = f"test_{next(_numbers)}"
    _command(postgres_server_url, "CREATE DATABASE {} TEMPLATE {}", name, template_database)
    yield _at(postgres_server_url, name)
    _command(postgres_server_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def store_database_url(postgres_server_url: str, template_database: str) -> Iterator[str]:
    """A migrated database that the tests of the store share; each empties it first."""
    name = "test_store"
    _command(postgres_server_url, "CREATE DATABASE {} TEMPLATE {}", name, template_database)
    yield _at(postgres_server_url, name)
    _command(postgres_server_url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The hub's own way to this test's database."""
    opened = Database(database_url, application_name="test")
    yield opened
    opened.dispose()


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """An empty Redis-protocol server."""
    client = redis.Redis.from_url(redis_server_url)
    client.flushall()
    client.close()
    return redis_server_url


@pytest.fixture
def free_port() -> int:
    """A port that nobody held a moment ago."""
    return ports.free_port()


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        state = ServerFolder(folder / "postgres")
        with contextlib.suppress(OSError):  # another user's, or swept by another run just now
            is_old = time.time() - folder.stat().st_mtime > STALE_SECONDS
            if is_old and state.claim():
                shutil.rmtree(folder, ignore_errors=True)
                state.release()


def _at(server_url: str, name: str) -> str:
    return f"{server_url.rsplit('/', 1)[0]}/{name}"


def _command(server_url: str, text: str, *names: str) -> None:
    connection = psycopg2.connect(_at(server_url, "postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(text).format(*map(sql.Identifier, names)))
    finally:
        connection.close()


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    """A stand-in for Airtable on a free port, without a rate limit, for the whole run."""
    server = SandboxServer().start()
    yield server
    server.stop()


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> SandboxServer:
    """The stand-in, empty: no bases, no tokens, no faults, the clock right."""
    sandbox_server.reset()
    return sandbox_server


@pytest.fixture
def world(sandbox: SandboxServer, database: Database) -> World:
    """A small company: a base, a central Postgres, and the engine between them."""
    sandbox.load(base_file())
    return World(sandbox, database)
