"""What does a CSV or XLSX file hold, as plain cells with their row numbers?"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from hub.errors import InvalidInput

Cell: TypeAlias = str | float | date | None
_SNIFFED_ROWS = 20
DELIMITERS = (",", ";", "\t", "|")
CSV_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Cells as they stand, and the line or row number a person would look for."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RawSheet:
    """One CSV file, or one sheet of a workbook."""

    place: str
    rows: tuple[Row, ...]
    decimal_comma: bool = False
    remark: str = ""


def read_folder(folder: Path) -> tuple[RawSheet, ...]:
    """Every sheet of every CSV file and workbook in `folder`, by name.

    Raises:
        InvalidInput: there is no such folder, it holds no sheets, or a file cannot be read.
    """
    if not folder.is_dir():
        raise InvalidInput(
            f"[demo] data folder {folder}: there is no such folder. "
            "Name a folder that holds your CSV or XLSX files."
        )
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in CSV_SUFFIXES | WORKBOOK_SUFFIXES
        and not path.name.startswith(("~$", "."))
        and path.is_file()
    )
    if not files:
        endings = ", ".join(sorted(CSV_SUFFIXES | WORKBOOK_SUFFIXES))
        raise InvalidInput(
            f"[demo] data folder {folder}: no sheet in it. Readable are files ending in {endings}; "
            "at least one with your accounts is needed."
        )
    return tuple(sheet for path in files for sheet in read_file(path))


def read_file(path: Path) -> tuple[RawSheet, ...]:
    """The sheets of one file.

    Raises:
        InvalidInput: the file is not what its name says, or may not be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"[demo] {path.name}: cannot be read ({error.strerror}). Check its permissions."
        ) from error
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        return _read_workbook(path.name, content)
    return (_read_csv(path.name, content),)


def _read_csv(name: str, content: bytes) -> RawSheet:
    text, remark = _decode(content)
    delimiter = _delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    start = 1
    try:
        for cells in reader:
            rows.append(Row(number=start, cells=tuple(cell or None for cell in cells)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            f"[demo] {name}: line {start} is not CSV ({error}). Save the file as CSV again."
        ) from error
    return RawSheet(place=name, rows=tuple(rows), decimal_comma=delimiter == ";", remark=remark)


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "read as UTF-16"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        # What most programs mean by Latin-1: it has the euro and the curly quotation marks too.
        return content.decode("cp1252"), "not UTF-8: read as Windows-1252"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "not UTF-8: read as Latin-1"


def _delimiter_of(text: str) -> str:
    """The delimiter that splits the first rows into the same, greatest number of cells."""

    def fitness(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            widths = [len(cells) for cells in islice(reader, _SNIFFED_ROWS) if cells]
        except csv.Error:
            # With a wrong delimiter a quoted cell goes on after its closing mark.
            return (0, 0)
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(DELIMITERS, key=fitness)


def _read_workbook(name: str, content: bytes) -> tuple[RawSheet, ...]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return tuple(
            RawSheet(
                place=f"{name}, sheet {title}",
                rows=tuple(
                    Row(number=number, cells=tuple(_plain(cell) for cell in cells))
                    for number, cells in enumerate(
                        workbook.get_sheet_by_name(title).to_python(skip_empty_area=False), start=1
                    )
                ),
            )
            for title in workbook.sheet_names
        )
    except (CalamineError, OSError) as error:
        raise InvalidInput(
            f"[demo] {name}: is not a readable workbook ({error}). "
            "Save it as XLSX again, without a password."
        ) from error


def _plain(cell: object) -> Cell:
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, (str, float, date)):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return str(cell)


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether a row holds nothing a person would see."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
