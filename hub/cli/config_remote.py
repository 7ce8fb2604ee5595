"""Does the other side have what hub.toml names, and may the hub use it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import connectors
from hub.config import Connection, LoadedConfig, Problem, StreamSettings
from hub.config.cross_checks import stream_key
from hub.config.places import nearest_line
from hub.config.problems import KeyPath, nearest
from hub.config.sources import SourceEntry
from hub.contract import CheckResult, Priority, Source
from hub.core.policies import Direction
from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import ValueKind
from hub.errors import HubError
from hub.sync.ingest_config import ingest_stream

MANY = 12


class _FewCalls:
    """A check makes two or three requests: none has to wait for another."""

    def wait(self, priority: Priority) -> None:
        """Do not wait."""

    def penalise(self, seconds: float) -> None:
        """The error says that the other side asks for a pause."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteCheck:
    """What the other side of one connection says."""

    connection: str
    results: tuple[CheckResult, ...]
    problems: tuple[Problem, ...]


def check_remotes(loaded: LoadedConfig) -> Iterator[RemoteCheck]:
    """Ask every connection whether it lets us in, and compare the mappings with its tables."""
    for connection in loaded.config.connections.values():
        module = connectors.load(connection.kind)
        if not connection.streams and hasattr(module, "build_source"):
            source = module.build_source(connection.name, connection.settings, _FewCalls())
            yield _check_source(loaded, connection, source)
            continue
        connector = module.build(connection.name, connection.settings, _FewCalls())
        results = connector.check()
        problems: tuple[Problem, ...] = ()
        if all(result.ok for result in results[:1]):
            try:
                tables = connector.discover()
            except HubError as error:
                results = (*results, CheckResult(name="tables", ok=False, sentence=error.message))
            else:
                problems = tuple(
                    replace(problem, line=nearest_line(loaded.lines, problem.key))
                    for problem in mapping_problems(connection, tables)
                )
        yield RemoteCheck(connection=connection.name, results=results, problems=problems)


def _check_source(loaded: LoadedConfig, connection: Connection, source: Source) -> RemoteCheck:
    results = source.check()
    problems: list[Problem] = []
    if all(result.ok for result in results[:1]):
        for name, entry in connection.sources.items():
            stream = ingest_stream(entry, [entry], source).read
            try:
                schema = source.describe(stream, Priority.PERSON)
            except HubError as error:
                results = (*results, CheckResult(name=name, ok=False, sentence=error.message))
                continue
            problems.extend(_source_problems(stream_key(connection.name, name), entry, schema))
    placed = [replace(found, line=nearest_line(loaded.lines, found.key)) for found in problems]
    return RemoteCheck(connection=connection.name, results=results, problems=tuple(placed))


def _source_problems(key: KeyPath, entry: SourceEntry, schema: StreamSchema) -> Iterator[Problem]:
    named = [
        *(((*key, "fields", name, "field"), field.field) for name, field in entry.fields.items()),
        ((*key, "external_id"), entry.external_id),
        ((*key, "cursor"), entry.cursor),
    ]
    for place, field in named:
        if field is not None and field not in schema.fields:
            yield Problem(
                key=place,
                message="the source has no such field",
                got=f'"{field}"',
                accepted=tuple(schema.fields),
                near_miss=nearest(field, schema.fields),
            )


def mapping_problems(
    connection: Connection, tables: Mapping[str, StreamSchema]
) -> Iterator[Problem]:
    """Where the streams of a connection and its tables do not fit each other."""
    for name, stream in connection.streams.items():
        key = stream_key(connection.name, name)
        table = tables.get(stream.table)
        if table is None:
            yield Problem(
                key=(*key, "table"),
                message="there is no such table",
                got=f'"{stream.table}"',
                accepted=_named(tables),
            )
            continue
        yield from _special_fields(key, stream, table)
        for column in stream.fields:
            yield from _mapped_field(key, column, stream, table, connection.streams)
    yield from _relations(connection, tables)


def _special_fields(key: KeyPath, stream: StreamSettings, table: StreamSchema) -> Iterator[Problem]:
    for name, kind, what in (
        ("hub_id_field", ValueKind.TEXT, "a text field that people do not edit"),
        ("note_field", ValueKind.TEXT, "a text field"),
        ("modified_field", ValueKind.TIMESTAMP, 'a "last modified time" field'),
    ):
        field_id = getattr(stream, name)
        if field_id is None:
            continue
        field = table.fields.get(field_id)
        if field is None:
            yield _missing((*key, name), field_id, table)
        elif field.kind is not kind or (kind is ValueKind.TEXT and field.is_computed):
            yield Problem(
                key=(*key, name),
                message=f'"{field.name}" is of type {field.vendor_type}; {what} is needed',
            )


def _mapped_field(
    key: KeyPath,
    column: str,
    stream: StreamSettings,
    table: StreamSchema,
    streams: Mapping[str, StreamSettings],
) -> Iterator[Problem]:
    place = (*key, "fields", column)
    mapped = stream.fields[column]
    field = table.fields.get(mapped.field)
    if field is None:
        yield _missing((*place, "field"), mapped.field, table)
        return
    if field.is_computed and stream.direction_of(column) is not Direction.TO_HUB:
        yield Problem(
            key=place,
            message=f'"{field.name}" is computed there: set direction = "to_hub"',
        )
    if (field.kind is ValueKind.LINKS) != (mapped.link is not None):
        needed = "name the stream that it links to as link" if mapped.link is None else "drop link"
        yield Problem(key=place, message=f'"{field.name}" is of type {field.vendor_type}: {needed}')
    elif mapped.link and mapped.link in streams and field.links_to != streams[mapped.link].table:
        yield Problem(
            key=(*place, "link"),
            message=f'"{field.name}" links to {field.links_to}, which is another stream\'s table',
            got=f'"{mapped.link}"',
        )
    yield from _choices(place, mapped.values, field)


def _choices(place: KeyPath, values: Mapping[str, str], field: FieldSchema) -> Iterator[Problem]:
    known = {*field.choices, *field.choices.values()}
    for choice in values:
        if choice not in known:
            names = tuple(sorted(field.choices.values()))
            yield Problem(
                key=(*place, "values", choice),
                message=f'"{field.name}" has no such choice',
                accepted=names[:MANY],
                near_miss=nearest(choice, names),
            )


def _relations(connection: Connection, tables: Mapping[str, StreamSchema]) -> Iterator[Problem]:
    """The two ends of a relation show the same links: only one of them is mapped."""
    places = {
        mapped.field: (*stream_key(connection.name, name), "fields", column)
        for name, stream in connection.streams.items()
        for column, mapped in stream.fields.items()
    }
    fields = {field.id: field for table in tables.values() for field in table.fields.values()}
    for field_id, place in places.items():
        inverse = fields[field_id].inverse_field if field_id in fields else None
        if inverse in places and str(inverse) > field_id:
            yield Problem(
                key=place,
                message=f"{'.'.join(places[inverse])} is the other end of the same relation:"
                " map one end, the other follows",
            )


def _missing(key: KeyPath, field_id: str, table: StreamSchema) -> Problem:
    return Problem(
        key=key,
        message=f'the table "{table.name}" has no such field',
        got=f'"{field_id}"',
        accepted=_named(table.fields),
    )


def _named(things: Mapping[str, StreamSchema] | Mapping[str, FieldSchema]) -> tuple[str, ...]:
    named = [f"{thing_id} ({thing.name})" for thing_id, thing in things.items()]
    more = len(named) - MANY
    return (*named[:MANY], f"and {more} more") if more > 0 else tuple(named)
