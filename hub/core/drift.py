"""What changed about a table at the other side, and how bad is it for its stream?

Safe: nothing happens. Attention: the stream goes on, a person should look. Breaking: what is
touched stands still, and only that. Everything is addressed by id, so a name is never more than
a name.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.policies import Direction
from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import ValueKind

MOST_LOST = 0.5
"""An answer that lost more than this share of the fields at once is not believed at first."""
FEW_FIELDS = 3
"""Of so few fields any share may go at once."""
_SELECTS = frozenset({ValueKind.CHOICE, ValueKind.CHOICES})


class Grade(enum.StrEnum):
    """How bad it is."""

    SAFE = "safe"
    ATTENTION = "attention"
    BREAKING = "breaking"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One thing that is not as it was. `column` is the hub column that stands still by it."""

    subject: str
    kind: str
    grade: Grade
    sentence: str
    next_step: str | None = None
    column: str | None = None


def is_doubtful(before: StreamSchema, after: StreamSchema | None) -> bool:
    """Whether so many fields are gone at once that the answer itself may be wrong."""
    if after is None or len(before.fields) <= FEW_FIELDS:
        return False
    lost = sum(field_id not in after.fields for field_id in before.fields)
    return lost > MOST_LOST * len(before.fields)


def changes_between(
    mapping: StreamMapping, before: StreamSchema, after: StreamSchema
) -> list[Drift]:
    """What happened between two looks and is over at once: names, new fields, new options."""
    return list(_changes(mapping, before, after))


def _changes(mapping: StreamMapping, before: StreamSchema, after: StreamSchema) -> Iterator[Drift]:
    if before.name != after.name:
        yield _safe(after.id, "table_renamed", f"table {before.name} is called {after.name} now")
    mapped = {m.field_id: m for m in mapping.fields}
    for field_id, field in after.fields.items():
        known = before.fields.get(field_id)
        if known is None:
            yield _added(mapping, field)
            continue
        if known.name != field.name:
            said = f"field {known.name} is called {field.name} now"
            yield _safe(field_id, "field_renamed", said)
        if field_id in mapped:
            yield from _changed_choices(known, field)
    kept = {*mapped, *_special(mapping)}
    for field_id, known in before.fields.items():
        if field_id not in after.fields and field_id not in kept:
            said = f"field {known.name} was removed; nothing was mapped to it"
            yield _safe(field_id, "unmapped_field_removed", said)


def _added(mapping: StreamMapping, field: FieldSchema) -> Drift:
    if field.id in {m.field_id for m in mapping.fields}:
        return _safe(field.id, "field_back", f"field {field.name} is back")
    return Drift(
        subject=field.id,
        kind="field_added",
        grade=Grade.SAFE,
        sentence=f"field {field.name} ({field.vendor_type}) is new",
        next_step=f'To take it over, add COLUMN = "{field.id}" to the stream\'s fields.',
    )


def _changed_choices(known: FieldSchema, field: FieldSchema) -> Iterator[Drift]:
    for choice, name in field.choices.items():
        before = known.choices.get(choice)
        if before is None and known.choices:
            yield _safe(choice, "choice_added", f"{field.name} has a new option {name}")
        elif before is not None and before != name:
            said = f"option {before} of {field.name} is called {name} now"
            yield _safe(choice, "choice_renamed", said)


def troubles_of(
    mapping: StreamMapping, table: StreamSchema | None, linked_tables: Mapping[str, str]
) -> list[Drift]:
    """What is wrong with the table as it stands; each lasts until it is right again.

    `linked_tables` has the remote table of each stream that links may point to.
    """
    if table is None:
        return [
            Drift(
                subject=mapping.remote_table,
                kind="table_removed",
                grade=Grade.BREAKING,
                sentence=f"table {mapping.remote_table} is not in the base any more",
                next_step="Restore it, or change `table` in hub.toml. No row was touched.",
            )
        ]
    return list(_troubles(mapping, table, linked_tables))


