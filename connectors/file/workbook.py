"""How is a sheet of a workbook read: which sheet, which rows, which values?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from connectors.file.headers import SAMPLE_ROWS, find_header, is_blank
from connectors.file.part import PAGE_ROWS, FilePart
from connectors.file.settings import StreamSettings
from hub.core.columns import to_arrow
from hub.errors import InvalidInput, MappingError

ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"}
)
"""What a formula shows that could not be worked out."""


def open_workbook(file: BinaryIO, place: str) -> CalamineWorkbook:
    """The workbook in `file`.

    Raises:
        InvalidInput: it is damaged, locked with a password, or no workbook.
    """
    try:
        return CalamineWorkbook.from_filelike(BytesIO(file.read()))
    except (CalamineError, OSError, ValueError) as exc:
        raise InvalidInput(
            f"[file] {place} cannot be read as a workbook: {str(exc)[:200]}. Open it in a "
            "spreadsheet program, take a password off, and save it again."
        ) from exc


def sheet_names(book: CalamineWorkbook) -> list[str]:
    """The sheets that hold tables, in their order; charts and macros are none."""
    return [sheet.name for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]


def read_workbook(
    file: BinaryIO, settings: StreamSettings, place: str, *, from_row: int = 0
) -> Iterator[FilePart]:
    """The rows of one sheet. A column has one type: text, where its cells have several.

    Raises:
        InvalidInput: the workbook cannot be read.
        MappingError: it has no such sheet.
    """
    book = open_workbook(file, place)
    sheet, rows = _chosen(book, settings, place)
    if sheet is None or not rows:
        return
    header = find_header(rows[:SAMPLE_ROWS], header_row=settings.header_row, spans=_spans(sheet))
    records = rows[header.rows_above : settings.last_row]
    notes = list(header.notes)
    failed = sum(cell in ERRORS for row in records for cell in row if isinstance(cell, str))
    if failed:
        notes.append(f"{failed} cells show a formula's error, such as #N/A: they are left empty.")
    records = [row for row in records if any(not is_blank(cell) for cell in row)]
    columns = {
        name: to_arrow([_value(row, at) for row in records]) for at, name in enumerate(header.names)
    }
    del records, rows
    table = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    del columns
    for begin in range(0, table.num_rows, PAGE_ROWS):
        part = table.slice(begin, PAGE_ROWS)
        end = begin + part.num_rows
        if end > from_row:
            part = part.slice(max(from_row - begin, 0))
            yield FilePart(rows=part, next_row=end, notes=tuple(notes))
            notes = []
    if table.num_rows == 0:
        yield FilePart(rows=table, next_row=0, notes=tuple(notes))


def _chosen(
    book: CalamineWorkbook, settings: StreamSettings, place: str
) -> tuple[CalamineSheet | None, list[Sequence[object]]]:
    names = sheet_names(book)
    if settings.sheet is not None and settings.sheet not in names:
        raise MappingError(
            f"[file] {place} has no sheet {settings.sheet!r}; it has {', '.join(names)}. "
            "Correct `sheet` in hub.toml."
        )
    sheet = None
    for name in names if settings.sheet is None else [settings.sheet]:
        sheet = book.get_sheet_by_name(name)
        rows = _rows(sheet)
        if rows:
            return sheet, rows
    return sheet, []


def _rows(sheet: CalamineSheet) -> list[Sequence[object]]:
    if sheet.height == 0 or sheet.start is None:
        return []
    # Rows above the first filled one are kept, so that row numbers are those people see.
    return [
        [None if cell == "" else cell for cell in row]
        for row in sheet.to_python(skip_empty_area=False)
    ]


def _spans(sheet: CalamineSheet) -> dict[int, list[tuple[int, int]]]:
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        for row in range(first_row, last_row + 1):
            spans[row].append((first_column, last_column))
    return spans


def _value(row: Sequence[object], at: int) -> object:
    cell = row[at] if at < len(row) else None
    return None if is_blank(cell) or (isinstance(cell, str) and cell in ERRORS) else cell
