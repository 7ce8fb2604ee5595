"""How many requests does a change cost? Counted at a stand-in for Airtable, over real HTTP."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import uvicorn
from engine import BENCH, NoLimit, fail
from sqlalchemy import text

import connectors
from connectors.airtable import Settings
from hub.core.mapping import FieldMapping, StreamMapping
from hub.sandbox.airtable.app import create_app
from hub.sandbox.airtable.limits import UNLIMITED_RATE
from hub.sandbox.airtable.sandbox import Sandbox
from hub.sandbox.airtable.state import State
from hub.store import leases, streams
from hub.store.database import Database
from hub.store.tables import hub_columns
from hub.sync.attend import attend
from hub.sync.connection import LeasedLimiter, SyncConnection

BASE, TABLE, TOKEN = "appBench000000000", "tblClients0000000", "patSandbox.owner"
NAME, COUNTRY, STAFF, HUB_ID = (f"fld{name:0<14}" for name in ("Name", "Country", "Staff", "HubId"))
MADE_TOGETHER = 1000


def base_file() -> dict[str, Any]:
    """One table of clients."""
    fields = [(NAME, "Name"), (COUNTRY, "Country"), (HUB_ID, "Hub ID")]
    table = {
        "id": TABLE,
        "name": "Clients",
        "primaryFieldId": NAME,
        "fields": [
            *({"id": key, "name": name, "type": "singleLineText"} for key, name in fields),
            {"id": STAFF, "name": "Staff", "type": "number", "options": {"precision": 0}},
        ],
        "views": [{"id": "viwClients0000000", "name": "All", "type": "grid"}],
    }
    return {"bases": [{"id": BASE, "name": "Bench", "tables": [table], "records": {}}]}


def mapping() -> StreamMapping:
    """Clients, with guards wide enough for a benchmark."""
    columns = hub_columns("client")
    named = {"name": NAME, "country": COUNTRY, "employee_count": STAFF}
    return StreamMapping(
        connection="bench",
        stream="clients",
        remote_table=TABLE,
        hub_table="client",
        hub_id_field=HUB_ID,
        note_field=None,
        modified_field=None,
        fields=tuple(
            FieldMapping(column=columns[name], field_id=field) for name, field in named.items()
        ),
        overwrite_limit=10**9,
        share_limit=1.0,
    )


class StandIn:
    """A stand-in of this process on a free port, a central Postgres, and a worker between them."""

    def __init__(self, url: str, database: Database, sandbox: Sandbox) -> None:
        self.url = url
        self._sandbox = sandbox
        self.database = database
        limiter = LeasedLimiter(NoLimit())
        settings = Settings.model_validate({"endpoint": url, "token": TOKEN, "base": BASE})
        self.connector = connectors.load("airtable").build("bench", settings, limiter)
        self.connection = SyncConnection(
            name="bench",
            database=database,
            connector=self.connector,
            limiter=limiter,
            mappings={"clients": mapping()},
        )
        self.control("load?reload=0", base_file())

    def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something happens behind the scenes."""
        request = Request(  # noqa: S310  # loopback
            f"{self.url}/_control/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=120) as response:  # noqa: S310  # loopback
            answer: dict[str, Any] = json.load(response)
        return answer

    def values_of(self, record: str) -> dict[str, Any]:
        """What a record holds, by field id, at no request."""
        return self._sandbox.state.bases[BASE].tables[TABLE].records[record].values

    def edit(
        self, *, create: list[Any] | None = None, update: list[Any] | None = None
    ) -> list[str]:
        """A person edits, in one action; the ids of the records."""
        body = {"base": BASE, "table": TABLE, "user": "Alex", "delete": [], "typecast": False}
        answer = self.control(
            "edit", {**body, "source": "client", "create": create or [], "update": update or []}
        )
        return [row["id"] for row in answer["rows"]]

    def attend(self, source: str) -> int:
        """A worker comes by until nothing is left; how many requests it made."""
        before = self.connector.requests_made
        while True:
            with self.database.unit_of_work(BENCH) as session:
                leases.ring(session, "bench", source)
            if not attend(self.connection, trigger="bench", report=fail).is_unfinished:
                return int(self.connector.requests_made - before)

    def fill(self, records: int, *, first: int = 0) -> list[str]:
        """Make records, numbered from `first`, and let them come to rest."""
        made: list[str] = []
        end = first + records
        for start in range(first, end, MADE_TOGETHER):
            numbers = range(start, min(start + MADE_TOGETHER, end))
            made += self.edit(create=[{"fields": {NAME: f"Client {n}"}} for n in numbers])
        self.attend("sweep")
        return made

    def give_hub_ids(self, records: int) -> None:
        """Each record gets its Hub ID with the first write that it needs."""
        self._edit_here(records, "first")
        self.attend("hub")
        self.attend("sweep")

    def read_all(self) -> tuple[int, int]:
        """A complete read: requests made, and rows, links and records that were written."""
        with self.database.unit_of_work(BENCH) as session:
            streams.change(session, "bench", "clients", needs_reconcile=True)
            began = session.scalar(text("select pg_current_xact_id()::text::bigint"))
        writes = self._writes()
        made = self.attend("hub")
        written = " + ".join(
            f"(select count(*) from {table} where xmin::text::bigint > :began)"
            for table in ("client", "hub.change", "hub.record_link", "hub.write_intent")
        )
        with self.database.reading() as session:
            rows = session.scalar(text(f"select {written}"), {"began": began})
        return made, int(rows or 0) + self._writes() - writes

    def _writes(self) -> int:
        """Requests that wrote records, so far."""
        with urlopen(f"{self.url}/_control/requests?after=1000000000") as response:  # noqa: S310  # loopback
            return int(json.load(response)["writes"])

    def _edit_here(self, rows: int, word: str) -> None:
        with self.database.unit_of_work(BENCH) as session:
            session.execute(
                text(
                    "update client set country = :word where id in"
                    " (select id from client order by id limit :rows)"
                ),
                {"word": word, "rows": rows},
            )

    def read(self, records: list[str], word: str) -> tuple[int, int]:
        """A person edits records: requests made, and the fewest possible."""
        self.edit(update=[{"id": record, "fields": {COUNTRY: word}} for record in records])
        return self.attend("sweep"), 1 + math.ceil(len(records) / 100)

    def write(self, rows: int, word: str) -> tuple[int, int]:
        """Rows change in the hub: requests made, and the fewest possible."""
        self._edit_here(rows, word)
        made = self.attend("hub") + self.attend("sweep")
        writes = math.ceil(rows / 10)
        return made, writes + math.ceil(rows / 100) + math.ceil(writes / 50)


@contextmanager
def stand_in(url: str) -> Iterator[StandIn]:
    """The stand-in, between a migrated database and nobody else."""
    state = State(None)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    sandbox = Sandbox(state, UNLIMITED_RATE, None)
    app = create_app(sandbox)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError("the stand-in did not start within 10 s")
        time.sleep(0.01)
    database = Database(url, application_name="bench")
    try:
        yield StandIn(f"http://127.0.0.1:{listener.getsockname()[1]}", database, sandbox)
    finally:
        database.dispose()
        server.should_exit = True
        thread.join(10)
        listener.close()
        state.close()
