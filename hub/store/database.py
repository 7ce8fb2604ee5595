"""How does the hub open a transaction, and who does Postgres say changed the rows in it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import URL, make_url
from sqlmodel import Session

from hub.store.generic import generic


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorship:
    """Who changed one row, and when at the origin."""

    actor: str
    edited_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """What the change log writes beside every change of a transaction.

    `actor` is the person or program, `origin` the way in (graphql, sync, cli, migration, demo),
    `authors` overrides actor and time for single rows, by row id.
    """

    actor: str
    origin: str
    run_id: UUID | None = None
    edited_at: datetime | None = None
    authors: Mapping[UUID, Authorship] | None = None


@generic(Session)
def set_provenance(session: Session, provenance: Provenance) -> None:
    """Tell the capture triggers who is at work; the settings end with the transaction."""
    authors = {
        str(row_id): [who.actor, who.edited_at.isoformat() if who.edited_at else None]
        for row_id, who in (provenance.authors or {}).items()
    }
    session.execute(
        text(
            "select set_config('hub.actor', :actor, true),"
            " set_config('hub.origin', :origin, true),"
            " set_config('hub.run', :run, true),"
            " set_config('hub.edited_at', :edited_at, true),"
            " set_config('hub.authors', :authors, true)"
        ),
        {
            "actor": provenance.actor,
            "origin": provenance.origin,
            "run": str(provenance.run_id or ""),
            "edited_at": provenance.edited_at.isoformat() if provenance.edited_at else "",
            "authors": json.dumps(authors) if authors else "",
        },
    )


def driver_url(url: str) -> URL:
    """`url` with the driver that the hub speaks Postgres with."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg2")
    return parsed


class Database:
    """The central Postgres. Nothing is opened before the first transaction."""

    def __init__(self, url: str, *, pool_size: int = 5, application_name: str = "hub") -> None:
        self.url = driver_url(url)
        self.engine: Engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            # A failed statement is logged and reported; what people wrote is not.
            hide_parameters=True,
            connect_args={
                "application_name": application_name,
                "connect_timeout": 5,
                # A user called hub would find schema hub before public.
                "options": "-c search_path=public -c timezone=UTC"
                " -c idle_in_transaction_session_timeout=60000",
            },
        )

    @contextmanager
    def unit_of_work(self, provenance: Provenance) -> Iterator[Session]:
        """One transaction that commits at the end and rolls back on any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            set_provenance(session, provenance)
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read-only transaction that sees a single snapshot."""
        with (
            self.engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as connection,
            Session(bind=connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """One transaction whose writes and locks are given up at its end."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
            finally:
                session.rollback()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
