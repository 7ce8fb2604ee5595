"""Does a platform that nobody programmed for come in by configuration, schedule and command?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from source_contract import CHECKS, Case

import connectors
from hub.cli.main import cli
from hub.config.load import load_config
from hub.contract import Limiter, Priority, SourceStream
from hub.errors import ConfigError
from hub.queue import JobQueue
from hub.store.database import Database
from hub.wiring import build_wiring
from workers import jobs
from workers.source_schedules import SourceSchedules

HUB = Path(sys.executable).parent / "hub"
TOY = '''
"""How does the hub read the lines of a notebook?"""

from collections.abc import Iterator, Mapping

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from hub.contract import Capability, CheckResult, SourcePage
from hub.core.columns import schema_of


class Settings(BaseModel):
    """The keys of a connection to a notebook."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    notebook: str = Field(description="The file.")


class StreamSettings(BaseModel):
    """The keys of its streams."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    word: str = Field(default="", description="Only lines with this word.")


class Notebook:
    capabilities = frozenset({Capability.INCREMENTAL, Capability.DISCOVER})

    def __init__(self, settings):
        self._path, self.requests_made = settings.notebook, 0

    def _lines(self, stream):
        self.requests_made += 1
        with open(self._path, encoding="utf-8") as file:
            lines = [line.rstrip() for line in file]
        return [(n, line) for n, line in enumerate(lines, 1) if stream.settings.word in line]

    def check(self):
        return (CheckResult(name="reach", ok=True, sentence="The notebook is there."),)

    def discover(self, priority=None):
        return {}

    def describe(self, stream, priority=None):
        return schema_of(stream.name, stream.name, pa.table({"line": [1], "text": ["x"]}))

    def read(self, stream, state, priority):
        at = int((state or {}).get("line") or 0)
        news = [item for item in self._lines(stream) if item[0] > at]
        for start in range(0, len(news), 3):
            part = news[start : start + 3]
            at = part[-1][0]
            rows = pa.RecordBatch.from_pydict(
                {"line": [n for n, _ in part], "text": [text for _, text in part]}
            )
            yield SourcePage(rows=rows, state={"line": at}, place=f"line {at}")
        yield SourcePage(
            rows=pa.RecordBatch.from_pydict({}), state={"line": at}, place="end", is_last=True
        )


def build_source(connection, settings, limiter):
    return Notebook(settings)
'''
TOML = """
[connection.notes]
kind = "notebook"
notebook = "{notebook}"
queue = "slow"
[connection.notes.stream.lines]
key = ["line"]
every = "1m"
jitter = "30s"
"""


class NoLimit(Limiter):
    """Nothing is paced here."""

    def wait(self, priority: Priority) -> None:
        """At once."""

    def penalise(self, seconds: float) -> None:
        """Nobody waits."""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution that brings a kind along; nothing of the tree is touched."""
    folder = tmp_path / "site"
    information = folder / "hub_notebook-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / "hub_notebook.py").write_text(TOY, encoding="utf-8")
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hub-notebook\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text("[hub.connectors]\nnotebook = hub_notebook\n")
    monkeypatch.syspath_prepend(folder)
    connectors._brought_along.cache_clear()
    yield folder
    connectors._brought_along.cache_clear()
    sys.modules.pop("hub_notebook", None)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("".join(f"line {n}\n" for n in range(1, 9)), encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path, notebook: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(notebook=notebook), encoding="utf-8")
    return path


def environment(config: Path, database_url: str, redis_url: str, outside: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HUB_CONFIG": str(config),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(outside),
    }


def command(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HUB, *words], env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_kind_from_outside_keeps_the_contract(
    check: object, outside: Path, notebook: Path
) -> None:
    module = connectors.load("notebook")
    settings = module.Settings(notebook=str(notebook))

    def grow() -> list[dict[str, str | None]]:
        with notebook.open("a", encoding="utf-8") as file:
            file.write("line 9\n")
        return [{"line": "9", "text": "line 9"}]

    case = Case(
        name="notebook",
        kind="notebook",
        source=lambda: module.build_source("notes", settings, NoLimit()),
        stream=SourceStream(name="lines", settings=module.StreamSettings(), key=("line",)),
        records=[{"line": str(n), "text": f"line {n}"} for n in range(1, 9)],
        discovered=None,
        grow=grow,
        future={"line": 99},
    )
    check(case)  # type: ignore[operator]  # every check takes a case


