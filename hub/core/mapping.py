"""How does a remote cell become a hub value, and back?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from hub.core.policies import (
    ConflictPolicy,
    DeletePolicy,
    Direction,
    FirstMatchPolicy,
    UpdateMode,
)
from hub.core.records import FieldSchema
from hub.core.sets import LISTED, Elements, SetForm
from hub.core.values import Unfit, Value, ValueKind, canonical


@dataclass(frozen=True, kw_only=True, slots=True)
class HubColumn:
    """What a hub column can hold; `default` stands in for an empty cell where null may not."""

    name: str
    kind: ValueKind
    is_nullable: bool = True
    default: Value = None
    scale: int | None = None
    choices: tuple[str, ...] | None = None
    max_integer: int = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldMapping:
    """One remote field tied to one hub column.

    `values` maps a remote choice's name (or id) to a hub value where they differ; `link` names the
    stream whose records a link field points to.
    """

    column: HubColumn
    field_id: str
    direction: Direction = Direction.TWO_WAY
    conflict: ConflictPolicy = ConflictPolicy.LATEST
    update: UpdateMode = UpdateMode.OVERWRITE
    values: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamMapping:
    """One remote table tied to one hub table."""

    connection: str
    stream: str
    remote_table: str
    hub_table: str
    hub_id_field: str | None
    note_field: str | None
    modified_field: str | None
    fields: tuple[FieldMapping, ...]
    on_first_match: FirstMatchPolicy = FirstMatchPolicy.SOURCE
    on_delete: DeletePolicy = DeletePolicy.TOMBSTONE
    allow_new_options: bool = False
    delete_limit: int = 50
    overwrite_limit: int = 500
    share_limit: float = 0.3

    @property
    def field_ids(self) -> tuple[str, ...]:
        """Every remote field that the hub reads or writes for values."""
        return tuple(mapping.field_id for mapping in self.fields)

    @property
    def writes(self) -> bool:
        """Whether anything of the hub goes to the other side."""
        return any(mapping.direction is not Direction.TO_HUB for mapping in self.fields)

    def by_column(self, name: str) -> FieldMapping:
        """The mapping of hub column `name`."""
        for mapping in self.fields:
            if mapping.column.name == name:
                return mapping
        raise LookupError(f"stream {self.stream} maps no column {name}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """A link whose other end is not known yet."""

    stream: str
    waits_for: str


SEPARATOR = ", "
"""Stands between the options of a multi-select in a text column."""

Resolve = Callable[[str, str], str | None]
"""(stream, id at one side) -> id at the other side, if the record is linked."""


def to_hub(
    mapping: FieldMapping, schema: FieldSchema, remote: Value, resolve: Resolve
) -> Value | Unfit | Parked:
    """The hub value of a canonical remote value.

    `resolve` answers the row id of a linked record's external id.
    """
    column = mapping.column
    if mapping.link is not None:
        return _link_to_hub(column, mapping.link, remote, resolve)
    if schema.kind is ValueKind.CHOICE and remote is not None:
        named = _choice_to_hub(mapping, schema, str(remote))
        if isinstance(named, Unfit):
            return named
        remote = named
    if schema.kind is ValueKind.CHOICES and isinstance(remote, list):
        names = [_choice_to_hub(mapping, schema, choice) for choice in remote]
        unfit = next((name for name in names if isinstance(name, Unfit)), None)
        if unfit is not None:
            return unfit
        listed = sorted({str(name) for name in names})
        remote = listed if column.kind is ValueKind.CHOICES else SEPARATOR.join(listed)
    value = canonical(column.kind, remote, scale=column.scale)
    if isinstance(value, Unfit):
        return value
    if value is None and not column.is_nullable:
        if column.default is None:
            return Unfit(reason="this cell must not be empty")
        return column.default
    return _fits(column, value)


def to_remote(
    mapping: FieldMapping,
    schema: FieldSchema,
    value: Value,
    resolve: Resolve,
    *,
    allow_new_options: bool = False,
) -> Value | Unfit | Parked:
    """The canonical remote value of a hub value.

    `resolve` answers the external id of a linked row. A choice that does not exist yet comes back
    as its bare name where new options are allowed.
    """
    if mapping.link is not None:
        linked: list[str] = []
        for row_id in sorted(LISTED.split(value)):
            external_id = resolve(mapping.link, row_id)
            if external_id is None:
                return Parked(stream=mapping.link, waits_for=row_id)
            linked.append(external_id)
        return sorted(linked) or None
    if schema.kind is ValueKind.CHOICE and value is not None:
        return _choice_to_remote(mapping, schema, str(value), allow_new_options)
    if schema.kind is ValueKind.CHOICES and value is not None:
        return _choices_to_remote(mapping, schema, value, allow_new_options)
    return canonical(schema.kind, value)


def set_form(mapping: FieldMapping, schema: FieldSchema) -> SetForm | None:
    """How the column of this mapping holds a set; None where the cell holds one value."""
    column = mapping.column
    if column.kind in {ValueKind.REFERENCES, ValueKind.CHOICES}:
        return LISTED
    if schema.kind is not ValueKind.CHOICES:
        return None

    def split(value: Value) -> Elements:
        return frozenset(_split(str(value or ""), _known_names(mapping, schema)))

    def join(elements: Elements) -> Value:
        empty = None if column.is_nullable else column.default
        return SEPARATOR.join(sorted(elements)) or empty

    return SetForm(split=split, join=join)


def readable(schema: FieldSchema, remote: Value) -> Value:
    """A remote value as people know it: choices by their names."""
    if schema.kind is ValueKind.CHOICES and isinstance(remote, list):
        return [schema.choices.get(choice, choice) for choice in remote]
    if schema.kind is ValueKind.CHOICE and remote is not None:
        return schema.choices.get(str(remote), remote)
    return remote


def _link_to_hub(
    column: HubColumn, stream: str, remote: Value, resolve: Resolve
) -> Value | Unfit | Parked:
    ids = sorted(LISTED.split(remote))
    if len(ids) > 1 and column.kind is not ValueKind.REFERENCES:
        return Unfit(reason="two records are linked where one is expected; keep one of them")
    row_ids: list[str] = []
    for external_id in ids:
        row_id = resolve(stream, external_id)
        if row_id is None:
            return Parked(stream=stream, waits_for=external_id)
        row_ids.append(row_id)
    if column.kind is ValueKind.REFERENCES:
        return sorted(row_ids) or None
    return row_ids[0] if row_ids else None


def _choice_to_hub(mapping: FieldMapping, schema: FieldSchema, choice: str) -> str | Unfit:
    name = schema.hub_name(choice)
    if name is None:
        return Unfit(reason=f"the option {choice} is not known any more")
    if not mapping.values:
        return name
    mapped = mapping.values.get(choice, mapping.values.get(name))
    if mapped is None:
        return Unfit(reason=f"{name!r} is not mapped; valid are {', '.join(mapping.values)}")
    return mapped


def _choice_to_remote(
    mapping: FieldMapping, schema: FieldSchema, value: str, allow_new_options: bool
) -> Value | Unfit:
    by_name = {schema.hub_name(choice) or name: choice for choice, name in schema.choices.items()}
    if mapping.values:
        wanted = [key for key, mapped in mapping.values.items() if mapped == value]
        for key in wanted:
            if key in schema.choices:
                return key
            if key in by_name:
                return by_name[key]
    elif value in by_name:
        return by_name[value]
    if allow_new_options and not mapping.values:
        return value
    known = ", ".join(sorted(mapping.values or by_name))
    return Unfit(reason=f"{value!r} is not an option of {schema.name!r}; valid are {known}")


def _known_names(mapping: FieldMapping, schema: FieldSchema) -> set[str]:
    if mapping.values:
        return {*mapping.values.values()}
    return {*schema.choices.values(), *schema.first_names.values()}


def _choices_to_remote(
    mapping: FieldMapping, schema: FieldSchema, value: Value, allow_new_options: bool
) -> Value | Unfit:
    names = value if isinstance(value, list) else _split(str(value), _known_names(mapping, schema))
    chosen: list[str] = []
    for name in names:
        choice = _choice_to_remote(mapping, schema, name, allow_new_options)
        if isinstance(choice, Unfit):
            return choice
        chosen.append(str(choice))
    return canonical(ValueKind.CHOICES, chosen)


def _split(text: str, known: set[str]) -> Iterator[str]:
    """The names in a text; one that is known may hold the separator itself."""
    pieces = [piece.strip() for piece in text.split(SEPARATOR.strip())]
    while pieces:
        lengths = (n for n in range(len(pieces), 0, -1) if SEPARATOR.join(pieces[:n]) in known)
        taken = next(lengths, 1)
        name = SEPARATOR.join(pieces[:taken])
        pieces = pieces[taken:]
        if name:
            yield name


def _fits(column: HubColumn, value: Value) -> Value | Unfit:
    if column.choices is not None:
        strange = sorted(LISTED.split(value) - {*column.choices})
        if strange:
            valid = ", ".join(column.choices)
            return Unfit(reason=f"{strange[0]!r} is not valid here; valid are {valid}")
    if (
        column.kind is ValueKind.INTEGER
        and isinstance(value, int)
        and not -column.max_integer - 1 <= value <= column.max_integer
    ):
        return Unfit(reason=f"{value} is too large")
    return value
