"""Does a value survive the way to the other side and back?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.mapping import (
    FieldMapping,
    HubColumn,
    Parked,
    StreamMapping,
    to_hub,
    to_remote,
)
from hub.core.policies import Direction
from hub.core.records import FieldSchema
from hub.core.values import Unfit, Value, ValueKind, canonical

ROW = "0199a8c0-0000-7000-8000-000000000001"
KNOWN = {("clients", "rec1"): ROW, ("clients", ROW): "rec1"}
SAME_KINDS = [
    ValueKind.TEXT,
    ValueKind.INTEGER,
    ValueKind.DECIMAL,
    ValueKind.BOOLEAN,
    ValueKind.DATE,
    ValueKind.TIMESTAMP,
    ValueKind.REFERENCE,
    ValueKind.OPAQUE,
]
RAW: dict[ValueKind, st.SearchStrategy[Any]] = {
    ValueKind.TEXT: st.none() | st.text(),
    ValueKind.INTEGER: st.none() | st.integers(-(2**31), 2**31 - 1),
    ValueKind.DECIMAL: st.none()
    | st.decimals(-(10**12), 10**12, places=4, allow_nan=False).map(Decimal),
    ValueKind.BOOLEAN: st.none() | st.booleans(),
    ValueKind.DATE: st.none() | st.dates(),
    ValueKind.TIMESTAMP: st.none()
    | st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ValueKind.REFERENCE: st.none() | st.uuids(),
    ValueKind.OPAQUE: st.none() | st.integers() | st.text(),
}


def resolve(stream: str, id_: str) -> str | None:
    return KNOWN.get((stream, id_))


def schema(kind: ValueKind, **changed: Any) -> FieldSchema:
    made: dict[str, Any] = {"id": "fld1", "name": "Stage", "kind": kind, "vendor_type": "any"}
    return FieldSchema(**{**made, **changed})


def mapped(kind: ValueKind, **column: Any) -> FieldMapping:
    return FieldMapping(column=HubColumn(name="it", kind=kind, **column), field_id="fld1")


def choices(values: Mapping[str, str] | None = None, *valid: str) -> FieldMapping:
    return FieldMapping(
        column=HubColumn(name="stage", kind=ValueKind.TEXT, choices=valid or None),
        field_id="fld1",
        values=values or {},
    )


RENAMED = schema(
    ValueKind.CHOICE,
    choices={"sel1": "Won!", "sel2": "Lost"},
    first_names={"sel1": "Won"},
)
LINK = FieldMapping(
    column=HubColumn(name="client_id", kind=ValueKind.REFERENCE), field_id="fld1", link="clients"
)
LINKS = schema(ValueKind.LINKS)


@pytest.mark.parametrize("kind", SAME_KINDS)
@given(data=st.data())
def test_a_value_comes_back_as_it_went(kind: ValueKind, data: st.DataObject) -> None:
    value = canonical(kind, data.draw(RAW[kind]))
    assert not isinstance(value, Unfit)

    there = to_remote(mapped(kind), schema(kind), value, resolve)

    assert not isinstance(there, (Unfit, Parked))
    assert value == to_hub(mapped(kind), schema(kind), there, resolve)


@given(RAW[ValueKind.DECIMAL])
def test_a_number_fits_a_column_with_fewer_digits_after_one_round(raw: Decimal | None) -> None:
    column = mapped(ValueKind.DECIMAL, scale=2)
    remote = canonical(ValueKind.DECIMAL, raw)
    assert not isinstance(remote, Unfit)

    once = to_hub(column, schema(ValueKind.DECIMAL), remote, resolve)
    assert not isinstance(once, (Unfit, Parked))
    there = to_remote(column, schema(ValueKind.DECIMAL), once, resolve)
    assert not isinstance(there, (Unfit, Parked))

    assert once == to_hub(column, schema(ValueKind.DECIMAL), there, resolve)


# Selects


def test_a_renamed_option_keeps_its_hub_value() -> None:
    assert "Won" == to_hub(choices(), RENAMED, "sel1", resolve)
    assert "sel1" == to_remote(choices(), RENAMED, "Won", resolve)


def test_an_empty_select_is_empty_on_both_sides() -> None:
    assert to_hub(choices(), RENAMED, None, resolve) is None
    assert to_remote(choices(), RENAMED, None, resolve) is None


@pytest.mark.parametrize("key", ["Won", "sel1"])
def test_options_are_translated_by_name_or_by_id(key: str) -> None:
    translated = choices({key: "won", "Lost": "lost"}, "won", "lost")

    assert "won" == to_hub(translated, RENAMED, "sel1", resolve)
    assert "sel1" == to_remote(translated, RENAMED, "won", resolve)
    assert "sel2" == to_remote(translated, RENAMED, "lost", resolve)


@pytest.mark.parametrize(
    ("mapping", "choice", "reason"),
    [
        (choices(), "sel9", "the option sel9 is not known any more"),
        (choices({"Won": "won"}), "sel2", "'Lost' is not mapped; valid are Won"),
        (choices(None, "Won"), "sel2", "'Lost' is not valid here; valid are Won"),
    ],
)
def test_an_option_without_a_hub_value_says_what_would_be_valid(
    mapping: FieldMapping, choice: str, reason: str
) -> None:
    assert Unfit(reason=reason) == to_hub(mapping, RENAMED, choice, resolve)


def test_a_hub_value_without_an_option_says_what_would_be_valid() -> None:
    assert Unfit(reason="'Open' is not an option of 'Stage'; valid are Lost, Won") == to_remote(
        choices(), RENAMED, "Open", resolve
    )


def test_a_new_option_goes_by_its_bare_name_where_allowed() -> None:
    assert "Open" == to_remote(choices(), RENAMED, "Open", resolve, allow_new_options=True)


def test_a_translated_select_never_gets_options_that_nobody_mapped() -> None:
    translated = choices({"Won": "won", "Gone": "gone"})

    for value in ("open", "gone"):
        assert isinstance(
            to_remote(translated, RENAMED, value, resolve, allow_new_options=True), Unfit
        )


# Multi-selects

TAGS = schema(
    ValueKind.CHOICES,
    choices={"sel1": "Big", "sel2": "Berlin, Mitte", "sel3": "New name"},
    first_names={"sel3": "Old name"},
)


@pytest.mark.parametrize(
    ("remote", "text"),
    [
        (None, None),
        (["sel1"], "Big"),
        (["sel1", "sel2"], "Berlin, Mitte, Big"),  # a name may hold a comma
        (["sel3"], "Old name"),
    ],
)
def test_a_multi_select_is_text_a_person_can_read_and_change(
    remote: Value, text: str | None
) -> None:
    assert text == to_hub(choices(), TAGS, remote, resolve)
    assert remote == to_remote(choices(), TAGS, text, resolve)


def test_a_multi_select_may_be_written_in_any_order_and_spacing() -> None:
    assert ["sel1", "sel3"] == to_remote(choices(), TAGS, " Old name ,Big,,", resolve)


def test_the_options_of_a_multi_select_are_translated_each() -> None:
    translated = choices({"Big": "big", "sel2": "mitte"})

    assert "big, mitte" == to_hub(translated, TAGS, ["sel1", "sel2"], resolve)
    assert ["sel1", "sel2"] == to_remote(translated, TAGS, "mitte, big", resolve)


def test_an_unknown_option_in_a_multi_select_is_refused_or_made() -> None:
    assert isinstance(to_hub(choices(), TAGS, ["sel1", "sel9"], resolve), Unfit)
    assert isinstance(to_remote(choices(), TAGS, "Big, Huge", resolve), Unfit)
    assert ["Huge", "sel1"] == to_remote(
        choices(), TAGS, "Big, Huge", resolve, allow_new_options=True
    )


def test_ids_that_nobody_maps_are_still_text() -> None:
    assert "rec1, rec2" == to_hub(choices(), LINKS, ["rec1", "rec2"], resolve)


# Links


def test_a_link_is_a_row_id_here_and_a_list_of_one_there() -> None:
    assert ROW == to_hub(LINK, LINKS, ["rec1"], resolve)
    assert ["rec1"] == to_remote(LINK, LINKS, ROW, resolve)


@pytest.mark.parametrize("remote", [None, []])
def test_no_link_is_no_reference(remote: Value) -> None:
    assert to_hub(LINK, LINKS, remote, resolve) is None
    assert to_remote(LINK, LINKS, None, resolve) is None


def test_a_lookup_of_one_id_as_text_is_a_link_too() -> None:
    assert ROW == to_hub(LINK, LINKS, "rec1", resolve)


def test_a_link_to_an_unknown_record_is_parked() -> None:
    assert Parked(stream="clients", waits_for="rec9") == to_hub(LINK, LINKS, ["rec9"], resolve)
    assert Parked(stream="clients", waits_for="row9") == to_remote(LINK, LINKS, "row9", resolve)


def test_two_links_where_one_is_expected_are_refused() -> None:
    answer = to_hub(LINK, LINKS, ["rec1", "rec2"], resolve)

    assert isinstance(answer, Unfit)
    assert "two records are linked" in answer.reason


# What a column can hold


def test_an_empty_cell_gets_the_default_of_a_column_that_must_be_filled() -> None:
    column = mapped(ValueKind.INTEGER, is_nullable=False, default=0)

    assert 0 == to_hub(column, schema(ValueKind.DECIMAL), None, resolve)


def test_an_empty_cell_is_refused_where_there_is_no_default() -> None:
    column = mapped(ValueKind.TEXT, is_nullable=False)

    assert Unfit(reason="this cell must not be empty") == to_hub(
        column, schema(ValueKind.TEXT), None, resolve
    )


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
def test_a_number_beyond_the_column_is_refused(number: int) -> None:
    assert Unfit(reason=f"{number} is too large") == to_hub(
        mapped(ValueKind.INTEGER), schema(ValueKind.DECIMAL), str(number), resolve
    )


def test_text_that_is_no_number_is_refused() -> None:
    assert Unfit(reason="'many' is not a number") == to_hub(
        mapped(ValueKind.INTEGER), schema(ValueKind.TEXT), "many", resolve
    )


# The stream and the schema


def stream(*directions: Direction) -> StreamMapping:
    return StreamMapping(
        connection="airtable",
        stream="deals",
        remote_table="tbl1",
        hub_table="deal",
        hub_id_field=None,
        note_field=None,
        modified_field=None,
        fields=tuple(
            FieldMapping(
                column=HubColumn(name=f"c{number}", kind=ValueKind.TEXT),
                field_id=f"fld{number}",
                direction=direction,
            )
            for number, direction in enumerate(directions)
        ),
    )


def test_a_stream_knows_its_fields() -> None:
    mapping = stream(Direction.TO_HUB, Direction.TWO_WAY)

    assert ("fld0", "fld1") == mapping.field_ids
    assert "fld1" == mapping.by_column("c1").field_id
    with pytest.raises(LookupError, match="stream deals maps no column c9"):
        mapping.by_column("c9")


@pytest.mark.parametrize(
    ("direction", "writes"),
    [(Direction.TO_HUB, False), (Direction.TO_SOURCE, True), (Direction.TWO_WAY, True)],
)
def test_a_stream_writes_when_one_of_its_fields_does(direction: Direction, writes: bool) -> None:
    assert writes is stream(Direction.TO_HUB, direction).writes


@pytest.mark.parametrize(
    ("first_kind", "is_retyped"),
    [(None, False), (ValueKind.TEXT, False), (ValueKind.DECIMAL, True)],
)
def test_a_field_is_retyped_when_its_kind_is_another(
    first_kind: ValueKind | None,
    is_retyped: bool,
) -> None:
    assert is_retyped is schema(ValueKind.TEXT, first_kind=first_kind).is_retyped
