"""Do the streams of sources fit the hub's tables, and each other?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hub.config.cross_checks import stream_key
from hub.config.entities import EntityDescription
from hub.config.problems import KeyPath, Problem, nearest
from hub.config.sources import RESERVED_COLUMNS, SourceEntry, SourceFieldSettings
from hub.config.streams import StreamSettings
from hub.core.policies import ConflictPolicy, Direction

Entities = Mapping[str, EntityDescription]
Streams = Mapping[tuple[str, str], StreamSettings]


def check_sources(
    entries: Sequence[SourceEntry], streams: Streams, entities: Entities | None
) -> Iterator[Problem]:
    """Everything that is wrong with these streams; `streams` are those that are kept equal."""
    for entry in entries:
        key = stream_key(entry.connection, entry.name)
        yield from _shape(key, entry)
        if entities is not None:
            yield from _lookups(key, entry, entities)
            if entry.entity is not None:
                yield from _entity(key, entry, entities)
    yield from _shared_datasets(entries)
    yield from _writers(entries, streams)


def _shape(key: KeyPath, entry: SourceEntry) -> Iterator[Problem]:
    for column in entry.fields:
        if column in RESERVED_COLUMNS:
            yield Problem(
                key=(*key, "fields", column),
                message="the hub has a column of that name in every table: choose another",
            )
    if entry.entity is not None and not entry.fields:
        yield Problem(key=(*key, "fields"), message="an entity needs a mapping: column = field")
    if entry.entity is not None and not entry.key:
        yield Problem(
            key=(*key, "key"),
            message="an entity needs the columns by which its rows are found",
            accepted=tuple(entry.fields),
        )
    adds_only = entry.cursor is not None or getattr(entry.own, "only_added", False)
    if entry.append and not entry.key and not adds_only:
        yield Problem(
            key=(*key, "append"),
            message=(
                "what is read again would stand there twice: name the key of the rows, or let the "
                "source say what is new (`cursor`, or `only_added = true` for files)"
            ),
        )
    if not entry.fields:
        return
    for column in entry.key:
        if column not in entry.fields:
            yield Problem(
                key=(*key, "key"),
                message="the key names a column that is not mapped",
                got=f'"{column}"',
                accepted=tuple(entry.fields),
                near_miss=nearest(column, entry.fields),
            )


def _lookups(key: KeyPath, entry: SourceEntry, entities: Entities) -> Iterator[Problem]:
    for column, field in entry.fields.items():
        if field.lookup is None:
            continue
        table, _, by = field.lookup.partition(".")
        place = (*key, "fields", column, "lookup")
        targets = [name for name, found in entities.items() if not found.is_fact]
        if table not in targets:
            yield Problem(
                key=place,
                message="the hub has no such table",
                got=f'"{table}"',
                accepted=tuple(sorted(targets)),
                near_miss=nearest(table, targets),
            )
            continue
        known = (*entities[table].columns, *(("domain",) if table == "client" else ()))
        if by not in known:
            yield Problem(
                key=place,
                message=f"{table} has no such column",
                got=f'"{by}"',
                accepted=known,
                near_miss=nearest(by, known),
            )


def _entity(key: KeyPath, entry: SourceEntry, entities: Entities) -> Iterator[Problem]:
    entity = entities.get(str(entry.entity))
    if entity is None:
        yield Problem(
            key=(*key, "entity"),
            message="the hub has no such table; for a table of its own say `dataset`",
            got=f'"{entry.entity}"',
            accepted=tuple(sorted(entities)),
            near_miss=nearest(str(entry.entity), entities),
        )
        return
    fitting = tuple(
        name
        for name, column in entity.columns.items()
        if name not in RESERVED_COLUMNS and (column.is_editable or entity.is_fact)
    )
    for name, field in entry.fields.items():
        place = (*key, "fields", name)
        if name not in fitting:
            yield Problem(
                key=place,
                message=f"{entry.entity} has no such column that a source can fill",
                accepted=fitting,
                near_miss=nearest(name, fitting),
            )
            continue
        column = entity.columns[name]
        yield from _reference(place, column.references, field)
        for theirs, ours in field.values.items():
            if column.choices is not None and ours not in column.choices:
                yield Problem(
                    key=(*place, "values", theirs),
                    message="the column does not take this value",
                    got=f'"{ours}"',
                    accepted=column.choices,
                    near_miss=nearest(str(ours), column.choices),
                )
    if entity.is_fact and set(entry.key) != set(entity.key):
        yield Problem(
            key=(*key, "key"),
            message=f"the rows of {entry.entity} are told apart by exactly these columns",
            accepted=entity.key,
        )


def _reference(
    place: KeyPath, references: str | None, field: SourceFieldSettings
) -> Iterator[Problem]:
    if references is not None and field.lookup is None:
        yield Problem(
            key=place,
            message=f'the column holds the id of a {references}: say lookup = "{references}.name"',
        )
    elif field.lookup is not None and references != field.lookup.partition(".")[0]:
        what = f"refers to {references}" if references else "refers to no table"
        yield Problem(key=(*place, "lookup"), message=f"this column {what}", got=field.lookup)


def _shared_datasets(entries: Iterable[SourceEntry]) -> Iterator[Problem]:
    first: dict[str, SourceEntry] = {}
    for entry in entries:
        if entry.dataset_name is None:
            continue
        other = first.setdefault(entry.dataset_name, entry)
        if other is not entry:
            yield Problem(
                key=(*stream_key(entry.connection, entry.name), "dataset"),
                message=(
                    f"{other.connection}.{other.name} fills this dataset: give each a dataset of "
                    "its own, or let both fill an entity, with a precedence"
                ),
                got=f'"{entry.dataset_name}"',
            )


def _writers(entries: Iterable[SourceEntry], streams: Streams) -> Iterator[Problem]:
    """Where several streams feed one column, something must say whose value stands."""
    feeding: dict[tuple[str, str], list[SourceEntry]] = defaultdict(list)
    for entry in entries:
        for column in entry.fields:
            if entry.entity is not None and column not in entry.key:
                feeding[entry.entity, column].append(entry)
    for (entity, column), found in feeding.items():
        taken: dict[int | None, SourceEntry] = {}
        for entry in found:
            rank = entry.precedence_of(column)
            other = taken.setdefault(rank, entry)
            place = (*stream_key(entry.connection, entry.name), "fields", column)
            if other is not entry:
                yield Problem(
                    key=place,
                    message=(
                        f"{other.connection}.{other.name} feeds {entity}.{column} too and nothing "
                        "says who wins: give each a precedence of its own, the smallest wins"
                    ),
                )
            writer = _two_way_writer(streams, entity, column)
            if writer is not None and rank is None:
                yield Problem(
                    key=place,
                    message=(
                        f"{writer} writes {entity}.{column} too and nothing says who wins: give "
                        'this field a precedence, or that one conflict = "hub"'
                    ),
                )


def _two_way_writer(streams: Streams, entity: str, column: str) -> str | None:
    for (connection, name), stream in streams.items():
        if stream.entity != entity or column not in stream.fields:
            continue
        wins = stream.conflict_of(column) is not ConflictPolicy.HUB
        if wins and stream.direction_of(column) is not Direction.TO_SOURCE:
            return f"{connection}.{name}"
    return None
