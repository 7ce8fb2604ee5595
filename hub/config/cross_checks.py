"""Do the parts of the configuration fit each other: streams, links, columns, doors?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

from hub.config.entities import EntityDescription
from hub.config.models import WebSettings
from hub.config.problems import KeyPath, Problem, nearest
from hub.config.streams import StreamSettings
from hub.config.values import is_loopback
from hub.core.policies import ConflictPolicy, Direction

Streams = Mapping[str, StreamSettings]


@runtime_checkable
class KnowsItsIds(Protocol):
    """Settings of a kind of platform whose ids have a shape that can be checked."""

    table_id_pattern: str
    field_id_pattern: str


def stream_key(connection: str, stream: str) -> KeyPath:
    """Where a stream stands in the file."""
    return ("connection", connection, "stream", stream)


def check_stream(
    key: KeyPath,
    stream: StreamSettings,
    *,
    siblings: Iterable[str],
    kind: object,
) -> Iterator[Problem]:
    """What is wrong within one stream; `siblings` are all streams of its connection."""
    yield from _doubled_fields(key, stream)
    yield from _links(key, stream, tuple(siblings))
    if isinstance(kind, KnowsItsIds):
        yield from _id_shapes(key, stream, kind)
    if stream.writes_to_source and stream.hub_id_field is None:
        yield Problem(
            key=(*key, "hub_id_field"),
            message=(
                "the hub writes records here, so it needs a text field for their Hub ID;"
                ' name the field, or set direction = "to_hub"'
            ),
        )


def _doubled_fields(key: KeyPath, stream: StreamSettings) -> Iterator[Problem]:
    users: dict[str, list[str]] = defaultdict(list)
    for column, mapped in stream.fields.items():
        users[mapped.field].append(column)
    for name in ("hub_id_field", "note_field", "modified_field"):
        field_id = getattr(stream, name)
        if field_id is not None:
            users[field_id].append(name)
    for field_id, names in users.items():
        for name in names[1:]:
            place = (*key, "fields", name) if name in stream.fields else (*key, name)
            yield Problem(
                key=place,
                message=f"the field is already used for {names[0]}: map it once",
                got=f'"{field_id}"',
            )


def _links(key: KeyPath, stream: StreamSettings, siblings: tuple[str, ...]) -> Iterator[Problem]:
    for column, mapped in stream.fields.items():
        if mapped.link is not None and mapped.link not in siblings:
            yield Problem(
                key=(*key, "fields", column, "link"),
                message="there is no such stream in this connection",
                got=f'"{mapped.link}"',
                accepted=siblings,
                near_miss=nearest(mapped.link, siblings),
            )


def _id_shapes(key: KeyPath, stream: StreamSettings, kind: KnowsItsIds) -> Iterator[Problem]:
    if not re.fullmatch(kind.table_id_pattern, stream.table):
        yield _bad_id((*key, "table"), stream.table, "a table's", kind.table_id_pattern)
    fields: dict[KeyPath, str | None] = {
        ("hub_id_field",): stream.hub_id_field,
        ("note_field",): stream.note_field,
        ("modified_field",): stream.modified_field,
        **{("fields", column): mapped.field for column, mapped in stream.fields.items()},
    }
    for place, field_id in fields.items():
        if field_id is not None and not re.fullmatch(kind.field_id_pattern, field_id):
            yield _bad_id((*key, *place), field_id, "a field's", kind.field_id_pattern)


def _bad_id(key: KeyPath, got: str, whose: str, pattern: str) -> Problem:
    return Problem(
        key=key,
        message=f"this is not {whose} id (use the id, not the name; its shape is {pattern})",
        got=f'"{got}"',
    )


def check_entity(
    key: KeyPath,
    stream: StreamSettings,
    streams: Streams,
    entities: Mapping[str, EntityDescription],
) -> Iterator[Problem]:
    """What is wrong between a stream and the hub's tables."""
    entities = {name: found for name, found in entities.items() if not found.is_fact}
    entity = entities.get(stream.entity)
    if entity is None:
        yield Problem(
            key=(*key, "entity"),
            message="the hub has no such table",
            got=f'"{stream.entity}"',
            accepted=tuple(sorted(entities)),
            near_miss=nearest(stream.entity, entities),
        )
        return
    for name, mapped in stream.fields.items():
        place = (*key, "fields", name)
        column = entity.columns.get(name)
        if column is None:
            yield Problem(
                key=place,
                message=f"{stream.entity} has no such column",
                accepted=tuple(entity.columns),
                near_miss=nearest(name, entity.columns),
            )
            continue
        if not column.is_editable and stream.direction_of(name) is not Direction.TO_SOURCE:
            yield Problem(
                key=place,
                message='only the hub writes this column: set direction = "to_source"',
            )
        yield from _reference(place, column.references, mapped.link, streams)
        yield from _choices(place, mapped.values, column.choices)


