"""Do the migrations lead to the declared tables, and back?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from hub.errors import StoreUnavailable
from hub.store import migrate
from hub.store.declared import declared_metadata, is_compared_name


def differences(connection: Connection) -> list[object]:
    """How the database differs from the models."""
    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "include_name": is_compared_name,
            "compare_server_default": True,
        },
    )
    return list(compare_metadata(context, declared_metadata()))


def objects(connection: Connection) -> set[str]:
    """What there is outside of Postgres' own schemas."""
    return set(
        connection.scalars(
            text(
                "select n.nspname || '.' || c.relname from pg_class c"
                " join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
                " union all select n.nspname || '.' || p.proname from pg_proc p"
                " join pg_namespace n on n.oid = p.pronamespace"
                " where n.nspname not in ('pg_catalog', 'information_schema')"
            )
        )
    )


def test_migrations_and_models_agree(database_url: str) -> None:
    with migrate.connect(database_url) as connection:
        assert [] == differences(connection)


def test_a_difference_between_migrations_and_models_would_be_found(database_url: str) -> None:
    with migrate.connect(database_url) as connection:
        connection.execute(text("alter table client drop column note"))
        connection.execute(text("alter table hub.run alter column requests set default 7"))
        connection.execute(text("create table forgotten (id int)"))

        found = str(differences(connection))

    assert all(word in found for word in ("note", "requests", "forgotten"))


def test_up_down_and_up_again(empty_database_url: str) -> None:
    assert migrate.current_revision(empty_database_url) is None
    assert not migrate.is_current(empty_database_url)

    migrate.upgrade(empty_database_url)
    assert migrate.is_current(empty_database_url)
    with migrate.connect(empty_database_url) as connection:
        first = objects(connection)
    assert "hub.change" in first

    migrate.downgrade(empty_database_url, "base")
    with migrate.connect(empty_database_url) as connection:
        assert {"public.alembic_version", "public.alembic_version_pkc"} == objects(connection)

    migrate.upgrade(empty_database_url)
    with migrate.connect(empty_database_url) as connection:
        assert first == objects(connection)


def test_two_processes_that_migrate_at_once_do_not_collide(empty_database_url: str) -> None:
    together = threading.Barrier(3)

    def upgrade() -> None:
        together.wait()
        migrate.upgrade(empty_database_url)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(upgrade) for _ in range(3)]:
            done.result()

    assert migrate.is_current(empty_database_url)


def test_every_business_table_is_captured_by_nothing_but_the_change_log(database_url: str) -> None:
    with migrate.connect(database_url) as connection:
        triggers = {
            (table, trigger)
            for table, trigger in connection.execute(
                text(
                    "select tgrelid::regclass::text, tgname from pg_trigger"
                    " where not tgisinternal and tgrelid in (select c.oid from pg_class c"
                    " where relnamespace = 'public'::regnamespace)"
                )
            )
        }
        kinds: dict[str, str] = {
            name: kind
            for name, kind in connection.execute(
                text("select name, kind from hub.table_dictionary")
            )
        }

    business = {t.name for t in declared_metadata().sorted_tables if t.schema is None}
    assert business == set(kinds)
    capture = {"hub_capture_insert", "hub_capture_update", "hub_capture_delete", "hub_no_truncate"}
    assert triggers == {
        (table, trigger)
        for table, kind in kinds.items()
        for trigger in capture | ({"hub_stamp"} if kind == "fact" else set())
    }


def test_a_server_that_does_not_answer_is_named_without_its_password(free_port: int) -> None:
    url = f"postgresql://hub:quiet@127.0.0.1:{free_port}/hub"

    with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{free_port}.*DATABASE_URL") as refused:
        migrate.upgrade(url)

    assert "quiet" not in refused.value.message