def _troubles(
    mapping: StreamMapping, table: StreamSchema, linked_tables: Mapping[str, str]
) -> Iterator[Drift]:
    for field_mapping in mapping.fields:
        yield from _field_trouble(field_mapping, table, linked_tables)
    for field_id, (grade, what) in _special(mapping).items():
        if field_id not in table.fields:
            yield Drift(
                subject=field_id,
                kind="field_removed",
                grade=grade,
                sentence=f"field {field_id} is not in {table.name} any more: {what}",
                next_step="Restore the field, or name another one in hub.toml.",
            )


def _special(mapping: StreamMapping) -> dict[str, tuple[Grade, str]]:
    """The fields that are no data but are needed, and what goes without them."""
    special: dict[str, tuple[Grade, str]] = {}
    if mapping.hub_id_field:
        special[mapping.hub_id_field] = (
            Grade.BREAKING,
            "new rows cannot be told from records that are there",
        )
    if mapping.modified_field:
        special[mapping.modified_field] = (
            Grade.ATTENTION,
            "where the webhook tells no time, `latest` asks instead",
        )
    if mapping.note_field:
        special[mapping.note_field] = (Grade.ATTENTION, "the hub cannot explain itself there")
    return special


def _field_trouble(
    m: FieldMapping, table: StreamSchema, linked_tables: Mapping[str, str]
) -> Iterator[Drift]:
    field, column = table.fields.get(m.field_id), m.column.name
    if field is None:
        yield Drift(
            subject=m.field_id,
            kind="field_removed",
            grade=Grade.BREAKING,
            sentence=f"field {m.field_id} is not in {table.name} any more",
            next_step="Restore the field, or map another one in hub.toml. "
            "The hub's values are untouched.",
            column=column,
        )
        return
    if field.is_retyped:
        yield Drift(
            subject=field.id,
            kind="field_retyped",
            grade=Grade.BREAKING,
            sentence=f"{field.name} became a field of type {field.vendor_type}",
            next_step="Give it its old type back, or take it as it is with `hub sync adopt`.",
            column=column,
        )
        return
    if m.link is not None and field.links_to not in {None, linked_tables.get(m.link)}:
        yield Drift(
            subject=field.id,
            kind="link_turned",
            grade=Grade.BREAKING,
            sentence=f"{field.name} links to another table than stream {m.link} reads",
            next_step="Let it link to that table again, or map the field to the right stream.",
            column=column,
        )
    if field.is_computed and m.direction is Direction.TO_SOURCE:
        yield Drift(
            subject=field.id,
            kind="field_computed",
            grade=Grade.ATTENTION,
            sentence=f"{field.name} is computed there and cannot be written",
            next_step="Map another field, or let this one flow to the hub only.",
        )
    if field.kind in _SELECTS and m.values:
        yield from _choice_troubles(m, field)


def _choice_troubles(m: FieldMapping, field: FieldSchema) -> Iterator[Drift]:
    there = {*field.choices, *field.choices.values(), *field.first_names.values()}
    for key in m.values:
        if key not in there:
            yield Drift(
                subject=f"{field.id}/{key}",
                kind="choice_removed",
                grade=Grade.ATTENTION,
                sentence=f"{field.name} has no option {key} any more, which stands for "
                f"{m.values[key]}",
                next_step="Add the option again, or take it out of `values` in hub.toml.",
            )
    for choice, name in field.choices.items():
        if not {choice, name, field.hub_name(choice)} & set(m.values):
            yield Drift(
                subject=choice,
                kind="choice_unmapped",
                grade=Grade.ATTENTION,
                sentence=f"option {name} of {field.name} is not mapped: cells that have it "
                "stand still",
                next_step=f'Say what it means in hub.toml: values = {{ "{name}" = "…" }}.',
            )


def _safe(subject: str, kind: str, sentence: str) -> Drift:
    return Drift(subject=subject, kind=kind, grade=Grade.SAFE, sentence=sentence)
