"""Does the whole company reach the central Postgres, fast and exactly once?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session

from hub.demo.company import TABLES, Company, build
from hub.demo.loading import load_central
from hub.errors import StoreUnavailable
from hub.store.database import Database

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def company() -> Company:
    return build(today=TODAY)


def count(session: Session, table: str, where: str = "true") -> int:
    return int(session.execute(text(f"select count(*) from {table} where {where}")).scalar_one())  # noqa: S608  # names of the test


def test_every_row_arrives(company: Company, database: Database) -> None:
    report = load_central(company, database)

    print(f"{report.total:,} rows loaded in {report.seconds:.1f} s")
    assert {table: len(company.rows[table]) for table in TABLES} == report.rows
    with database.reading() as session:
        assert report.rows == {table: count(session, table) for table in TABLES}
        assert count(session, "deal", "client_id is null") == 1_425
        assert count(session, "deal", "engaged_on is null and closed_on is null") == 500


def test_rows_hold_the_same_values_as_the_company(company: Company, database: Database) -> None:
    load_central(company, database)

    with database.reading() as session:
        for table in TABLES:
            expected = company.rows[table][0]
            key = (
                "id"
                if "id" in expected
                else ("campaign_id", "mailbox_id")["mailbox_id" in expected]
            )
            found = session.execute(
                text(f"select * from {table} where {key} = :key order by 1, 2, 3"),  # noqa: S608  # names of the test
                {"key": expected[key]},
            ).mappings()
            rows = [dict(row) for row in found]
            assert any(expected.items() <= row.items() for row in rows), table


def test_the_change_log_says_that_the_demo_wrote_the_rows(
    company: Company, database: Database
) -> None:
    load_central(company, database)

    with database.reading() as session:
        origins = session.execute(text("select distinct origin, actor from hub.change")).all()

    assert [("demo", "hub demo")] == [tuple(row) for row in origins]


def test_loading_twice_changes_nothing(company: Company, database: Database) -> None:
    load_central(company, database)

    again = load_central(company, database)

    assert again.was_loaded_before
    assert again.total == 0
    with database.reading() as session:
        assert count(session, "deal") == 8_800


def test_progress_ends_at_the_total(company: Company, database: Database) -> None:
    seen: list[tuple[str, int, int]] = []

    load_central(company, database, lambda table, loaded, of: seen.append((table, loaded, of)))

    assert {table for table, _, _ in seen} == set(TABLES)
    assert seen[-1][1] == seen[-1][2]
    assert [loaded for _, loaded, _ in seen] == sorted(loaded for _, loaded, _ in seen)


def test_a_refused_row_leaves_nothing_behind(company: Company, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(
            text("insert into sending_domain (name) values (:name)"),
            {"name": company.rows["sending_domain"][-1]["name"]},
        )

    with pytest.raises(StoreUnavailable, match="Nothing was loaded"):
        load_central(company, database)

    with database.reading() as session:
        assert count(session, "client") == 0


def test_an_unreachable_postgres_is_one_clear_sentence(company: Company, free_port: int) -> None:
    nobody = Database(f"postgresql://hub:x@127.0.0.1:{free_port}/hub")

    with pytest.raises(StoreUnavailable, match=r"\[demo\] load the company"):
        load_central(company, nobody)


def test_numbers_survive_as_decimals(company: Company, database: Database) -> None:
    load_central(company, database)

    with database.reading() as session:
        revenue = session.execute(
            text("select annual_revenue from client where name = 'Acme Corporation'")
        ).scalar_one()

    assert Decimal("1100.04") == revenue
