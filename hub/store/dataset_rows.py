"""How does a staged page become rows of a dataset: only what really changed is written?

Every statement works on a whole page. The joins go through the key's index: a page costs what
it holds, however large the table is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.core.datasets import Dataset
from hub.store import staging
from hub.store.dataset_tables import ROW_HASH, SQL_TYPES, key_columns, table_of
from hub.store.staging import NUMBER, STAGING, StagedColumn, quoted


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """How many rows a page made, changed and brought back."""

    inserted: int = 0
    updated: int = 0
    revived: int = 0


def given_name(column: str) -> str:
    """The staging column that holds a name no row answers to."""
    return f"hub__given_{column}"


def staged_columns(dataset: Dataset) -> tuple[StagedColumn, ...]:
    """What the staging table of this dataset holds."""
    own = [
        StagedColumn(name=column.name, sql_type=SQL_TYPES[column.kind])
        for column in dataset.columns
    ]
    looked_up = [
        StagedColumn(name=given_name(column.name), sql_type="text")
        for column in dataset.columns
        if column.references is not None
    ]
    extra = [StagedColumn(name=NUMBER, sql_type="integer")]
    if dataset.is_append:
        extra.append(StagedColumn(name="id", sql_type="uuid"))
    elif not dataset.key:
        extra.append(StagedColumn(name=ROW_HASH, sql_type="text"))
    return (*own, *looked_up, *extra)


def write_page(session: Session, dataset: Dataset, rows: Any, *, remember: bool) -> Written:
    """Write a page of mapped rows; `remember` its rows as shown by a complete read.

    `rows` (a pyarrow.RecordBatch) holds each key once, and none that is empty.
    """
    if dataset.is_append:
        return _append(session, dataset, rows)
    staging.stage(session, staging.numbered(rows))
    session.execute(text("set local enable_hashjoin = off; set local enable_mergejoin = off"))
    if not dataset.key:
        _hash_rows(session, dataset)
    written = _merge(session, dataset)
    if remember:
        _run(
            session,
            f"insert into pg_temp.hub_seen select d.id from {STAGING} s"
            f" join {table_of(dataset.name)} d on {_same_key(dataset)} and d.deleted_at is null",
        )
    session.execute(text("set local enable_hashjoin = on; set local enable_mergejoin = on"))
    return written


def _append(session: Session, dataset: Dataset, rows: Any) -> Written:
    table = table_of(dataset.name)
    with_ids = {"id": staging.new_ids(rows.num_rows)}
    has_parked = any(name.startswith("hub__given_") for name in rows.schema.names)
    if not dataset.key and not has_parked:
        stamped = {**with_ids, "tx_from": staging.this_transaction(session, rows.num_rows)}
        staging.copy(session, table, _with(rows, stamped))
        return Written(inserted=rows.num_rows)
    staging.stage(session, staging.numbered(rows, with_ids))
    names = [column.name for column in dataset.columns]
    listed = ", ".join(quoted(name) for name in ("id", *names))
    insert = f"insert into {table} as d ({listed}) select {listed} from {STAGING}"
    if not dataset.key:
        return Written(inserted=_run(session, insert))
    rest = [name for name in names if name not in dataset.key]
    key = ", ".join(quoted(name) for name in dataset.key)
    if not rest or not has_rows(session, dataset):
        return Written(inserted=_run(session, f"{insert} on conflict ({key}) do nothing"))
    session.execute(text("set local enable_hashjoin = off; set local enable_mergejoin = off"))
    updated = _run(session, f"update {table} d {_set(rest)} {_where_differs(dataset, rest)}")
    inserted = _run(session, f"{insert} on conflict ({key}) do nothing")
    return Written(inserted=inserted, updated=updated)


def empty(session: Session, dataset: Dataset) -> None:
    """Drop every row."""
    _run(session, f"delete from {table_of(dataset.name)}")


def has_rows(session: Session, dataset: Dataset) -> bool:
    """Whether there is a row."""
    return bool(
        session.execute(text(f"select exists (select from {table_of(dataset.name)})")).scalar_one()
    )


def _with(rows: Any, extra: dict[str, Any]) -> Any:
    import pyarrow as pa

    columns = {**dict(zip(rows.schema.names, rows.columns, strict=True)), **extra}
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _merge(session: Session, dataset: Dataset) -> Written:
    table = table_of(dataset.name)
    names = [column.name for column in dataset.columns]
    stored = [*names, ROW_HASH] if not dataset.key else names
    rest = [name for name in names if name not in key_columns(dataset)]
    updated = 0
    if rest and dataset.key:
        updated = _run(
            session,
            f"update {table} d {_set(rest)} {_where_differs(dataset, rest)}"
            " and d.deleted_at is null",
        )
    revived = _revive(session, dataset, rest) if _has_tombstones(session, dataset) else 0
    listed = ", ".join(quoted(name) for name in stored)
    inserted = _run(
        session,
        f"insert into {table} ({listed}) select {listed} from {STAGING} s"
        f" where not exists (select from {table} d where {_same_key(dataset)}"
        f" and d.deleted_at is null) order by {NUMBER}",
    )
    return Written(inserted=inserted, updated=updated, revived=revived)


def _has_tombstones(session: Session, dataset: Dataset) -> bool:
    return bool(
        session.execute(
            text(
                f"select exists (select from {table_of(dataset.name)} where deleted_at is not null)"
            )
        ).scalar_one()
    )


def _revive(session: Session, dataset: Dataset, rest: Sequence[str]) -> int:
    """The newest tombstone of a key that is shown again lives again."""
    table = table_of(dataset.name)
    sets = ", ".join(["deleted_at = null", *(f"{quoted(n)} = s.{quoted(n)}" for n in rest)])
    return _run(
        session,
        f"update {table} d set {sets} from {STAGING} s where d.id = ("
        f"select d.id from {table} d where d.deleted_at is not null and {_same_key(dataset)}"
        " order by d.deleted_at desc limit 1)"
        f" and not exists (select from {table} d where d.deleted_at is null"
        f" and {_same_key(dataset)})",
    )


def _set(rest: Sequence[str]) -> str:
    return "set " + ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in rest)


def _where_differs(dataset: Dataset, rest: Sequence[str]) -> str:
    new = ", ".join(f"s.{quoted(name)}" for name in rest)
    old = ", ".join(f"d.{quoted(name)}" for name in rest)
    return f"from {STAGING} s where {_same_key(dataset)} and row({new}) is distinct from row({old})"


def _same_key(dataset: Dataset) -> str:
    return " and ".join(f"d.{quoted(n)} = s.{quoted(n)}" for n in key_columns(dataset))


def _hash_rows(session: Session, dataset: Dataset) -> None:
    """Rows that hold the same are told apart by how manieth they are in this read."""
    listed = ", ".join(quoted(column.name) for column in dataset.columns)
    _run(
        session,
        f"""
        with hashed as (
            select {NUMBER} as number, md5(row({listed})::text) as hash from {STAGING}
        ),
        counted as (
            select number, h.hash,
                row_number() over (partition by h.hash order by number)
                + coalesce(c.copies, 0) as copy
            from hashed h left join pg_temp.hub_copies c on c.hash = h.hash
        )
        update {STAGING} s set {ROW_HASH} = hash || '/' || copy
        from counted where number = s.{NUMBER}
        """,
    )
    _run(
        session,
        f"insert into pg_temp.hub_copies as c (hash, copies)"
        f" select split_part({ROW_HASH}, '/', 1), count(*) from {STAGING} group by 1"
        " on conflict (hash) do update set copies = c.copies + excluded.copies",
    )


def park_references(session: Session, dataset: Dataset, connection: str, stream: str) -> int:
    """Keep the names of the staged page that no row answers to; how many."""
    parked = 0
    for column in dataset.columns:
        if column.references is None:
            continue
        given = quoted(given_name(column.name))
        same = "d.id = s.id" if dataset.is_append and not dataset.key else _same_key(dataset)
        living = "" if dataset.is_append else " and d.deleted_at is null"
        values = {
            "table": f"dataset.{dataset.name}",
            "column": column.name,
            "connection": connection,
            "stream": stream,
            "lookup": f"{column.references}.{column.looked_up_by}",
        }
        session.execute(
            text(
                f"delete from hub.parked_reference p using {STAGING} s, {table_of(dataset.name)} d"
                f" where {same}{living} and p.row_id = d.id and p.table_name = :table"
                f" and p.column_name = :column and s.{given} is null"
            ),
            {"table": values["table"], "column": column.name},
        )
        done: Any = session.execute(
            text(
                "insert into hub.parked_reference (table_name, row_id, column_name, connection,"
                " stream, lookup, given, reason)"
                f" select :table, d.id, :column, :connection, :stream, :lookup, s.{given},"
                f" 'unknown' from {STAGING} s join {table_of(dataset.name)} d on {same}{living}"
                f" where s.{given} is not null"
                " on conflict (table_name, row_id, column_name) do update"
                " set given = excluded.given, lookup = excluded.lookup"
            ),
            values,
        )
        parked += done.rowcount
    return parked


def gone_count(session: Session, dataset: Dataset) -> tuple[int, int]:
    """How many living rows the complete read did not show, and how many live."""
    table = table_of(dataset.name)
    row = session.execute(
        text(
            "select count(*) filter (where s.id is null) as gone, count(*) as living"
            f" from {table} d left join (select distinct id from pg_temp.hub_seen) s on s.id = d.id"
            " where d.deleted_at is null"
        )
    ).one()
    return row.gone, row.living


def gone_ids(session: Session, dataset: Dataset, limit: int) -> list[str]:
    """The ids of rows that the complete read did not show."""
    found = session.execute(
        text(
            f"select d.id::text from {table_of(dataset.name)} d where d.deleted_at is null"
            " and not exists (select from pg_temp.hub_seen s where s.id = d.id)"
            " order by d.id limit :limit"
        ),
        {"limit": limit},
    )
    return list(found.scalars())


def bury_gone(session: Session, dataset: Dataset, only: Sequence[str] | None = None) -> int:
    """Tombstone what the complete read did not show; of these ids only, where given."""
    among = "" if only is None else " and d.id = any(cast(:only as uuid[]))"
    done: Any = session.execute(
        text(
            f"update {table_of(dataset.name)} d set deleted_at = clock_timestamp()"
            " where d.deleted_at is null"
            f" and not exists (select from pg_temp.hub_seen s where s.id = d.id){among}"
        ),
        {} if only is None else {"only": list(only)},
    )
    return int(done.rowcount)


def _run(session: Session, statement: str) -> int:
    done: Any = session.execute(text(statement.replace(":", r"\:")))
    return int(done.rowcount)
