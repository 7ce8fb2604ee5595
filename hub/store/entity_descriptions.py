"""What must the configuration know of the business tables to check a mapping?"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Table

from hub.config.entities import ColumnDescription, EntityDescription
from hub.store.columns import column_meta
from hub.store.tables import TABLES


def describe_entities() -> Mapping[str, EntityDescription]:
    """Every table that a stream can be tied to, by name."""
    return {name: _described(table) for name, table in TABLES.items()}


def _described(table: Table) -> EntityDescription:
    meta = column_meta(table)
    return EntityDescription(
        columns={
            column.name: ColumnDescription(
                is_editable=meta[column.name].editable,
                references=next((key.column.table.name for key in column.foreign_keys), None),
                choices=meta[column.name].choices,
            )
            for column in table.columns
        }
    )
