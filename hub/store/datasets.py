"""Which datasets are there? Their declarations stand in the database, so every process reads them.

`load_all` is the door for whoever shows datasets: GraphQL, exports, an Airtable table.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from hub.core.datasets import Dataset, DatasetColumn
from hub.core.values import ValueKind
from hub.errors import NotFound
from hub.store.generic import generic

_FIELDS = "name, description, connection, stream, is_append, key, columns"


@generic(Session)
def load_all(session: Session) -> tuple[Dataset, ...]:
    """Every dataset, by name."""
    found = session.execute(text(f"select {_FIELDS} from hub.dataset order by name"))  # noqa: S608  # no values
    return tuple(_dataset(row) for row in found)


@generic(Session)
def find(session: Session, name: str) -> Dataset | None:
    """The dataset of that name."""
    row = session.execute(
        text(f"select {_FIELDS} from hub.dataset where name = :name"),  # noqa: S608  # no values
        {"name": name},
    ).one_or_none()
    return None if row is None else _dataset(row)


@generic(Session)
def row_counts(session: Session) -> dict[str, int]:
    """About how many rows each dataset has, as the planner knows it; tombstones included."""
    found = session.execute(
        text(
            "select c.relname, greatest(c.reltuples, coalesce(s.n_live_tup, 0))::bigint"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " left join pg_stat_user_tables s on s.relid = c.oid"
            " where n.nspname = 'dataset' and c.relkind in ('r', 'p')"
        )
    )
    return {name: max(count, 0) for name, count in found}


def needed(session: Session, name: str) -> Dataset:
    """The dataset of that name.

    Raises:
        NotFound: there is none.
    """
    found = find(session, name)
    if found is None:
        known = ", ".join(dataset.name for dataset in load_all(session)) or "none yet"
        raise NotFound(
            f"There is no dataset {name!r}; there are: {known}. A dataset is made by the first "
            "read of its stream: `hub connectors run CONNECTION.STREAM`."
        )
    return found


@generic(Session)
def save(session: Session, dataset: Dataset) -> None:
    """Write down what a dataset is now."""
    session.execute(
        text(
            "insert into hub.dataset (name, description, connection, stream, is_append, key,"
            " columns) values (:name, :description, :connection, :stream, :is_append,"
            " cast(:key as jsonb), cast(:columns as jsonb))"
            " on conflict (name) do update set description = excluded.description,"
            " connection = excluded.connection, stream = excluded.stream, key = excluded.key,"
            " columns = excluded.columns, changed_at = clock_timestamp()"
        ),
        {
            "name": dataset.name,
            "description": dataset.description,
            "connection": dataset.connection,
            "stream": dataset.stream,
            "is_append": dataset.is_append,
            "key": json.dumps(dataset.key),
            "columns": json.dumps([_as_json(column) for column in dataset.columns]),
        },
    )


def _as_json(column: DatasetColumn) -> dict[str, Any]:
    return {name: getattr(column, name) for name in DatasetColumn.__dataclass_fields__}


def _dataset(row: Any) -> Dataset:
    return Dataset(
        name=row.name,
        description=row.description,
        connection=row.connection,
        stream=row.stream,
        is_append=row.is_append,
        key=tuple(row.key),
        columns=tuple(
            DatasetColumn(**{**column, "kind": ValueKind(column["kind"])}) for column in row.columns
        ),
    )
