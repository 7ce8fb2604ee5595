"""Is anything lost or doubled when a worker is killed with -9 in the middle of a page?

Real RQ workers in processes of their own; after each kill a worker is started anew and the
scheduler's sweep finds what was left.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sandbox_server import SandboxServer
from sync_world import (
    AMOUNT,
    BASE,
    CLIENT,
    CLIENTS,
    CODE,
    COUNTRY,
    DEAL_HUB_ID,
    DEAL_MODIFIED,
    DEALS,
    HUB_ID,
    MODIFIED,
    NAME,
    NOTE,
    PARENT,
    STAFF,
    STAGE,
    STATUS,
    World,
)

import connectors
from hub.config import load_config
from hub.queue import JobQueue
from hub.store.entities.base import new_id
from workers import queues
from workers.schedules import Scheduler

ROWS = 30
DEADLINE_SECONDS = 60.0
CONNECTOR = "connectors.airtable.connector"

PULL = {
    "payloads read": (CONNECTOR, "AirtableConnector.read_changes"),
    "records read whole": (CONNECTOR, "AirtableConnector.read_records"),
    "plans made, links and rows locked": ("hub.sync.pull", "plan_page"),
    "rows inserted, not committed": ("hub.sync.apply", "rows.insert_rows"),
    "rows updated, not committed": ("hub.sync.apply", "rows.update_rows"),
    "links saved, not committed": ("hub.sync.apply", "links.save_links"),
    "cursor moved, not committed": ("hub.sync.pull", "streams.advance_hook"),
    "page committed": ("hub.sync.attend", "pull_changes"),
    "pings answered": ("hub.sync.attend", "leases.answer_pings"),
}
PUSH = {
    "tick taken": ("hub.sync.push", "change_log.take_tick"),
    "records read again": (CONNECTOR, "AirtableConnector.read_records"),
    "merged again, not committed": ("hub.sync.push_page", "apply_guarded"),
    "intents written, not committed": ("hub.sync.letters", "intents.open_intents"),
    "intents committed, request not sent": ("hub.sync.push_page", "_prepare"),
    "request answered, nothing written down": (CONNECTOR, "AirtableConnector.write"),
    "answer merged, not committed": ("hub.sync.answers", "apply_page"),
    "answer committed": ("hub.sync.send", "note_answers"),
    "all rows sent, tick not moved": ("hub.sync.push", "push_rows"),
    "tick moved, not committed": ("hub.sync.push", "_move_tick"),
    "records deleted, nothing written down": (CONNECTOR, "AirtableConnector.delete"),
    "push committed": ("hub.sync.attend", "push_changes"),
}


class Company:
    """A world whose workers are real processes."""

    def __init__(self, world: World, redis_url: str, folder: Path) -> None:
        self.world = world
        config = folder / "hub.toml"
        config.write_text(_config(world.sandbox))
        self.environ = {
            **os.environ,
            "HUB_CONFIG": str(config),
            "DATABASE_URL": world.database.url.render_as_string(hide_password=False),
            "REDIS_URL": redis_url,
            "AIRTABLE_TOKEN": world.sandbox.token,
        }
        self.config = load_config(
            config, self.environ, connection_models=connectors.settings_models()
        )
        self.queue = JobQueue(redis_url)

    def work_until_killed(self, module: str, attribute: str) -> str:
        """A worker that dies after the step; its last words."""
        program = Path(__file__).parents[1] / "killing_worker.py"
        worker = subprocess.Popen(
            [sys.executable, str(program), module, attribute],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.world.ring()
        self.queue.enqueue(queues.RESUME, "world", description="world: work")
        try:
            _, words = worker.communicate(timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            raise
        return words.decode()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A worker and the scheduler."""
        worker = subprocess.Popen(
            [sys.executable, "-c", "from workers.main import run_worker; run_worker()"],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        scheduler = Scheduler(
            database=self.world.database,
            queue=self.queue,
            connections=self.config.connections,
            has_public_url=False,
        )
        thread = threading.Thread(target=scheduler.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            scheduler.stopped.set()
            thread.join(10)
            worker.terminate()
            worker.wait(20)

    def difference(self) -> list[str]:
        """What is not equal on both sides, by Hub ID or name."""
        theirs = {
            fields[NAME]: (fields.get(COUNTRY), fields.get(STAFF))
            for fields in self.world.records(CLIENTS).values()
        }
        ours = {
            row["name"]: (row["country"], row["employee_count"])
            for row in self.world.query(
                "select name, country, employee_count from client where deleted_at is null"
            )
        }
        if len(theirs) != len(self.world.records(CLIENTS)):
            return ["a client stands twice in Airtable"]
        if len(ours) != self.world.scalar("select count(*) from client where deleted_at is null"):
            return ["a client stands twice in the hub"]
        waiting = self.world.scalar("select count(*) from hub.recheck")
        return [
            *(
                f"{name}: {theirs.get(name)} and {ours.get(name)}"
                for name in theirs | ours
                if theirs.get(name) != ours.get(name)
            ),
            *([f"{waiting} rows wait"] if waiting else []),
        ]


def _config(sandbox: SandboxServer) -> str:
    return f"""
[connection.world]
kind = "airtable"
endpoint = "{sandbox.url}"
token = "${{AIRTABLE_TOKEN}}"
base = "{BASE}"
requests_per_second = 50

[connection.world.stream.clients]
table = "{CLIENTS}"
entity = "client"
hub_id_field = "{HUB_ID}"
modified_field = "{MODIFIED}"

[connection.world.stream.clients.fields]
name = "{NAME}"
status = "{STATUS}"
country = "{COUNTRY}"
employee_count = "{STAFF}"
note = "{NOTE}"
parent_client_id = {{ field = "{PARENT}", link = "clients" }}

[connection.world.stream.deals]
table = "{DEALS}"
entity = "deal"
hub_id_field = "{DEAL_HUB_ID}"
modified_field = "{DEAL_MODIFIED}"

[connection.world.stream.deals.fields]
code = "{CODE}"
stage = {{ field = "{STAGE}", values = {{ "Prospecting" = "prospecting", "Won" = "won" }} }}
amount = "{AMOUNT}"
client_id = {{ field = "{CLIENT}", link = "clients" }}
"""


@pytest.fixture
def company(world: World, redis_url: str, tmp_path: Path) -> Company:
    """A company whose first read is done."""
    world.add(CLIENTS, *({NAME: f"Client {number:03}"} for number in range(ROWS)))
    world.settle()
    return Company(world, redis_url, tmp_path)


def _settles(company: Company, expected: dict[str, tuple[Any, Any]]) -> float:
    """Seconds until both sides are equal and hold what was expected."""
    began = time.monotonic()
    with company.at_work():
        while True:
            seconds = time.monotonic() - began
            left = company.difference()
            names = {
                row["name"]: (row["country"], row["employee_count"])
                for row in company.world.query(
                    "select name, country, employee_count from client where deleted_at is null"
                )
            }
            if not left and names == expected:
                return seconds
            if seconds > DEADLINE_SECONDS:
                raise AssertionError(f"after {seconds:.0f} s: {left[:5]}, {len(names)} rows")
            time.sleep(0.1)


@pytest.mark.parametrize("step", PULL)
def test_a_pull_that_is_killed_loses_and_doubles_nothing(company: Company, step: str) -> None:
    world = company.world
    records = [key for key, f in world.records(CLIENTS).items() if f[NAME] < "Client 020"]
    world.sandbox.edit(
        BASE, CLIENTS, update=[{"id": key, "fields": {COUNTRY: "Kenya"}} for key in records]
    )
    world.add(CLIENTS, *({NAME: f"New {number}", STAFF: number + 1} for number in range(5)))
    expected = {
        f"Client {number:03}": ("Kenya" if number < 20 else None, None) for number in range(ROWS)
    } | {f"New {number}": (None, number + 1) for number in range(5)}

    words = company.work_until_killed(*PULL[step])
    seconds = _settles(company, expected)

    print(f"pull killed after: {step}; both sides equal after {seconds:.1f} s")
    assert "killed after" in words
    assert 0 == world.scalar("select count(*) from hub.conflict")


@pytest.mark.parametrize("step", PUSH)
def test_a_push_that_is_killed_loses_and_doubles_nothing(company: Company, step: str) -> None:
    world = company.world
    world.sql("update client set country = 'Kenya' where name < 'Client 020'")
    world.sql("update client set deleted_at = now() where name > 'Client 026'")
    world.add_rows(
        "client",
        {new_id(): {"name": f"New {n}", "employee_count": n + 1} for n in range(5)},
    )
    expected = {
        f"Client {number:03}": ("Kenya" if number < 20 else None, None)
        for number in range(ROWS - 3)
    } | {f"New {number}": (None, number + 1) for number in range(5)}

    words = company.work_until_killed(*PUSH[step])
    seconds = _settles(company, expected)

    print(f"push killed after: {step}; both sides equal after {seconds:.1f} s")
    assert "killed after" in words
    assert 0 == world.scalar("select count(*) from hub.conflict")
    assert 0 == world.scalar(
        "select count(*) from hub.write_intent where outcome is null and operation = 'create'"
    )
