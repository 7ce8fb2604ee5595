"""Which dataset does a stream want, and how do its fields become that dataset's columns?"""

from __future__ import annotations

from collections.abc import Mapping

from hub.contract import Priority
from hub.core.datasets import RESERVED, Dataset, DatasetColumn
from hub.core.records import FieldSchema, StreamSchema
from hub.core.source_mapping import (
    SourceColumn,
    SourceMapping,
    WantedColumn,
    column_name,
    stored_kind,
)
from hub.core.values import ValueKind
from hub.errors import MappingError
from hub.sync.ingest_stream import IngestStream


def wanted_dataset(
    stream: IngestStream,
    present: Dataset | None,
    schema: StreamSchema | None = None,
    *,
    adopts: bool = False,
) -> Dataset:
    """The dataset that the configuration asks for.

    `schema` is what the source says; it is asked when something is not known without it. With
    `adopts` a stream without a mapping takes up fields that came since, and lets go those that
    went.
    """
    if stream.columns:
        columns = _mapped(stream, present, schema)
    elif present is not None and not adopts:
        columns = present.columns
    else:
        columns = _implied(stream, present, schema or _described(stream))
    return Dataset(
        name=str(stream.dataset),
        description=stream.description or f"Records of {stream.title}.",
        connection=stream.connection,
        stream=stream.name,
        columns=columns,
        key=_key(stream, columns),
        is_append=stream.is_append,
    )


def _described(stream: IngestStream) -> StreamSchema:
    schema = stream.source.describe(stream.read, Priority.ROUTINE)
    if not schema.fields:
        raise MappingError(
            f"[{stream.title}] the source shows no field yet, so no table can be made of it. Try "
            "again when it holds a record, or give the stream a mapping with types."
        )
    return schema


def _mapped(
    stream: IngestStream, present: Dataset | None, schema: StreamSchema | None
) -> tuple[DatasetColumn, ...]:
    known = {} if present is None else {c.name: c for c in present.columns}
    columns = []
    for wanted in stream.columns:
        kind = wanted.kind_by_itself()
        before = known.get(wanted.name)
        if kind is None and before is not None and before.field == wanted.field:
            kind = before.kind
        if kind is None:
            schema = schema or _described(stream)
            kind = stored_kind(_field(stream, schema, wanted).kind)
        columns.append(_column(stream, wanted, kind))
    return tuple(columns)


def _field(stream: IngestStream, schema: StreamSchema, wanted: WantedColumn) -> FieldSchema:
    found = schema.fields.get(str(wanted.field))
    if found is None:
        raise MappingError(
            f"[{stream.title}] column {wanted.name!r}: the source has no field {wanted.field!r}; "
            f"it has {', '.join(schema.fields)}. Correct hub.toml."
        )
    return found


def _column(stream: IngestStream, wanted: WantedColumn, kind: ValueKind) -> DatasetColumn:
    return DatasetColumn(
        name=wanted.name,
        kind=kind,
        label=wanted.label or _label(wanted.name),
        description=wanted.description or _origin(stream, wanted.field, wanted.constant),
        field=wanted.field,
        pii=wanted.pii,
        references=wanted.lookup.table if wanted.lookup else None,
        looked_up_by=wanted.lookup.by if wanted.lookup else None,
    )


def _label(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize()


def _origin(stream: IngestStream, field: str | None, constant: object) -> str:
    if field is None:
        return f"Always {constant}: a constant of {stream.title}."
    return f"The field {field} of {stream.title}."


def _implied(
    stream: IngestStream, present: Dataset | None, schema: StreamSchema
) -> tuple[DatasetColumn, ...]:
    """Every field as it is; one that is there already keeps its column."""
    before = {} if present is None else {c.field: c for c in present.columns}
    taken = set(RESERVED) | {c.name for c in before.values()}
    columns = []
    for field in schema.fields.values():
        if field.id in before:
            columns.append(before[field.id])
            continue
        name = column_name(field.name or field.id, taken)
        taken.add(name)
        columns.append(
            DatasetColumn(
                name=name,
                kind=stored_kind(field.kind),
                label=field.name or field.id,
                description=_origin(stream, field.id, None),
                field=field.id,
            )
        )
    return tuple(columns)


def _key(stream: IngestStream, columns: tuple[DatasetColumn, ...]) -> tuple[str, ...]:
    names = {column.name for column in columns}
    by_field = {column.field: column.name for column in columns}
    key = []
    for name in stream.key:
        found = name if name in names else by_field.get(name)
        if found is None:
            raise MappingError(
                f"[{stream.title}] key got {name!r}, valid are {', '.join(sorted(names))}. "
                "Correct hub.toml."
            )
        key.append(found)
    return tuple(key)


def dataset_mapping(stream: IngestStream, dataset: Dataset) -> SourceMapping:
    """How the stream's fields become the dataset's columns."""
    wanted: Mapping[str, WantedColumn] = {column.name: column for column in stream.columns}
    return SourceMapping(
        connection=stream.connection,
        stream=stream.name,
        key=dataset.key,
        columns=tuple(
            source_column(wanted.get(column.name), column.name, column.kind, column.field)
            for column in dataset.columns
        ),
    )


def source_column(
    wanted: WantedColumn | None, name: str, kind: ValueKind, field: str | None
) -> SourceColumn:
    """A column of the mapping, as configured or as discovered."""
    if wanted is None:
        return SourceColumn(name=name, kind=kind, field=field)
    return SourceColumn(
        name=name,
        kind=kind,
        field=wanted.field,
        constant=wanted.constant,
        transforms=wanted.transforms,
        values=wanted.values,
        lookup=wanted.lookup,
    )