def _reference(
    place: KeyPath, references: str | None, link: str | None, streams: Streams
) -> Iterator[Problem]:
    if link is None:
        if references is not None:
            fitting = tuple(name for name, other in streams.items() if other.entity == references)
            yield Problem(
                key=place,
                message=f"the column holds the id of a {references}: name the stream as link",
                accepted=fitting,
            )
        return
    if references is None:
        yield Problem(key=(*place, "link"), message="this column refers to no table")
    elif link in streams and streams[link].entity != references:
        yield Problem(
            key=(*place, "link"),
            message=f"the column refers to {references}, the stream to {streams[link].entity}",
            got=f'"{link}"',
        )


def _choices(
    place: KeyPath, values: Mapping[str, str], choices: tuple[str, ...] | None
) -> Iterator[Problem]:
    for theirs, ours in values.items():
        if choices is not None and ours not in choices:
            yield Problem(
                key=(*place, "values", theirs),
                message="the column does not take this value",
                got=f'"{ours}"',
                accepted=choices,
                near_miss=nearest(ours, choices),
            )


def check_relations(connection: str, streams: Streams) -> Iterator[Problem]:
    """Both ends of a relation show the same links; only the other side knows for sure."""
    links = {
        (name, mapped.link): column
        for name, stream in streams.items()
        for column, mapped in stream.fields.items()
        if mapped.link is not None and mapped.link != name
    }
    for (name, other), column in links.items():
        back = links.get((other, name))
        if back is not None and name > other:
            yield Problem(
                key=(*stream_key(connection, name), "fields", column),
                message=(
                    f"{name} links to {other} and {other}.{back} links back: if they are two ends"
                    " of one relation, map one of them; hub config check --remote tells"
                ),
                is_warning=True,
            )


def check_writers(streams: Mapping[tuple[str, str], StreamSettings]) -> Iterator[Problem]:
    """Where several streams write a column, all but one must give way to the hub's value."""
    writers: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for name, stream in streams.items():
        for column in stream.fields:
            wins = stream.conflict_of(column) is not ConflictPolicy.HUB
            if stream.direction_of(column) is not Direction.TO_SOURCE and wins:
                writers[stream.entity, column].append(name)
    for (entity, column), names in writers.items():
        first = ".".join(names[0])
        for connection, stream_name in names[1:]:
            yield Problem(
                key=(*stream_key(connection, stream_name), "fields", column),
                message=(
                    f"{first} writes {entity}.{column} too and nothing says who wins:"
                    ' give one of them conflict = "hub" or direction = "to_source"'
                ),
            )


def check_doors(web: WebSettings) -> Iterator[Problem]:
    """A door that other machines reach needs a key."""
    if web.access_token is not None:
        return
    names = [("host", web.host), *(("allowed_hosts", name) for name in web.allowed_hosts)]
    for setting, name in names:
        if not is_loopback(name):
            yield Problem(
                key=("web", "access_token"),
                message=(
                    f"web.{setting} = {name} lets others in, so a token is needed:"
                    " set HUB_ACCESS_TOKEN, or answer on this machine only"
                ),
            )
