"""Jobs that fail, and a worker that reports them: run as a program by the Sentry tests."""

from __future__ import annotations

import sys

from hub import monitoring
from hub.errors import RecordRejected
from hub.redaction import register_secret


def pull(connection: str, address: str, name: str, secret: str) -> None:
    """Fail while holding what nobody else may see."""
    person = {"email": address, "name": name}
    register_secret(secret)
    with monitoring.tags(connection=connection, stream="clients", run_id="run-1"):
        raise RuntimeError(f"cannot write {person['email']} with {secret}")


def refuse(connection: str) -> None:
    """Fail as product data does."""
    raise RecordRejected(f"[{connection}] the record was refused")


def query(url: str, address: str, name: str) -> None:
    """Fail in the database, whose errors quote the values of the statement."""
    from sqlalchemy import text

    from hub.store.database import Database, Provenance

    database = Database(url)
    with (
        monitoring.tags(connection="crm"),
        database.unit_of_work(Provenance(actor="t", origin="t")) as session,
    ):
        statement = text("insert into client (name, status) values (:name, :status)")
        session.execute(statement, {"name": name, "status": address})
        session.execute(statement, {"name": name, "status": address})


def main() -> None:
    """Work off the queue `live` once: DSN and the server's address are the arguments."""
    from redis import Redis
    from rq import Worker
    from rq.serializers import JSONSerializer

    monitoring.start(sys.argv[1], process="worker", environment="test")
    worker = Worker(["live"], connection=Redis.from_url(sys.argv[2]), serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")


if __name__ == "__main__":
    main()
