"""Which tables of the database should agree with the models?"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import hub.store.attention
import hub.store.entities
import hub.store.integration
import hub.store.source_tables
import hub.store.thrift  # noqa: F401  # they declare their tables

# Declared in SQL by the migration itself: nothing but the database writes them.
CHANGE_LOG_TABLES = frozenset(
    {"era", "table_dictionary", "column_dictionary", "change", "fact_notice", "tick"}
)
CHANGE_PARTITION_PREFIX = "change_"


def declared_metadata() -> MetaData:
    """Every table that is declared as a model."""
    return SQLModel.metadata


def is_compared_name(name: str | None, type_: str, _parents: MutableMapping[Any, Any]) -> bool:
    """Whether alembic should look at this name: history follows its tables by itself."""
    if type_ == "schema":
        return name in {None, "hub"}
    if type_ == "table" and name is not None:
        return name not in CHANGE_LOG_TABLES and not name.startswith(CHANGE_PARTITION_PREFIX)
    return True
