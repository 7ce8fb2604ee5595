"""Does a page of a source become the right columns, and is nothing lost that does not fit?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.casting import cast
from hub.core.page_mapping import Names, key_of, map_page, page_of_records, plain_name, record_at
from hub.core.records import FieldSchema
from hub.core.source_mapping import (
    Lookup,
    SourceColumn,
    SourceMapping,
    WantedColumn,
    column_name,
    implied_columns,
    stored_kind,
)
from hub.core.transforming import apply, as_text
from hub.core.transforms import TRANSFORMS, check_transform, markdown
from hub.core.values import ValueKind

MOMENT = datetime(2026, 1, 1, 8, tzinfo=UTC)


def mapped(
    column: SourceColumn, values: list[object], names: Mapping[str, Names] | None = None
) -> tuple[list[Any], list[str]]:
    page = pa.RecordBatch.from_pydict({"f": pa.array(values)})
    mapping = SourceMapping(connection="c", stream="s", columns=(column,))
    found = map_page(mapping, page, names or {})
    reasons = [cell.reason for cell in found.bad] + [name.reason for name in found.unresolved]
    return found.rows.column(0).to_pylist(), reasons


def column(kind: ValueKind, **how: Any) -> SourceColumn:
    return SourceColumn(name="c", kind=kind, **{"field": "f", **how})


@pytest.mark.parametrize(
    ("word", "given", "expected"),
    [
        ("trim", " Acme ", "Acme"),
        ("squeeze", " Acme \n\u00a0Corp ", "Acme Corp"),
        ("lower", "ÄCME", "äcme"),
        ("upper", "de", "DE"),
        ("digits", "+49 (30) 12-34", "49301234"),
        ("digits", "none", None),
        ("email", "Ann <Ann@Acme.COM>", "ann@acme.com"),
        ("email", "no address", None),
        ("domain_of", "https://www.Acme.com:80/x?y", "acme.com"),
        ("domain_of", "Ann@Acme.com", "acme.com"),
        ("number", "$1,234.50", "1234.50"),
        ("number", "(5)", "-5"),
        ("number", "-12%", "-12"),
        ("number_comma", "1.234,50 €", "1234.50"),
        ("date:%d/%m/%Y", "24/11/2026", "2026-11-24"),
        ("date:%d.%m.%Y %H:%M", "24.11.2026 10:05", "2026-11-24T10:05:00"),
        ("date:%d/%m/%Y", "not a date", "not a date"),
        ("split:;", "a; b;", '["a", "b"]'),
        ("first:@", "ann@acme.com", "ann"),
        ("last:/", "a/b/c", "c"),
        ("empty:n/a", "n/a", None),
        ("empty:n/a", "x", "x"),
    ],
)
def test_a_transform_does_what_it_says(word: str, given: str, expected: str | None) -> None:
    assert [expected, None] == apply(word, pa.array([given, None], pa.string())).to_pylist()


@pytest.mark.parametrize(
    ("word", "given"), [("seconds", "1767254400"), ("milliseconds", "1767254400000")]
)
def test_seconds_since_1970_are_a_time(word: str, given: str) -> None:
    assert [MOMENT, None, None] == apply(word, pa.array([given, "x", None])).to_pylist()


def test_every_transform_is_described_and_carried_out() -> None:
    for item in TRANSFORMS.values():
        word = f"{item.name}:%Y" if item.takes else item.name
        check_transform(word)
        assert 1 == len(apply(word, pa.array(["1"])))
        assert f"`{item.name}" in markdown()


@pytest.mark.parametrize(
    ("word", "said"),
    [("trimm", 'mean "trim"'), ("date", "behind a colon"), ("trim:x", "takes nothing")],
)
def test_a_transform_that_does_not_exist_is_refused(word: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_transform(word)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (ValueKind.TEXT, [1.0, 2.5], ["1", "2.5"]),
        (ValueKind.TEXT, ["a\x00b"], ["a\ufffdb"]),
        (ValueKind.TEXT, [b"\xffa"], ["\ufffda"]),
        (ValueKind.TEXT, [[1, 2], None], ["[1, 2]", None]),
        (ValueKind.INTEGER, [" 7", ""], [7, None]),
        (ValueKind.INTEGER, ["7.0", "8"], [7, 8]),
        (ValueKind.DECIMAL, ["1.50", "-2e3"], ["1.50", "-2e3"]),
        (ValueKind.DECIMAL, [1, 2], ["1", "2"]),
        (ValueKind.BOOLEAN, ["TRUE", "0", ""], [True, False, None]),
        (ValueKind.BOOLEAN, ["yes", "No"], [True, False]),
        (ValueKind.BOOLEAN, [True], [True]),
        (ValueKind.DATE, ["2026-01-01", ""], [date(2026, 1, 1), None]),
        (ValueKind.DATE, [datetime(2026, 1, 1, 9)], [date(2026, 1, 1)]),  # noqa: DTZ001  as a sheet
        (
            ValueKind.DATE,
            ["2026-01-01T10:00:00", "2026-01-02"],
            [date(2026, 1, 1), date(2026, 1, 2)],
        ),
        (ValueKind.TIMESTAMP, ["2026-01-01T10:00:00+02:00"], [MOMENT]),
        (ValueKind.TIMESTAMP, ["2026-01-01 08:00"], [MOMENT]),
        (ValueKind.TIMESTAMP, [date(2026, 1, 1)], [datetime(2026, 1, 1, tzinfo=UTC)]),
        (ValueKind.TIMESTAMP, [MOMENT], [MOMENT]),
        (ValueKind.TIMESTAMP, ["2026-01-01 08:00", "2026-01-01T10:00:00+02:00"], [MOMENT, MOMENT]),
        (
            ValueKind.OPAQUE,
            ['{"a": 1}', "plain", "{bad", ""],
            ['{"a": 1}', '"plain"', '"{bad"', None],
        ),
        (ValueKind.OPAQUE, [1, 2], ["1", "2"]),
        (ValueKind.OPAQUE, [1.5], ["1.5"]),
        (ValueKind.OPAQUE, ["NaN", '"a\\u0000"'], ['"NaN"', '"a\\ufffd"']),
        (ValueKind.REFERENCE, ["0" * 32], ["0" * 32]),
    ],
)
def test_a_column_takes_on_its_type(
    kind: ValueKind, values: list[object], expected: list[object]
) -> None:
    assert (expected, []) == mapped(column(kind), values)


@pytest.mark.parametrize(
    ("kind", "values", "expected", "reason"),
    [
        (ValueKind.INTEGER, ["1", "two"], [1, None], "'two' is not a number"),
        (ValueKind.INTEGER, ["1", str(10**18 * 9 + 10**18)], [1, None], "is not a whole number"),
        (ValueKind.INTEGER, ["1", str(2**63)], [1, None], "is too large"),
        (ValueKind.DECIMAL, ["1", "x"], ["1", None], "'x' is not a number"),
        (ValueKind.DECIMAL, [True], [None], "is not a number"),
        (ValueKind.BOOLEAN, ["perhaps"], [None], "is not yes or no"),
        (ValueKind.BOOLEAN, [date(2026, 1, 1)], [None], "is not yes or no"),
        (ValueKind.DATE, ["soon"], [None], "is not a date"),
        (ValueKind.DATE, [5], [None], "is not a date"),
        (ValueKind.TIMESTAMP, ["soon"], [None], "is not a time"),
        (ValueKind.TIMESTAMP, [20260101], [MOMENT.replace(hour=0)], ""),
        (ValueKind.REFERENCE, ["x"], [None], "is not an id"),
    ],
)
def test_a_cell_that_does_not_fit_is_empty_and_told(
    kind: ValueKind, values: list[object], expected: list[object], reason: str
) -> None:
    cells, reasons = mapped(column(kind), values)

    assert expected == cells
    assert reason in "".join(reasons)


def test_a_value_that_the_column_does_not_take_is_told() -> None:
    choices = column(ValueKind.CHOICE, choices=("a", "b"))
    assert (["a", None], ["c: valid are a, b; map it with `values`"]) == mapped(choices, ["a", "c"])
    small = column(ValueKind.INTEGER, largest=10)
    assert ([10, None], ["11: the column holds numbers up to 10"]) == mapped(small, [10, 11])
    assert ([1], []) == mapped(small, [1])
    assert (["1"], []) == mapped(column(ValueKind.DECIMAL, largest=10), ["1"])


def test_values_are_renamed_and_others_stay() -> None:
    assert (["hard", "S", None], []) == mapped(
        column(ValueKind.TEXT, values={"H": "hard"}), ["H", "S", None]
    )
    assert ([True, False], []) == mapped(
        column(ValueKind.BOOLEAN, values={"J": True, "N": False}), ["J", "N"]
    )


@pytest.mark.parametrize("constant", ["x", 1, 1.5, True])
def test_a_constant_stands_in_every_row(constant: str | float) -> None:
    wanted = WantedColumn(name="c", constant=constant)
    kind = wanted.kind_by_itself()
    assert kind is not None
    expected = "1.5" if constant == 1.5 else constant
    assert ([expected] * 2, []) == mapped(column(kind, field=None, constant=constant), ["a", "b"])


def test_a_field_that_is_not_there_is_empty() -> None:
    assert ([None], []) == mapped(column(ValueKind.TEXT, field="other"), ["a"])
    assert ([None], []) == mapped(column(ValueKind.INTEGER), [None])


def test_a_name_is_looked_up_without_regard_to_case_and_blanks() -> None:
    names = {"c": Names(ids={"acme corp": "1" * 32, "twice": None})}
    by_name = column(ValueKind.REFERENCE, lookup=Lookup(table="client", by="name"))

    cells, reasons = mapped(by_name, [" ACME  Corp", "twice", "nobody", "", None], names)

    assert ["1" * 32, None, None, None, None] == cells
    assert ["ambiguous", "unknown"] == reasons


def test_names_are_compared_in_one_form() -> None:
    assert "acme corp" == plain_name("  ACME \n Corp")
    assert "client.name" == str(Lookup(table="client", by="name"))


def test_dictionaries_and_large_texts_are_ordinary_columns() -> None:
    page = pa.RecordBatch.from_arrays(
        [pa.array(["a", "b"]).dictionary_encode(), pa.array(["x", "y"], pa.large_string())],
        names=["f", "g"],
    )
    mapping = SourceMapping(
        connection="c",
        stream="s",
        columns=(column(ValueKind.TEXT), SourceColumn(name="d", kind=ValueKind.TEXT, field="g")),
    )

    assert {"c": ["a", "b"], "d": ["x", "y"]} == map_page(mapping, page, {}).rows.to_pydict()
    assert ("f", "g") == mapping.fields
    assert "d" == mapping.column("d").name
    assert ["a", "b"] == as_text(page.column("f")).to_pylist()


def test_a_kept_record_becomes_a_page_again() -> None:
    page = pa.RecordBatch.from_pydict({"a": [1, None], "b": ["x", "y"]})

    kept = [record_at(page, row, ("a", "b", "gone")) for row in range(2)]

    assert [{"a": "1", "b": "x"}, {"a": None, "b": "y"}] == kept
    assert {"a": ["1", None], "b": ["x", "y"]} == page_of_records(list(kept)).to_pydict()


def test_a_key_of_several_columns_is_one_text() -> None:
    rows = pa.RecordBatch.from_pydict({"a": [1, None], "b": ["x", "y"]})

    assert ["1|x", None] == key_of(rows, ("a", "b")).to_pylist()
    assert ["x", "y"] == key_of(rows, ("b",)).to_pylist()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Straße (km)", "strasse_km"),
        ("Ünïcode  Näme", "unicode_name"),
        ("2026", "column_2026"),
        ("客户", "column"),
        ("a" * 80, "a" * 55),
    ],
)
def test_a_field_has_a_column_name(name: str, expected: str) -> None:
    assert expected == column_name(name)


@given(st.lists(st.text(max_size=70), max_size=12))
def test_columns_have_names_of_their_own(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        found = column_name(name, taken)
        assert found not in taken
        assert 0 < len(found) <= 60
        taken.add(found)


def test_discovered_fields_are_columns_as_they_are() -> None:
    fields = {
        "id": FieldSchema(id="id", name="ID", kind=ValueKind.INTEGER, vendor_type="int"),
        "t": FieldSchema(id="t", name="", kind=ValueKind.CHOICE, vendor_type="x"),
        "l": FieldSchema(id="l", name="l", kind=ValueKind.LINKS, vendor_type="x"),
    }

    found = implied_columns(fields, {"id"})

    assert [("id_2", "integer"), ("t", "text"), ("l", "opaque")] == [
        (c.name, c.kind.value) for c in found
    ]
    assert ValueKind.DATE is stored_kind(ValueKind.DATE)


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ({"lookup": Lookup(table="client", by="name")}, ValueKind.REFERENCE),
        ({"kind": ValueKind.DATE}, ValueKind.DATE),
        ({"transforms": ("trim",)}, None),
        ({"transforms": ("email",)}, ValueKind.TEXT),
        ({"transforms": ("number",)}, ValueKind.DECIMAL),
        ({"transforms": ("date:%Y-%m-%d",)}, ValueKind.DATE),
        ({"transforms": ("date:%Y %H",)}, ValueKind.TIMESTAMP),
        ({"values": {"a": "b"}}, ValueKind.TEXT),
        ({}, None),
    ],
)
def test_the_configuration_may_tell_the_kind(how: dict[str, Any], kind: ValueKind | None) -> None:
    assert kind is WantedColumn(name="c", field="f", **how).kind_by_itself()


@given(
    st.sampled_from([k for k in ValueKind if k.value not in {"choices", "links", "references"}]),
    st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=1, max_size=6),
)
def test_whatever_stands_in_a_cell_no_row_is_lost(
    kind: ValueKind, values: list[str | None]
) -> None:
    array, bad = cast(pa.array(values, pa.string()), kind, "c")

    assert len(values) == len(array)
    for cell in bad:
        assert values[cell.row] is not None
        assert array[cell.row].as_py() is None
