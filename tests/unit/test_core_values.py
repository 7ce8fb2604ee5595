"""What is the one form of a value, and does every thing that JSON can say have an answer?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.values import MISSING, Unfit, ValueKind, canonical, is_empty

ANY_TEXT = st.text(st.characters()) | st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "🙂",
        "NaN",
        "Infinity",
        "1e999999999",
        "-0",
        "0001-01-01T00:00:00+14:00",
    ]
)
ANY_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
ANY_JSON = st.recursive(
    ANY_SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(ValueKind)
SCALES = st.none() | st.integers(0, 12)


@given(KINDS, ANY_JSON, SCALES)
def test_everything_that_json_can_say_has_a_canonical_form_or_a_reason(
    kind: ValueKind, raw: object, scale: int | None
) -> None:
    value = canonical(kind, raw, scale=scale)

    if isinstance(value, Unfit):
        assert value.reason
    else:
        assert value == json.loads(json.dumps(value, allow_nan=False))


@given(KINDS, ANY_JSON, SCALES)
def test_a_canonical_value_is_its_own_canonical_form(
    kind: ValueKind, raw: object, scale: int | None
) -> None:
    value = canonical(kind, raw, scale=scale)

    if not isinstance(value, Unfit):
        assert value == canonical(kind, value, scale=scale)


@given(KINDS, ANY_JSON)
def test_no_canonical_value_holds_what_postgres_cannot(kind: ValueKind, raw: object) -> None:
    value = canonical(kind, raw)

    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, Unfit) else ""
    assert "\\u0000" not in text
    text.encode()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_decimal_keeps_its_amount(number: Decimal) -> None:
    value = canonical(ValueKind.DECIMAL, str(number), scale=4)

    assert isinstance(value, str)
    assert abs(Decimal(value) - number) <= Decimal("0.00005")


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_the_same_moment_in_another_zone_is_the_same_value(moment: datetime, minutes: int) -> None:
    here = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    there = canonical(ValueKind.TIMESTAMP, here)

    assert there == canonical(ValueKind.TIMESTAMP, here.isoformat())
    if isinstance(there, str):
        assert timedelta(0) <= here - datetime.fromisoformat(there) < timedelta(milliseconds=1)


@given(st.lists(st.text(min_size=1)))
def test_the_order_of_a_set_means_nothing(items: list[str]) -> None:
    assert canonical(ValueKind.LINKS, items) == canonical(ValueKind.LINKS, items[::-1])


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        (ValueKind.TEXT, "", None),
        (ValueKind.TEXT, " kept ", " kept "),
        (ValueKind.TEXT, 7, "7"),
        (ValueKind.TEXT, ["a", "b"], "a, b"),
        (ValueKind.TEXT, [""], None),
        (ValueKind.TEXT, "a\x00b\udc00", "a�b�"),
        (ValueKind.CHOICE, "sel1", "sel1"),
        (ValueKind.INTEGER, "12", 12),
        (ValueKind.INTEGER, 12.0, 12),
        (ValueKind.INTEGER, " -3 ", -3),
        (ValueKind.INTEGER, 10**18, 10**18),
        (ValueKind.DECIMAL, 0.1, "0.1"),
        (ValueKind.DECIMAL, "1.500", "1.5"),
        (ValueKind.DECIMAL, "-0.00", "0"),
        (ValueKind.DECIMAL, "0e99", "0"),
        (ValueKind.DECIMAL, 1e3, "1000"),
        (ValueKind.DECIMAL, Decimal("1E+5"), "100000"),
        (ValueKind.BOOLEAN, None, False),
        (ValueKind.BOOLEAN, "", False),
        (ValueKind.BOOLEAN, [], False),
        (ValueKind.BOOLEAN, 1, True),
        (ValueKind.BOOLEAN, "Checked", True),
        (ValueKind.BOOLEAN, "no", False),
        (ValueKind.DATE, "2026-11-24", "2026-11-24"),
        (ValueKind.DATE, "2026-11-24T23:30:00-05:00", "2026-11-24"),
        (ValueKind.DATE, date(2026, 11, 24), "2026-11-24"),
        (ValueKind.DATE, datetime(2026, 11, 24, 23, tzinfo=UTC), "2026-11-24"),
        (ValueKind.DATE, datetime(2026, 11, 24, 0, 30), "2026-11-24"),  # noqa: DTZ001  # naive
        (ValueKind.TIMESTAMP, "2026-11-24T10:31:00+02:00", "2026-11-24T08:31:00.000Z"),
        (ValueKind.TIMESTAMP, "2026-11-24T10:31:00", "2026-11-24T10:31:00.000Z"),
        (ValueKind.TIMESTAMP, "2026-11-24", "2026-11-24T00:00:00.000Z"),
        (ValueKind.CHOICES, ["b", "a", "b"], ["a", "b"]),
        (ValueKind.CHOICES, [], None),
        (ValueKind.CHOICES, (), None),
        (ValueKind.LINKS, "rec1", ["rec1"]),
        (
            ValueKind.REFERENCE,
            "0199A8C0-0000-7000-8000-000000000001",
            "0199a8c0-0000-7000-8000-000000000001",
        ),
        (ValueKind.REFERENCE, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ValueKind.OPAQUE, True, True),
        (ValueKind.OPAQUE, 1.5, 1.5),
        (ValueKind.OPAQUE, float("nan"), "nan"),
        (ValueKind.OPAQUE, {"a": 1}, "{'a': 1}"),
    ],
)
def test_each_kind_has_one_form(kind: ValueKind, raw: object, expected: object) -> None:
    assert expected == canonical(kind, raw)


@pytest.mark.parametrize(
    ("raw", "scale", "expected"),
    [
        ("2.345", 2, "2.34"),  # half to even, as numeric columns and accountants want it
        ("2.355", 2, "2.36"),
        ("1e-40", 4, "0"),
        ("9" * 26, 6, "9" * 26),  # more digits than Python's default precision
        ("-0.001", 2, "0"),
    ],
)
def test_a_decimal_is_rounded_to_its_scale(raw: str, scale: int, expected: str) -> None:
    assert expected == canonical(ValueKind.DECIMAL, raw, scale=scale)


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        (ValueKind.INTEGER, "many", "'many' is not a number"),
        (ValueKind.INTEGER, True, "True is not a number"),
        (ValueKind.INTEGER, 1.5, "1.5 is not a whole number"),
        (ValueKind.INTEGER, 10**19, "10000000000000000000 is not a whole number"),
        (ValueKind.DECIMAL, "1,5", "'1,5' is not a number"),
        (ValueKind.DECIMAL, "1e9999999999999999999", "'1e9999999999999999999' is not a number"),
        (ValueKind.DECIMAL, Decimal("NaN"), "Decimal('NaN') is not a number"),
        (ValueKind.DECIMAL, "1e26", "'1e26' is out of range"),
        (ValueKind.DECIMAL, "1e-26", "'1e-26' is out of range"),
        (ValueKind.BOOLEAN, "maybe", "'maybe' is not yes or no"),
        (ValueKind.DATE, "24.11.2026", "'24.11.2026' is not a date such as 2026-11-24"),
        (ValueKind.DATE, "2026-11-24 or so", "'2026-11-24 or so' is not a date such as 2026-11-24"),
        (ValueKind.TIMESTAMP, "noon", "'noon' is not a time such as 2026-11-24T10:31:00Z"),
        (ValueKind.LINKS, [1], "[1] is not a list"),
        (ValueKind.REFERENCE, "x" * 50, f"'{'x' * 36}…' is not an id"),
    ],
)
def test_what_does_not_fit_says_why(kind: ValueKind, raw: object, reason: str) -> None:
    assert Unfit(reason=reason) == canonical(kind, raw)


def test_a_moment_before_the_first_utc_year_is_refused_not_raised() -> None:
    assert isinstance(canonical(ValueKind.TIMESTAMP, "0001-01-01T00:00:00+14:00"), Unfit)


@pytest.mark.parametrize("value", [MISSING, None, False, "", []])
def test_a_cell_that_a_person_calls_empty_is_empty(value: object) -> None:
    assert is_empty(value)  # type: ignore[arg-type]  # the table holds every kind of value


@pytest.mark.parametrize("value", [0, 0.0, "0", " ", True, ["a"]])
def test_zero_is_not_empty(value: object) -> None:
    assert not is_empty(value)  # type: ignore[arg-type]  # the table holds every kind of value


def test_missing_names_itself() -> None:
    assert "MISSING" == repr(MISSING)
