"""Is each change of a remote table graded by what it stops?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from core_sides import FIELDS, stream

from hub.core.drift import Drift, Grade, changes_between, is_doubtful, troubles_of
from hub.core.mapping import StreamMapping
from hub.core.policies import Direction
from hub.core.records import FieldSchema, StreamSchema
from hub.core.values import ValueKind

_STAGE = FieldSchema(
    id="fld_name",
    name="Stage",
    kind=ValueKind.CHOICE,
    vendor_type="select",
    choices={"sel1": "Won", "sel2": "Lost"},
)
_HUB_ID = replace(FIELDS["fld_name"], id="fld_hub_id", name="Hub ID")
TABLE = StreamSchema(id="tbl1", name="Clients", fields={**FIELDS, "fld_hub_id": _HUB_ID})
LINKED = {"clients": "tbl1"}


def with_field(field: FieldSchema, table: StreamSchema = TABLE) -> StreamSchema:
    return replace(table, fields={**table.fields, field.id: field})


def without(*field_ids: str, table: StreamSchema = TABLE) -> StreamSchema:
    return replace(table, fields={k: v for k, v in table.fields.items() if k not in field_ids})


def field(column: str, **changed: Any) -> FieldSchema:
    return replace(FIELDS[f"fld_{column}"], **changed)


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        # nothing
        (TABLE, []),
        # names
        (replace(TABLE, name="Customers"), ["table_renamed"]),
        (with_field(field("name", name="Title")), ["field_renamed"]),
        # a field that nobody mapped comes and goes
        (with_field(field("name", id="fld_more")), ["field_added"]),
        # a mapped field that went is a trouble, not a change
        (without("fld_name", "fld_hub_id"), []),
    ],
)
def test_what_is_over_at_once_is_safe(after: StreamSchema, kinds: list[str]) -> None:
    seen = changes_between(stream(), TABLE, after)

    assert kinds == [drift.kind for drift in seen]
    assert all(drift.grade is Grade.SAFE for drift in seen)


def test_an_unmapped_field_that_went_is_safe() -> None:
    before = with_field(field("name", id="fld_more", name="More"))

    (seen,) = changes_between(stream(), before, TABLE)

    assert ("unmapped_field_removed", Grade.SAFE) == (seen.kind, seen.grade)
    assert "field More was removed; nothing was mapped to it" == seen.sentence


def test_a_new_field_says_how_to_take_it_over() -> None:
    (seen,) = changes_between(stream(), TABLE, with_field(field("name", id="fld_more")))

    assert 'To take it over, add COLUMN = "fld_more" to the stream\'s fields.' == seen.next_step


def test_a_mapped_field_that_is_back_is_told() -> None:
    (seen,) = changes_between(stream(), without("fld_name"), TABLE)

    assert "field_back" == seen.kind


def test_options_that_are_new_or_renamed_are_safe_and_first_ones_are_no_news() -> None:
    after = replace(_STAGE, choices={"sel1": "Gained", "sel2": "Lost", "sel3": "Open"})

    seen = changes_between(stream(), with_field(_STAGE), with_field(after))
    first = changes_between(stream(), TABLE, with_field(replace(_STAGE, name="name")))

    assert ["choice_renamed", "choice_added"] == [drift.kind for drift in seen]
    assert [] == first


def _only(table: StreamSchema | None, mapping: StreamMapping | None = None) -> Drift:
    (found,) = troubles_of(mapping or stream(), table, LINKED)
    return found


@pytest.mark.parametrize(
    ("table", "kind", "column"),
    [
        (None, "table_removed", None),
        (without("fld_staff"), "field_removed", "staff"),
        (with_field(field("staff", first_kind=ValueKind.TEXT)), "field_retyped", "staff"),
        (with_field(field("parent_id", links_to="tblOther")), "link_turned", "parent_id"),
        (without("fld_hub_id"), "field_removed", None),
    ],
)
def test_what_cannot_be_used_is_breaking_and_names_its_column(
    table: StreamSchema | None, kind: str, column: str | None
) -> None:
    found = _only(table)

    assert (kind, Grade.BREAKING, column) == (found.kind, found.grade, found.column)
    assert found.next_step


def test_a_table_as_it_was_has_no_trouble() -> None:
    table = with_field(field("parent_id", links_to="tbl1"))

    assert [] == troubles_of(stream(), table, LINKED)


@pytest.mark.parametrize(
    "mapping",
    [
        replace(stream(), modified_field="fld_gone"),
        replace(stream(), note_field="fld_gone"),
    ],
)
def test_a_helping_field_that_went_needs_attention(mapping: StreamMapping) -> None:
    found = _only(TABLE, mapping)

    assert ("field_removed", Grade.ATTENTION) == (found.kind, found.grade)


def test_a_stream_without_a_hub_id_misses_none() -> None:
    assert [] == troubles_of(stream(hub_id_field=None), without("fld_hub_id"), LINKED)


def test_a_field_that_is_computed_now_cannot_be_written() -> None:
    mapping = stream(fields={"name": {"direction": Direction.TO_SOURCE}})

    found = _only(with_field(field("name", is_computed=True)), mapping)

    assert ("field_computed", Grade.ATTENTION) == (found.kind, found.grade)


def test_options_and_what_they_mean_must_fit() -> None:
    mapping = stream(fields={"name": {"values": {"Won": "won", "Gone": "gone"}}})

    found = troubles_of(mapping, with_field(_STAGE), LINKED)

    assert [("choice_removed", "fld_name/Gone"), ("choice_unmapped", "sel2")] == [
        (drift.kind, drift.subject) for drift in found
    ]
    assert all(drift.grade is Grade.ATTENTION for drift in found)


@pytest.mark.parametrize(
    ("before", "after", "is_doubted"),
    [
        # a table that is gone is not an answer that lost fields
        (TABLE, None, False),
        (TABLE, TABLE, False),
        # two of five go: that happens
        (TABLE, without("fld_name", "fld_staff"), False),
        # three of five at once: an answer like that is odd
        (TABLE, without("fld_name", "fld_staff", "fld_vip"), True),
        # a table of three fields may lose them all
        (without("fld_vip", "fld_staff"), replace(TABLE, fields={}), False),
    ],
)
def test_an_answer_that_lost_most_fields_is_doubtful(
    before: StreamSchema, after: StreamSchema | None, is_doubted: bool
) -> None:
    assert is_doubted is is_doubtful(before, after)
