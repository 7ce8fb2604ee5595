"""Which row names the columns of a sheet, and what are they called?

Works on a sample of rows as they stand in the file, whatever its format; cells are values or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cell = object
Row = Sequence[Cell]
SAMPLE_ROWS = 60
"""The header is looked for in so many rows."""

_NUMBER = re.compile(r"^[+-]?[\d.,' ]*\d[\d.,' ]*%?$")
_DAY = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The names of the columns, and how many rows stand above the first record."""

    names: tuple[str, ...]
    rows_above: int
    notes: tuple[str, ...] = ()


def find_header(
    sample: Sequence[Row],
    *,
    header_row: int | None = None,
    spans: Mapping[int, Sequence[tuple[int, int]]] | None = None,
) -> Header:
    """The header of the rows in `sample`, the first of the file.

    `header_row` counts from 1, 0 says that there is none; `spans` tells the merged cells of a row
    (from 0) as first and last column.
    """
    width = max((_filled_width(row) for row in sample), default=0)
    if header_row == 0:
        return Header(names=_generated(width), rows_above=0)
    at = header_row - 1 if header_row is not None else _guess(sample, width)
    if at is None:
        note = "No row looks like a header: the columns are numbered."
        return Header(names=_generated(width), rows_above=0, notes=(note,) if width else ())
    cells = list(sample[at]) if at < len(sample) else []
    notes = [f"The header is row {at + 1}; what stands above it is left out."] if at else []
    rows_above = at + 1
    merged = [span for span in (spans or {}).get(at, ()) if span[1] > span[0]]
    if merged:
        for first, last in merged:
            cells += [None] * (last + 1 - len(cells))
            cells[first : last + 1] = [cells[first]] * (last + 1 - first)
        below = sample[at + 1] if at + 1 < len(sample) else ()
        if _is_second_line(below, merged):
            cells = _joined(cells, below)
            rows_above += 1
            notes.append("Merged cells head several columns: the row below tells them apart.")
    names, repairs = _unique(_padded(cells, width))
    return Header(names=names, rows_above=rows_above, notes=(*notes, *repairs))


def is_blank(cell: Cell) -> bool:
    """Whether a person would call the cell empty."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _filled_width(row: Row) -> int:
    return next((at + 1 for at in range(len(row) - 1, -1, -1) if not is_blank(row[at])), 0)


def _guess(sample: Sequence[Row], width: int) -> int | None:
    """The first row that fills most of the width with words; a title fills one cell of many."""
    for at, row in enumerate(sample):
        filled = [cell for cell in row if not is_blank(cell)]
        if not filled or 2 * len(filled) < min(width, _usual_width(sample)):
            continue
        words = [cell for cell in filled if _is_word(cell)]
        return at if 2 * len(words) > len(filled) else None
    return None


def _usual_width(sample: Sequence[Row]) -> int:
    """How many cells the middle row fills: one row that is far too long must not decide."""
    counts = sorted(sum(not is_blank(cell) for cell in row) for row in sample)
    counts = [count for count in counts if count]
    return counts[len(counts) // 2] if counts else 0


def _is_word(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return not _NUMBER.match(text) and not _DAY.match(text)


def _is_second_line(below: Row, merged: Sequence[tuple[int, int]]) -> bool:
    under = [cell for first, last in merged for cell in below[first : last + 1]]
    return (
        bool(under)
        and all(_is_word(cell) for cell in below if not is_blank(cell))
        and any(not is_blank(cell) for cell in under)
    )


def _joined(cells: Sequence[Cell], below: Row) -> list[Cell]:
    length = max(len(cells), len(below))
    upper = [*cells, *[None] * (length - len(cells))]
    lower = [*below, *[None] * (length - len(below))]
    return [
        f"{_text(over)} {_text(under)}".strip()
        for over, under in zip(upper, lower, strict=True)
    ]  # fmt: skip


def _padded(cells: Sequence[Cell], width: int) -> list[Cell]:
    kept = list(cells[: max(_filled_width(cells), width)])
    return [*kept, *[None] * (width - len(kept))]


def _generated(width: int) -> tuple[str, ...]:
    return tuple(f"column {at + 1}" for at in range(width))


def _text(cell: Cell) -> str:
    if is_blank(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _unique(cells: Sequence[Cell]) -> tuple[tuple[str, ...], list[str]]:
    names: list[str] = []
    unnamed: list[str] = []
    doubled: list[str] = []
    for at, cell in enumerate(cells):
        wanted = _text(cell)
        if not wanted:
            wanted = f"column {at + 1}"
            unnamed.append(str(at + 1))
        name, number = wanted, 1
        while name in names:
            number += 1
            name = f"{wanted} {number}"
        if number > 1:
            doubled.append(name)
        names.append(name)
    notes = []
    if unnamed:
        notes.append(f"Columns without a name are numbered: {', '.join(unnamed[:8])}.")
    if doubled:
        notes.append(f"Names that stood twice are numbered: {', '.join(doubled[:8])}.")
    return tuple(names), notes
