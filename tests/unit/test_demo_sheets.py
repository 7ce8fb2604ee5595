"""Are cells of spreadsheets read as their author meant them?"""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import write_workbook

from hub.demo.cells import Unreadable, day_of, number_of, slashes_are_day_first, text_of
from hub.demo.sheets import read_file, read_folder
from hub.errors import InvalidInput


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n", [("a", "b"), ("1", "2")]),
        # a byte order mark is no part of the first header
        (b"\xef\xbb\xbfa,b\n1,2\n", [("a", "b"), ("1", "2")]),
        # semicolons, with commas inside the cells
        (b"a;b\n1,5;2,5\n3;4\n", [("a", "b"), ("1,5", "2,5"), ("3", "4")]),
        (b"a\tb\n1\t2\n", [("a", "b"), ("1", "2")]),
        # a quoted cell of two lines
        (b'a,b\n"1\nx",2\n', [("a", "b"), ("1\nx", "2")]),
        # old encodings
        ("näme,ort\nZoë,Köln\n".encode("latin-1"), [("näme", "ort"), ("Zoë", "Köln")]),
        ("a,b\n5 €,x\n".encode("cp1252"), [("a", "b"), ("5 €", "x")]),
        ("a,b\n1,2\n".encode("utf-16"), [("a", "b"), ("1", "2")]),
        (b"", []),
    ],
)
def test_csv_files_of_all_sorts_are_read(
    tmp_path: Path, content: bytes, expected: list[tuple[str, ...]]
) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(content)

    (sheet,) = read_file(path)

    assert expected == [row.cells for row in sheet.rows]


def test_row_numbers_are_the_lines_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(b'a,b\n"1\nx",2\n3,4\n')

    assert [1, 2, 4] == [row.number for row in read_file(path)[0].rows]


def test_an_old_encoding_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes("näme,ort\n".encode("latin-1"))

    assert read_file(path)[0].remark == "not UTF-8: read as Windows-1252"


def test_a_workbook_gives_each_of_its_sheets(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, {"One": [["a", 1, 2.5]], "Two": [[date(2017, 3, 1), None, "x"]]})

    one, two = read_file(path)

    assert ("a", 1.0, 2.5) == one.rows[0].cells
    assert (date(2017, 3, 1), None, "x") == two.rows[0].cells
    assert "book.xlsx, sheet Two" == two.place


@pytest.mark.parametrize("name", ["book.xlsx", "book.xls", "book.ods"])
def test_a_file_that_is_no_workbook_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is text")

    with pytest.raises(InvalidInput, match=f"{name}: is not a readable workbook"):
        read_folder(tmp_path)


def test_a_missing_folder_and_an_empty_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no such folder"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="no sheet in it"):
        read_folder(tmp_path)


@given(st.lists(st.lists(st.text("ab,;\"'\n é", max_size=6), min_size=3, max_size=3), min_size=2))
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    rows = [["x", "y", "z"], *rows]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "sheet.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")

    (sheet,) = read_file(path)

    assert [tuple(cell or None for cell in row) for row in rows] == [
        row.cells for row in sheet.rows
    ]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_numbers_survive_all_usual_spellings(number: Decimal) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert number == number_of(str(number))
    assert number == number_of(english)
    assert number == number_of(f"$ {english}")
    assert number == number_of(german, decimal_comma=True)
    assert number == number_of(english.replace(",", "\u00a0"))


@pytest.mark.parametrize(
    ("text", "decimal_comma", "expected"),
    [
        ("1,234", False, Decimal(1234)),  # a thousands mark, as English writes it
        ("1,234", True, Decimal("1.234")),  # a decimal comma, as sheets with semicolons have
        ("1.234", False, Decimal("1.234")),
        ("1.234", True, Decimal(1234)),
        ("1,5", False, Decimal("1.5")),  # no thousands mark has one digit after it
        ("1.234,56", False, Decimal("1234.56")),
        ("12 %", False, None),
        ("n/a", False, None),
        ("1,2,3", False, None),
        ("1e5", False, None),
        ("--5", False, None),
        ("٣", False, Decimal(3)),  # digits of other scripts are digits
    ],
)
def test_numbers_are_read_or_refused(
    text: str, decimal_comma: bool, expected: Decimal | None
) -> None:
    read = number_of(text, decimal_comma=decimal_comma)

    assert expected == (None if isinstance(read, Unreadable) else read)


@given(st.dates(min_value=date(1900, 1, 1)))
def test_days_survive_all_usual_spellings(day: date) -> None:
    assert day == day_of(day.isoformat())
    assert day == day_of(f"{day.day}.{day.month}.{day.year}")
    assert day == day_of(f"{day.day}/{day.month}/{day.year}", day_first=True)
    assert day == day_of(f"{day.month:02}/{day.day:02}/{day.year}", day_first=False)
    assert day == day_of(text_of(day))


@pytest.mark.parametrize("text", ["2017-02-30", "31.4.2017", "soon", "3/4/2017", "20170301", ""])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert isinstance(day_of(text), Unreadable)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3/4/2017", "25/4/2017"], True),
        (["3/4/2017", "4/25/2017"], False),
        (["3/4/2017"], None),
        (["25/4/2017", "4/25/2017"], None),  # the column contradicts itself
        (["2017-03-01", "soon"], None),
    ],
)
def test_the_column_tells_which_of_two_numbers_is_the_day(
    texts: list[str], expected: bool | None
) -> None:
    assert expected == slashes_are_day_first(texts)


@given(st.text(max_size=12), st.booleans())
def test_no_text_breaks_the_readers(text: str, decimal_comma: bool) -> None:
    assert isinstance(number_of(text, decimal_comma=decimal_comma), (Decimal, Unreadable))
    assert isinstance(day_of(text, day_first=decimal_comma), (date, Unreadable))
