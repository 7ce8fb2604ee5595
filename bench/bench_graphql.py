"""What does GraphQL cost beside hand-written SQL: a page of clients with their nested deals?

    python bench/bench_graphql.py [--clients 50] [--deals 20] [--requests 40] [--json]

Both answer the same rows in one process over ASGI, without a server in front, on an embedded
Postgres of its own: the API as it is, and a Starlette route around one hand-written statement that
makes the JSON in Postgres. Medians; the processor time of this process counts, which a busy
machine distorts least; the wall clock stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, MutableMapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.embedded.postgres import EmbeddedPostgres
from hub.store import migrate
from hub.store.database import Database, Provenance
from hub.store.entities import Client, Deal
from hub_graphql.app import create_graphql_app

OPERATION = """
query Page($first: Int!, $deals: Int!) {
  clients(first: $first, orderBy: [{field: NAME}]) {
    nodes {
      id name sector status
      deals(first: $deals, orderBy: [{field: CODE}]) { nodes { id code stage amount closedOn } }
    }
  }
}
"""
STATEMENT = """
select json_agg(page)::text from (
  select c.id, c.name, c.sector, c.status, d.deals
  from client c
  cross join lateral (
    select coalesce(json_agg(deal), '[]'::json) as deals from (
      select id, code, stage, amount::text as amount, closed_on as "closedOn"
      from deal where client_id = c.id and deleted_at is null order by code, id limit :deals
    ) deal
  ) d
  where c.deleted_at is null order by c.name, c.id limit :first
) page
"""
Message = MutableMapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """The medians of one way to answer."""

    name: str
    wall_ms: float
    cpu_ms: float
    bytes: int


def plain_app(database: Database, first: int, deals: int) -> Starlette:
    """What a person would write by hand."""

    def read() -> str:
        with database.engine.connect() as connection:
            rows = connection.execute(text(STATEMENT), {"first": first, "deals": deals})
            return str(rows.scalar_one())

    async def page(_request: Request) -> Response:
        return Response(await run_in_threadpool(read), media_type="application/json")

    return Starlette(routes=[Route("/page", page)])


def seed(database: Database, clients: int, deals: int) -> None:
    """Twice as many clients and deals as a page shows."""
    with database.unit_of_work(Provenance(actor="bench", origin="bench")) as session:
        made = [
            Client(name=f"Client {number:05}", sector="retail") for number in range(clients * 2)
        ]
        session.add_all(made)
        session.flush()
        session.add_all(
            Deal(
                client_id=client.id,
                code=f"{client.name}-{number}",
                stage="won",
                amount=Decimal(number),
            )
            for client in made
            for number in range(deals * 2)
        )
    with database.engine.begin() as connection:
        connection.execute(text("analyze"))


async def answer(app: Any, method: str, path: str, body: bytes) -> bytes:
    """One request over ASGI; the answer's body."""
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"{path} answered {message['status']}")
        parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json")],
        "server": ("bench", 80),
        "client": ("bench", 1),
    }
    await app(scope, receive, send)
    return b"".join(parts)


def measure(name: str, ask: Callable[[], Any], requests: int) -> Figure:
    """Medians over a number of requests, after a few to warm up."""
    walls: list[float] = []
    processor: list[float] = []
    size = 0

    async def run() -> None:
        nonlocal size
        for number in range(requests + 3):
            wall, cpu = time.perf_counter(), time.process_time()
            size = len(await ask())
            if number >= 3:
                walls.append(time.perf_counter() - wall)
                processor.append(time.process_time() - cpu)

    asyncio.run(run())
    return Figure(
        name=name,
        wall_ms=statistics.median(walls) * 1000,
        cpu_ms=statistics.median(processor) * 1000,
        bytes=size,
    )


def run(clients: int, deals: int, requests: int) -> list[Figure]:
    """Measure both ways on a Postgres of their own."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        url = server.start()
        try:
            migrate.upgrade(url)
            database = Database(url)
            seed(database, clients, deals)
            api, plain = create_graphql_app(database), plain_app(database, clients, deals)
            body = json.dumps(
                {"query": OPERATION, "variables": {"first": clients, "deals": deals}}
            ).encode()
            return [
                measure("plain SQL", lambda: answer(plain, "GET", "/page", b""), requests),
                measure("GraphQL", lambda: answer(api, "POST", "/graphql", body), requests),
            ]
        finally:
            server.erase()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--deals", type=int, default=20)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    plain, api = run(options.clients, options.deals, options.requests)
    ratio = plain.cpu_ms / api.cpu_ms
    if options.json:
        print(json.dumps({"figures": [asdict(plain), asdict(api)], "ratio": ratio}))
        return 0
    table = Table("way", "wall ms", "cpu ms", "bytes")
    for each in (plain, api):
        table.add_row(each.name, f"{each.wall_ms:.2f}", f"{each.cpu_ms:.2f}", f"{each.bytes:,}")
    console = Console()
    console.print(table)
    console.print(
        f"GraphQL answers {ratio:.3f} times the requests of plain SQL per processor second."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