def test_a_kind_from_outside_is_seen_checked_previewed_and_read_by_command(
    outside: Path, config: Path, database_url: str, redis_url: str
) -> None:
    env = environment(config, database_url, redis_url, outside)

    def said(*words: str) -> str:
        result = CliRunner().invoke(cli, words, env=env, catch_exceptions=False)
        assert 0 == result.exit_code, result.output
        return result.stdout

    assert "notes: The notebook is there." in said("connectors", "check")
    seen = json.loads(said("connectors", "preview", "notes.lines", "--json"))
    assert {"line": 1, "text": "line 1"} == seen["rows"][0]
    done = json.loads(said("connectors", "run", "--json"))
    assert {"rows": 8, "inserted": 8, "pages": 4} == done[0]["counts"]
    (listed,) = json.loads(said("connectors", "list", "--json"))
    assert ("notebook", "dataset lines", "well") == tuple(
        listed[name] for name in ("kind", "fills", "state")
    )
    assert "lines" in said("datasets", "list")
    assert "text" in said("datasets", "show", "lines")
    assert "is what hub.toml asks for" in said("datasets", "plan", "lines")
    assert "is what hub.toml asks for" in said("datasets", "apply", "lines")
    assert "Everything fitted." in said("connectors", "letters")
    assert "Nothing waits" in said("connectors", "replay", "notes")
    assert "nothing new" in said("connectors", "run", "notes.lines")
    with pytest.raises(ConfigError, match=r"hub.toml has notes\.lines"):
        CliRunner().invoke(
            cli, ["connectors", "run", "notes.nothing"], env=env, catch_exceptions=False
        )


def test_a_stream_is_read_when_it_is_due_once_by_the_queue_of_its_own(
    outside: Path, config: Path, database: Database, redis_url: str
) -> None:
    loaded = load_config(
        config,
        {
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "REDIS_URL": redis_url,
        },
        connection_models=connectors.settings_models(),
    )
    queue = JobQueue(redis_url)
    two = [SourceSchedules.of(database, queue, loaded.connections) for _ in range(2)]
    slow = Queue("slow", connection=queue.connection(), serializer=JSONSerializer)
    for schedules in two:
        schedules.settle()
        schedules.enqueue_due()

    assert ["notes: read lines"] == [job.description for job in slow.jobs]
    jobs.bind(build_wiring(loaded, application_name="test"))
    SimpleWorker([slow], connection=queue.connection(), serializer=JSONSerializer).work(burst=True)

    with psycopg2.connect(database.url.set(drivername="postgresql").render_as_string(False)) as db:
        cursor = db.cursor()
        cursor.execute("select count(*) from dataset.lines")
        assert (8,) == cursor.fetchone()
        cursor.execute(
            "select due_at - clock_timestamp(), begun_at >= enqueued_at from hub.source_state"
        )
        (pause, was_begun) = cursor.fetchone() or ()
    assert timedelta(0) < pause <= timedelta(minutes=1)
    assert was_begun


def test_a_read_that_is_killed_loses_nothing_and_doubles_nothing(
    tmp_path: Path, outside: Path, database_url: str, redis_url: str
) -> None:
    rows = 80_000
    folder = tmp_path / "data"
    folder.mkdir()
    with (folder / "facts.csv").open("w", encoding="utf-8") as file:
        file.write("number,text,amount\n")
        file.writelines(f"{n},text of {n} that is longer,{n}\n" for n in range(rows))
    config = tmp_path / "hub.toml"
    config.write_text(
        f'[connection.files]\nkind = "file"\nfolder = "{folder}"\n'
        '[connection.files.stream.facts]\npath = "facts.csv"\nappend = true\nonly_added = true\n'
        '[connection.files.stream.rows]\npath = "facts.csv"\nkey = ["number"]\n',
        encoding="utf-8",
    )
    env = environment(config, database_url, redis_url, outside)
    db = psycopg2.connect(database_url)
    db.autocommit = True
    cursor = db.cursor()
    try:
        for table in ("facts", "rows"):
            process = subprocess.Popen(
                [HUB, "connectors", "run", f"files.{table}", "--json"],
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            deadline = time.monotonic() + 60
            found = 0
            while not found and process.poll() is None and time.monotonic() < deadline:
                cursor.execute("select to_regclass(%s) is not null", (f"dataset.{table}",))
                if (cursor.fetchone() or (False,))[0]:
                    cursor.execute(f"select count(*) from dataset.{table}")  # noqa: S608  # named above
                    found = (cursor.fetchone() or (0,))[0]
            process.send_signal(signal.SIGKILL)
            said = process.communicate(timeout=30)[1]
            assert found > 0, said
            for _ in range(2):
                assert 0 == command(env, "connectors", "run", f"files.{table}").returncode
            cursor.execute(
                f"select count(*), count(distinct number), sum(amount) from dataset.{table}"  # noqa: S608  # named above
            )
            assert (rows, rows, rows * (rows - 1) // 2) == cursor.fetchone()
        cursor.execute("select count(*) from dataset.rows where deleted_at is not null")
        assert (0,) == cursor.fetchone()
        cursor.execute("select count(*) from hub.run where status = 'running'")
        assert (0,) == cursor.fetchone()
    finally:
        db.close()
