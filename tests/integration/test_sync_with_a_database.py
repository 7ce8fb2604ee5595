"""Does two-way sync hold with another database at the other side, without a line for it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import text
from sync_world import NoLimit

from connectors.sql import Settings, build
from hub.core.mapping import FieldMapping, StreamMapping
from hub.errors import HubError
from hub.store import leases
from hub.store.database import Database, Provenance
from hub.store.tables import hub_columns
from hub.sync.attend import attend
from hub.sync.connection import LeasedLimiter, SyncConnection

NAMES = {
    "name": "company",
    "country": "land",
    "employee_count": "staff",
    "annual_revenue_musd": "revenue",
    "parent_client_id": "parent",
}


@dataclass
class Sides:
    """A CRM's own Postgres and the central one, with the engine between them."""

    database: Database
    url: str
    crm: Any

    def connection(self) -> SyncConnection:
        columns = hub_columns("client")
        limiter = LeasedLimiter(NoLimit())
        settings = Settings.model_validate(
            {"url": self.url, "changes": {"account": "updated_at"}, "settle_seconds": 0}
        )
        mapping = StreamMapping(
            connection="crm",
            stream="accounts",
            remote_table="account",
            hub_table="client",
            hub_id_field="hub_id",
            note_field=None,
            modified_field="updated_at",
            share_limit=1.0,
            fields=tuple(
                FieldMapping(
                    column=columns[column],
                    field_id=field_id,
                    link="accounts" if field_id == "parent" else None,
                )
                for column, field_id in NAMES.items()
                if column in columns
            ),
        )
        return SyncConnection(
            name="crm",
            database=self.database,
            connector=build("crm", settings, limiter),
            limiter=limiter,
            mappings={"accounts": mapping},
        )

    def settle(self, rounds: int = 12) -> None:
        """Workers come by until nothing changes on either side."""
        for _ in range(rounds):
            before = self.accounts(), self.clients()
            with self.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
                leases.ring(session, "crm", "sweep")
            attend(self.connection(), trigger="test", report=self._report)
            if (self.accounts(), self.clients()) == before:
                return
        raise AssertionError("the two sides do not come to rest")

    def _report(self, error: HubError, connection: str, stream: str | None, run: UUID) -> None:
        raise error

    def edit(self, statement: str, *values: Any) -> None:
        """Somebody works in the CRM; its trigger stamps the row."""
        self.crm.execute(statement, values)

    def change(self, statement: str, **values: Any) -> None:
        """Somebody works at the hub."""
        with self.database.unit_of_work(Provenance(actor="Hanna", origin="graphql")) as session:
            session.execute(text(statement), values)

    def accounts(self) -> list[tuple[Any, ...]]:
        self.crm.execute(
            "select a.company, a.land, a.staff, p.company from account a"
            " left join account p on p.id = a.parent order by a.company"
        )
        return list(self.crm.fetchall())

    def clients(self) -> list[tuple[Any, ...]]:
        with self.database.reading() as session:
            found = session.execute(
                text(
                    "select c.name, c.country, c.employee_count, p.name from client c"
                    " left join client p on p.id = c.parent_client_id"
                    " where c.deleted_at is null order by c.name"
                )
            )
            return [tuple(row) for row in found]


@pytest.fixture
def sides(database: Database, empty_database_url: str) -> Iterator[Sides]:
    connection = psycopg2.connect(empty_database_url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "create table account (id serial primary key, hub_id text unique, company text not null,"
        " land text, staff int, revenue numeric(12, 2), parent int references account (id),"
        " updated_at timestamptz not null default clock_timestamp())"
    )
    cursor.execute(
        "create function stamp() returns trigger language plpgsql as $$ begin"
        " new.updated_at = clock_timestamp(); return new; end $$"
    )
    cursor.execute(
        "create trigger stamp before update on account for each row execute function stamp()"
    )
    yield Sides(database=database, url=empty_database_url, crm=cursor)
    connection.close()


def test_rows_of_both_sides_become_equal(sides: Sides) -> None:
    sides.edit("insert into account (company, land, staff) values ('Acme', 'Kenya', 3)")
    sides.edit("insert into account (company, parent) values ('Acme Labs', 1)")
    sides.change(
        "insert into client (id, name, country) values (gen_random_uuid(), 'Beta', 'Peru')"
    )
    sides.settle()
    assert sides.accounts() == sides.clients()
    assert [
        ("Acme", "Kenya", 3, None),
        ("Acme Labs", None, None, "Acme"),
        ("Beta", "Peru", None, None),
    ] == sides.clients()


def test_edits_travel_both_ways(sides: Sides) -> None:
    sides.edit("insert into account (company, land, staff) values ('Acme', 'Kenya', 3)")
    sides.settle()
    sides.edit("update account set staff = 4")
    sides.change("update client set country = 'Chad' where name = 'Acme'")
    sides.settle()
    assert [("Acme", "Chad", 4, None)] == sides.clients() == sides.accounts()


def test_of_two_edits_of_one_cell_one_stands_and_the_other_is_kept(sides: Sides) -> None:
    sides.edit("insert into account (company, staff) values ('Acme', 3)")
    sides.settle()
    sides.change("update client set employee_count = 10 where name = 'Acme'")
    sides.edit("update account set staff = 20")
    sides.settle()
    assert sides.clients() == sides.accounts()
    with sides.database.reading() as session:
        kept = session.execute(text("select theirs, ours from hub.conflict")).one()
    assert {20, 10} == {int(kept[0]), int(kept[1])}


def test_a_row_deleted_at_the_hub_goes_and_one_deleted_there_is_found(sides: Sides) -> None:
    for name in ("Acme", "Beta", "Gamma"):
        sides.edit("insert into account (company) values (%s)", name)
    sides.settle()
    sides.change("update client set deleted_at = now() where name = 'Beta'")
    sides.settle()
    assert ["Acme", "Gamma"] == [row[0] for row in sides.accounts()]

    sides.edit("delete from account where company = 'Gamma'")
    with sides.database.unit_of_work(Provenance(actor="test", origin="test")) as session:
        session.execute(text("update hub.stream_state set needs_reconcile = true"))
    sides.settle()
    assert ["Acme"] == [row[0] for row in sides.clients()]


def test_a_refused_row_is_told_and_the_others_arrive(sides: Sides) -> None:
    sides.edit("alter table account add constraint small check (staff < 100)")
    sides.change("insert into client (id, name, employee_count) values (gen_random_uuid(), 'A', 5)")
    sides.change(
        "insert into client (id, name, employee_count) values (gen_random_uuid(), 'B', 500)"
    )
    sides.settle()
    assert ["A"] == [row[0] for row in sides.accounts()]
