"""What is in the database, in words: every table and column with its meaning?

Made from what is declared beside each column, so it cannot fall behind.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlmodel import SQLModel

from hub.errors import InvalidInput
from hub.store.attention import ATTENTION_TABLES
from hub.store.columns import column_meta
from hub.store.entities import ENTITIES, FACTS
from hub.store.integration import INTEGRATION_TABLES
from hub.store.source_tables import SOURCE_TABLES
from hub.store.thrift import THRIFT_TABLES

_DIALECT = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnEntry:
    """One column: what it is called, what it holds, and where that comes from."""

    name: str
    label: str
    description: str
    type: str
    is_nullable: bool
    is_editable: bool
    unit: str | None
    pii: str
    source: str
    references: str | None
    choices: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEntry:
    """One table. Its kind is entity, fact or integration."""

    name: str
    kind: str
    description: str
    columns: tuple[ColumnEntry, ...]


def data_dictionary(names: Iterable[str] | None = None) -> Sequence[TableEntry]:
    """Every declared table, business tables first; only those of `names` where given.

    Raises:
        InvalidInput: there is no such table.
    """
    entries = [
        _table_entry(model, kind)
        for model, kind in chain(
            ((model, "entity") for model in ENTITIES),
            ((model, "fact") for model in FACTS),
            (
                (model, "integration")
                for model in (
                    *INTEGRATION_TABLES,
                    *ATTENTION_TABLES,
                    *THRIFT_TABLES,
                    *SOURCE_TABLES,
                )
            ),
        )
    ]
    if names is None:
        return entries
    known = {entry.name: entry for entry in entries}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise InvalidInput(
                f"dictionary: got table {name!r}, valid are {', '.join(known)}. Name one of them."
            )
    return [known[name] for name in wanted]


def as_json(entries: Iterable[TableEntry]) -> list[dict[str, object]]:
    """The dictionary as plain values."""
    return [asdict(entry) for entry in entries]


def as_markdown(entries: Iterable[TableEntry]) -> str:
    """The dictionary to read: a section a table, a line a column."""
    lines: list[str] = []
    for entry in entries:
        lines += [f"## {entry.name}", "", entry.description, ""]
        lines += ["| Column | Label | Type | Meaning | PII |", "|---|---|---|---|---|"]
        lines += [_markdown_line(column) for column in entry.columns]
        lines.append("")
    return "\n".join(lines)


def _markdown_line(column: ColumnEntry) -> str:
    notes = [column.description]
    if column.unit:
        notes.append(f"Unit: {column.unit}.")
    if column.references:
        notes.append(f"Refers to {column.references}.")
    if column.source != "hub":
        notes.append(f"From {column.source}.")
    cells = (f"`{column.name}`", column.label, column.type, " ".join(notes), column.pii)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _table_entry(model: type[SQLModel], kind: str) -> TableEntry:
    table: Table = SQLModel.metadata.tables[
        f"hub.{model.__tablename__}" if kind == "integration" else str(model.__tablename__)
    ]
    return TableEntry(
        name=table.fullname,
        kind=kind,
        description=(inspect.getdoc(model) or "").splitlines()[0],
        columns=tuple(_column_entries(table)),
    )


def _column_entries(table: Table) -> Iterable[ColumnEntry]:
    meanings = column_meta(table)
    for column in table.columns:
        meaning = meanings[column.name]
        target = next((key.column.table.fullname for key in column.foreign_keys), None)
        yield ColumnEntry(
            name=column.name,
            label=meaning.label,
            description=meaning.description,
            type=column.type.compile(dialect=_DIALECT).lower(),
            is_nullable=bool(column.nullable),
            is_editable=meaning.editable,
            unit=meaning.unit,
            pii=meaning.pii,
            source=meaning.source,
            references=target,
            choices=meaning.choices,
        )
