"""What must the configuration know of the business tables to check a mapping?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Table
from sqlmodel import SQLModel

from hub.config.entities import ColumnDescription, EntityDescription
from hub.store.columns import column_meta
from hub.store.entities import FACTS
from hub.store.tables import TABLES, references


def describe_entities() -> Mapping[str, EntityDescription]:
    """Every table that a stream can be tied to, by name."""
    described = {name: _described(table, references(name)) for name, table in TABLES.items()}
    for fact in FACTS:
        table = SQLModel.metadata.tables[str(fact.__tablename__)]
        targets = {
            column.name: next(iter(column.foreign_keys)).column.table.name
            for column in table.columns
            if column.foreign_keys
        }
        described[table.name] = replace(
            _described(table, targets), is_fact=True, key=tuple(table.primary_key.columns.keys())
        )
    return described


def _described(table: Table, targets: Mapping[str, str]) -> EntityDescription:
    meta = column_meta(table)
    return EntityDescription(
        columns={
            column.name: ColumnDescription(
                is_editable=meta[column.name].editable,
                references=targets.get(column.name),
                choices=meta[column.name].choices,
            )
            for column in table.columns
        }
    )
