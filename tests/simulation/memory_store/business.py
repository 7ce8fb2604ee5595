"""How are business rows written in memory: checked, kept unique, and every change captured?"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from simulation.memory_store.columns import Fit, fitting, shown
from simulation.memory_store.refusals import is_null, no_such_row
from simulation.memory_store.table import Index, Row, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import Column
from sqlalchemy.sql.schema import Index as DeclaredIndex

from hub.core.mapping import HubColumn
from hub.store.operations import Operation
from hub.store.rows import Row as ShownRow
from hub.store.tables import TABLES, hub_columns

if TYPE_CHECKING:
    from simulation.memory_store.session import MemorySession

Raw = dict[str, Any]
NOBODY, NOBODY_ORIGIN = "memory", "sql"
"""Whom the log names where a transaction does not say who is at work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A column that points to a row of another table, and what a hard delete there does here."""

    column: str
    target: str
    on_delete: str
    constraint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BusinessTable:
    """A table whose rows people know. A stored row is `raw`, as Postgres types it, and `shown`."""

    name: str
    table: Table
    fits: Mapping[str, Fit]
    defaults: Mapping[str, Any]
    required: frozenset[str]
    columns: Mapping[str, HubColumn]
    references: tuple[Reference, ...]
    client_column: str

    def fit(self, column: str, value: Any) -> Any:
        """The value as the column stores it."""
        if value is None:
            if column in self.required:
                raise is_null(self.name, column)
            return None
        return self.fits[column](value)

    def row(self, raw: Raw, before: Row | None = None, changed: Iterable[str] = ()) -> Row:
        """A stored row; what did not change keeps its canonical form."""
        if before is None:
            values = {name: shown(column, raw[name]) for name, column in self.columns.items()}
        else:
            values = dict(before["shown"].values)
            for name in changed:
                if name in self.columns:
                    values[name] = shown(self.columns[name], raw[name])
        return {
            "raw": raw,
            "shown": ShownRow(id=raw["id"], values=values, deleted_at=raw["deleted_at"]),
        }


class BusinessTables(dict[str, BusinessTable]):
    """The business tables by name, each made when it is first asked for."""

    def __missing__(self, name: str) -> BusinessTable:
        if name not in TABLES:
            raise AssertionError(f"no business table {name}")
        made = self[name] = _business_table(name)
        return made


def _business_table(name: str) -> BusinessTable:
    declared = TABLES[name]
    indexes = sorted((index for index in declared.indexes), key=lambda index: str(index.name))
    return BusinessTable(
        name=name,
        table=Table(name, *(_unique(index) for index in indexes if index.unique)),
        fits={column.name: fitting(column) for column in declared.columns},
        defaults={column.name: _default(column) for column in declared.columns},
        required=frozenset(c.name for c in declared.columns if not c.nullable),
        columns=hub_columns(name),
        references=tuple(
            Reference(
                column=column.name,
                target=key.column.table.name,
                on_delete=str(key.ondelete),
                constraint=f"{name}_{column.name}_fkey",
            )
            for column in declared.columns
            for key in column.foreign_keys
        ),
        client_column="id" if name == "client" else "client_id",
    )


def _default(column: Column[Any]) -> Any:
    default = column.default
    return default.arg if default is not None and default.is_scalar else None  # type: ignore[attr-defined]  # is_scalar says so


_LIVE = "deleted_at is null"
_LIVE_AND_NAMED = "deleted_at is null and name <> ''"


def _unique(declared: DeclaredIndex) -> Index:
    names = [column.name for column in declared.columns]
    where = str(declared.dialect_options["postgresql"]["where"])
    nulls_differ = not declared.dialect_options["postgresql"]["nulls_not_distinct"]
    assert where in {_LIVE, _LIVE_AND_NAMED}, f"{declared.name}: teach the memory store {where!r}"
    return Index(
        str(declared.name),
        _unique_value(names, nulls_differ=nulls_differ, is_named=where == _LIVE_AND_NAMED),
        is_unique=True,
    )


def _unique_value(
    names: list[str], *, nulls_differ: bool, is_named: bool
) -> Callable[[Row], Hashable | None]:
    def value(row: Row) -> Hashable | None:
        raw = row["raw"]
        if raw["deleted_at"] is not None or (is_named and raw["name"] == ""):
            return None
        values = tuple(raw[name] for name in names)
        return None if nulls_differ and None in values else values

    return value


def insert_rows(
    session: MemorySession, table_name: str, rows: Mapping[UUID, Mapping[str, Any]]
) -> None:
    """Insert rows; a column that a row does not name gets its default."""
    business, now = session.store.business[table_name], session.now()
    with _statement(session):
        for row_id in sorted(rows):
            raw = {**business.defaults, "id": row_id}
            for name, value in rows[row_id].items():
                raw[name] = value
            for name in raw:
                raw[name] = business.fit(name, raw[name])
            session.insert(business.table, row_id, business.row(raw))
            _capture(session, business, now, Operation.INSERT, None, raw)
        _check_references(session, business, rows)


def update_rows(
    session: MemorySession, table_name: str, rows: Mapping[UUID, Mapping[str, Any]]
) -> None:
    """Update rows, each its own columns; what is not there or not changed leaves no trace."""
    business, now = session.store.business[table_name], session.now()
    with _statement(session):
        for row_id in sorted(rows):
            fitted = {name: business.fit(name, value) for name, value in rows[row_id].items()}
            before = session.lock(business.table, row_id)
            if before is None:
                continue
            raw = before["raw"]
            changed = tuple(n for n, value in fitted.items() if raw[n] != value)
            if not changed:
                continue
            after = {**raw, **fitted}
            session.put(business.table, row_id, business.row(after, before, changed))
            _capture(session, business, now, Operation.UPDATE, raw, after, changed)
        _check_references(session, business, rows)


def delete_rows(session: MemorySession, table_name: str, row_ids: Iterable[UUID]) -> None:
    """Delete rows for good, as `DELETE` in psql does; what points to them follows its key."""
    store = session.store
    business, now = store.business[table_name], session.now()
    gone = []
    for row_id in sorted(row_ids):
        before = session.lock(business.table, row_id)
        if before is not None:
            session.drop(business.table, row_id)
            _capture(session, business, now, Operation.DELETE, before["raw"], None)
            gone.append(row_id)
    for other in list(store.business.values()):
        for reference in other.references:
            if reference.target == table_name and gone:
                _let_go(session, other, reference, set(gone))


def _let_go(
    session: MemorySession, business: BusinessTable, reference: Reference, gone: set[UUID]
) -> None:
    pointing = [
        row["raw"]["id"]
        for row in session.scan(business.table)
        if row["raw"][reference.column] in gone
    ]
    if reference.on_delete == "CASCADE":
        delete_rows(session, business.name, pointing)
    else:
        update_rows(
            session, business.name, {row_id: {reference.column: None} for row_id in pointing}
        )


class _statement:
    """One statement: whatever it refuses ends the transaction up to the last savepoint."""

    __slots__ = ("_session",)

    def __init__(self, session: MemorySession) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, DBAPIError):
            self._session.refuse(error)


def _check_references(
    session: MemorySession, business: BusinessTable, rows: Mapping[UUID, Mapping[str, Any]]
) -> None:
    for reference in business.references:
        target = session.store.business[reference.target].table
        for row_id, values in rows.items():
            if values.get(reference.column) is None:
                continue
            row = session.get(business.table, row_id)
            pointed = row["raw"][reference.column] if row is not None else None
            if pointed is not None and session.get(target, pointed) is None:
                raise no_such_row(business.name, reference.constraint)


def _capture(
    session: MemorySession,
    business: BusinessTable,
    now: datetime,
    operation: Operation,
    before: Raw | None,
    after: Raw | None,
    columns: tuple[str, ...] | None = None,
) -> None:
    """Log a change, as the triggers do."""
    row = after if after is not None else before
    assert row is not None
    row_id: UUID = row["id"]
    actor, edited_at = _author(session, row_id, now)
    client: UUID | None = row[business.client_column]
    if client is None and before is not None:
        client = before[business.client_column]
    session.store.changes.append(
        session,
        table=business.name,
        row_id=row_id,
        operation=operation,
        columns=tuple(business.fits) if columns is None else columns,
        client_id=client,
        actor=actor,
        origin=session.provenance.origin or NOBODY_ORIGIN,
        run_id=session.provenance.run_id,
        edited_at=edited_at,
        at=now,
        before=before,
        after=after,
    )


def _author(session: MemorySession, row_id: UUID, now: datetime) -> tuple[str, datetime | None]:
    who = session.provenance
    author = who.authors.get(row_id) if who.authors else None
    if author is not None:
        return author.actor, author.edited_at
    return who.actor or NOBODY, who.edited_at or now
