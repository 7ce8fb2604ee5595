"""By which names are the rows of a table known, and which references still wait for one?"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from hub.core.page_mapping import Names, plain_name
from hub.core.source_mapping import Lookup
from hub.errors import MappingError
from hub.store.generic import generic
from hub.store.staging import quoted
from hub.store.tables import TABLES


@generic(Session)
def load_names(session: Session, lookup: Lookup) -> Names:
    """The names of living rows, and their aliases; a name of several rows means none.

    Raises:
        MappingError: the table or its column does not exist.
    """
    found: dict[str, str | None] = {}
    for row_id, name in session.execute(text(_query(lookup))):
        plain = plain_name(str(name))
        if plain and found.setdefault(plain, str(row_id)) != str(row_id):
            found[plain] = None
    aliases = session.execute(
        text("select row_id, name from hub.alias where table_name = :table"),
        {"table": lookup.table},
    )
    # What a person decided stands above what rows happen to be called.
    for row_id, name in aliases:
        found[plain_name(name)] = str(row_id)
    return Names(ids=found)


def _query(lookup: Lookup) -> str:
    if lookup.table == "client" and lookup.by == "domain":
        return (
            "select client_id, name from public.sending_domain"
            " where deleted_at is null and client_id is not null"
        )
    table = TABLES.get(lookup.table)
    if table is None or lookup.by not in table.columns:
        raise MappingError(
            f"lookup got {lookup}: there is no such table and column. Correct hub.toml."
        )
    by = quoted(lookup.by)
    return (
        f"select id, {by} from public.{quoted(lookup.table)}"  # noqa: S608  # both are declared
        f" where deleted_at is null and {by} is not null"
    )


@generic(Session)
def learn_alias(session: Session, table: str, name: str, row_id: UUID, by: str) -> None:
    """Another name of a row, from now on."""
    session.execute(
        text(
            "insert into hub.alias (table_name, name, row_id, decided_by)"
            " values (:table, :name, :row_id, :by) on conflict (table_name, name) do update"
            " set row_id = excluded.row_id, decided_by = excluded.decided_by,"
            " decided_at = clock_timestamp()"
        ),
        {"table": table, "name": plain_name(name), "row_id": row_id, "by": by},
    )


@generic(Session)
def parked(session: Session, connection: str | None = None) -> list[dict[str, Any]]:
    """The names that no row answers to, by column, with how many rows wait for each."""
    found = session.execute(
        text(
            "select connection, stream, table_name, column_name, lookup, given,"
            " min(reason) as reason, count(*) as rows, min(parked_at) as since"
            " from hub.parked_reference"
            " where cast(:connection as text) is null or connection = :connection"
            " group by 1, 2, 3, 4, 5, 6 order by count(*) desc, given limit 1000"
        ),
        {"connection": connection},
    )
    return [dict(row._mapping) for row in found]


@generic(Session)
def settle_parked(
    session: Session, connection: str, stream: str, table: str, column: str, names: Names
) -> int:
    """Fill references whose name a row answers to by now; how many."""
    waiting = session.execute(
        text(
            "select distinct given from hub.parked_reference where connection = :connection"
            " and stream = :stream and table_name = :table and column_name = :column"
        ),
        {"connection": connection, "stream": stream, "table": table, "column": column},
    ).scalars()
    answered = {given: names.ids.get(plain_name(given)) for given in waiting}
    answered = {given: row_id for given, row_id in answered.items() if row_id is not None}
    if not answered:
        return 0
    place = ".".join(quoted(part) for part in table.split("."))
    done: Any = session.execute(
        text(
            "with answered as (select key as given, value::uuid as id"  # noqa: S608  # quoted
            " from jsonb_each_text(cast(:answered as jsonb))),"
            " settled as (delete from hub.parked_reference p using answered a"
            " where p.given = a.given and p.connection = :connection and p.stream = :stream"
            " and p.table_name = :table and p.column_name = :column returning p.row_id, a.id)"
            f" update {place} d set {quoted(column)} = s.id from settled s where d.id = s.row_id"
            f" and d.{quoted(column)} is null"
        ),
        {
            "answered": json.dumps(answered),
            "connection": connection,
            "stream": stream,
            "table": table,
            "column": column,
        },
    )
    return int(done.rowcount)
