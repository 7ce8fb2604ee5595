"""How do the fields of a source become the columns of an entity, and who may write each?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import SQLModel

from hub.core.datasets import DatasetColumn
from hub.core.mapping import HubColumn
from hub.core.source_mapping import SourceColumn, SourceMapping, WantedColumn
from hub.core.values import Scalar, ValueKind
from hub.errors import MappingError
from hub.store.columns import column_meta
from hub.store.entities import FACTS
from hub.store.tables import TABLES, hub_columns, kind_of_column
from hub.sync.ingest_stream import IngestStream

FACT_TABLES = {
    str(fact.__tablename__): SQLModel.metadata.tables[str(fact.__tablename__)] for fact in FACTS
}
EXTERNAL = "hub__external"
"""The mapped column that holds the source's own id of a record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FilledColumn:
    """A column of an entity that a source fills."""

    name: str
    kind: ValueKind
    is_nullable: bool
    default: Scalar
    choices: tuple[str, ...] | None
    largest: int


def filled_columns(entity: str) -> dict[str, FilledColumn]:
    """What a source can fill in an entity, by column.

    Raises:
        MappingError: there is no such table.
    """
    if entity in FACT_TABLES:
        table = FACT_TABLES[entity]
        return {
            column.name: FilledColumn(
                name=column.name,
                kind=kind_of_column(column),
                is_nullable=bool(column.nullable),
                default=None if column.primary_key else 0,
                choices=column_meta(table)[column.name].choices,
                largest=2**31 - 1,
            )
            for column in table.columns
            if column.name not in {"recorded_at", "tx_from"}
        }
    return {name: _of_hub(column) for name, column in hub_columns(entity).items()}


def _of_hub(column: HubColumn) -> FilledColumn:
    default = column.default if not isinstance(column.default, list) else None
    return FilledColumn(
        name=column.name,
        kind=column.kind,
        is_nullable=column.is_nullable,
        default=default,
        choices=column.choices,
        largest=column.max_integer if column.kind is ValueKind.INTEGER else 2**63 - 1,
    )


def entity_mapping(stream: IngestStream) -> SourceMapping:
    """How the stream's fields become the entity's columns.

    Raises:
        MappingError: the entity or one of its columns does not exist.
    """
    known = filled_columns(str(stream.entity))
    columns = [_column(stream, wanted, known) for wanted in stream.columns]
    if stream.external_id is not None:
        columns.append(SourceColumn(name=EXTERNAL, kind=ValueKind.TEXT, field=stream.external_id))
    return SourceMapping(
        connection=stream.connection,
        stream=stream.name,
        columns=tuple(columns),
        key=(EXTERNAL,) if stream.external_id is not None else stream.key,
    )


def _column(
    stream: IngestStream, wanted: WantedColumn, known: dict[str, FilledColumn]
) -> SourceColumn:
    found = known.get(wanted.name)
    if found is None:
        raise MappingError(
            f"[{stream.title}] {wanted.name!r} is no column of {stream.entity} that a source can "
            f"fill; valid are {', '.join(known)}. Correct hub.toml."
        )
    is_single = found.kind not in {ValueKind.CHOICES, ValueKind.REFERENCES}
    if not is_single:
        raise MappingError(
            f"[{stream.title}] {wanted.name!r} of {stream.entity} holds a set, which a source "
            "cannot fill yet. Leave it out, or use a dataset."
        )
    return SourceColumn(
        name=wanted.name,
        kind=found.kind,
        field=wanted.field,
        constant=wanted.constant,
        transforms=wanted.transforms,
        values=wanted.values,
        lookup=wanted.lookup,
        choices=found.choices,
        largest=found.largest if found.kind is ValueKind.INTEGER else 2**63 - 1,
    )


def entity_columns(stream: IngestStream) -> tuple[DatasetColumn, ...]:
    """The mapped columns, as people are shown them."""
    entity = str(stream.entity)
    meta = column_meta(FACT_TABLES[entity] if entity in FACT_TABLES else TABLES[entity])
    return tuple(
        DatasetColumn(
            name=column.name,
            kind=column.kind,
            label=meta[column.name].label if column.name in meta else column.name,
            description=meta[column.name].description if column.name in meta else "",
            field=column.field,
        )
        for column in entity_mapping(stream).columns
    )
