"""Which table, columns and relations stand behind each GraphQL type?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table

from hub_graphql.naming import camel_case
from hub_graphql.sources import DECLARED, Declared, Source, source_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """One data type: its table, and the source of each of its GraphQL fields."""

    declared: Declared
    sources: Mapping[str, Source]

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def table(self) -> Table:
        return self.declared.table

    @property
    def key(self) -> tuple[str, ...]:
        """The primary key's columns: `id`, except for facts."""
        return tuple(column.name for column in self.table.primary_key)

    @property
    def order(self) -> tuple[str, ...]:
        """The order of rows when none is asked for; a minus in front means largest first."""
        return self.declared.default_order

    @property
    def has_tombstones(self) -> bool:
        return "deleted_at" in self.table.columns

    def column(self, name: str) -> Column[Any]:
        found: Column[Any] = self.table.columns[name]
        return found


Models = Mapping[str, Model]


def read_models(types: Iterable[type]) -> dict[str, Model]:
    """The models of these Strawberry data types, by their names."""
    models: dict[str, Model] = {}
    for output in types:
        declared: Declared = getattr(output, DECLARED)
        sources: dict[str, Source] = {}
        for declared_field in output.__strawberry_definition__.fields:  # type: ignore[attr-defined]
            source = source_of(declared_field)
            if source is not None:
                name = declared_field.graphql_name or camel_case(declared_field.python_name)
                sources[name] = source
        models[declared.name] = Model(declared=declared, sources=sources)
    return models
