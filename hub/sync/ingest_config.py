"""How does a stream of a source in hub.toml become what the engine reads?"""

from __future__ import annotations

from collections.abc import Sequence

from hub.config.sources import ColumnType, GonePolicy, SourceEntry, SourceFieldSettings
from hub.contract import Source, SourceStream
from hub.core import guard
from hub.core.schedule import Schedule
from hub.core.source_mapping import Lookup, WantedColumn
from hub.core.values import ValueKind
from hub.sync.ingest_stream import IngestStream, Rival

_KINDS = {
    ColumnType.TEXT: ValueKind.TEXT,
    ColumnType.INTEGER: ValueKind.INTEGER,
    ColumnType.DECIMAL: ValueKind.DECIMAL,
    ColumnType.BOOLEAN: ValueKind.BOOLEAN,
    ColumnType.DATE: ValueKind.DATE,
    ColumnType.TIMESTAMP: ValueKind.TIMESTAMP,
    ColumnType.JSON: ValueKind.OPAQUE,
}
_LAST = 10**6
"""The place of a stream that names no precedence: behind all that do."""


def schedule_of(entry: SourceEntry) -> Schedule:
    """When the stream is read."""
    return Schedule(every=entry.interval, cron=entry.cron, jitter=entry.jitter)


def ingest_stream(
    entry: SourceEntry, everything: Sequence[SourceEntry], source: Source
) -> IngestStream:
    """The stream as the engine reads it; `everything` are all streams of all sources."""
    return IngestStream(
        connection=entry.connection,
        name=entry.name,
        source=source,
        read=SourceStream(
            name=entry.name,
            settings=entry.own,
            fields=_fields(entry),
            key=tuple(_field_of(entry, name) for name in entry.key),
            cursor_field=entry.cursor,
        ),
        columns=tuple(_wanted(name, field) for name, field in entry.fields.items()),
        key=entry.key,
        guard=guard.delete_guard(entry.guard.deletes, entry.guard.share),
        schedule=schedule_of(entry),
        dataset=entry.dataset_name,
        entity=entry.entity,
        external_id=entry.external_id,
        description=entry.description,
        is_append=entry.append,
        buries_gone=entry.on_gone is GonePolicy.TOMBSTONE,
        full_every_seconds=entry.full_every.total_seconds() if entry.full_every else None,
        precedence={name: _precedence(entry, name) for name in entry.fields},
        rivals=_rivals(entry, everything),
    )


def _fields(entry: SourceEntry) -> tuple[str, ...]:
    """The fields that are needed; none named means all."""
    named = [field.field for field in entry.fields.values() if field.field is not None]
    if not named:
        return ()
    beside = [name for name in (entry.external_id, entry.cursor) if name is not None]
    return tuple(dict.fromkeys([*named, *beside]))


def _field_of(entry: SourceEntry, column: str) -> str:
    field = entry.fields.get(column)
    return field.field if field is not None and field.field is not None else column


def _wanted(name: str, field: SourceFieldSettings) -> WantedColumn:
    lookup = None
    if field.lookup is not None:
        table, _, by = field.lookup.partition(".")
        lookup = Lookup(table=table, by=by)
    return WantedColumn(
        name=name,
        field=field.field,
        constant=field.constant,
        transforms=field.transform,
        values=field.values,
        lookup=lookup,
        kind=_KINDS[field.as_] if field.as_ is not None else None,
        label=field.label,
        description=field.description,
        pii=field.pii.value,
    )


def _precedence(entry: SourceEntry, column: str) -> int:
    found = entry.precedence_of(column)
    return _LAST if found is None else found


def _rivals(entry: SourceEntry, everything: Sequence[SourceEntry]) -> dict[str, tuple[Rival, ...]]:
    if entry.entity is None:
        return {}
    others = [
        other
        for other in everything
        if other.entity == entry.entity
        and (other.connection, other.name) != (entry.connection, entry.name)
    ]
    found = {
        column: tuple(
            Rival(
                connection=other.connection,
                stream=other.name,
                precedence=_precedence(other, column),
            )
            for other in others
            if column in other.fields
        )
        for column in entry.fields
    }
    return {column: rivals for column, rivals in found.items() if rivals}
