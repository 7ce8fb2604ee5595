"""Does the embedded Postgres start, stop and recover on any machine?"""

from __future__ import annotations

import psycopg2
import pytest

from hub.store.database import Database


def test_each_test_has_a_database_of_its_own(database: Database, postgres_server_url: str) -> None:
    with database.engine.connect() as connection:
        tables = connection.exec_driver_sql(
            "select count(*) from information_schema.tables where table_name = 'client'"
        ).scalar()

    assert 1 == tables


def test_a_wrong_password_is_refused(postgres_server_url: str) -> None:
    head, tail = postgres_server_url.split("@")

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(f"{head}wrong@{tail}")
