"""Which sheet is which? Sheets are recognised by their headers, not by their file names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.demo.layout import ACCOUNTS, KINDS, SheetKind, plain_header
from hub.demo.report import SheetRead
from hub.demo.sheets import Cell, RawSheet, Row, is_blank
from hub.errors import InvalidInput

_HEADER_SEARCHED_IN_ROWS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSheet:
    """A sheet whose kind is known: where each column stands, and the rows below the header."""

    kind: SheetKind
    place: str
    headers: Mapping[str, str]
    positions: Mapping[str, int]
    rows: tuple[Row, ...]
    width: int
    decimal_comma: bool
    remark: str

    def has(self, column: str) -> bool:
        return column in self.positions

    def cell(self, row: Row, column: str) -> Cell:
        """The cell as it stands; a column the sheet does not have is empty."""
        position = self.positions.get(column)
        return None if position is None or position >= len(row.cells) else row.cells[position]

    def read(self) -> SheetRead:
        remark = self.remark if self.kind.read else "known, not needed"
        return SheetRead(
            file=self.place, taken_for=self.kind.name, rows=len(self.rows), remark=remark
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """The sheets by kind, and those that are none of them."""

    sheets: Mapping[str, KnownSheet]
    ignored: tuple[SheetRead, ...]


def recognise(sheets: Sequence[RawSheet]) -> Recognised:
    """Tell which sheet is which.

    Raises:
        InvalidInput: there are no accounts, or two sheets look like the same kind.
    """
    known: dict[str, KnownSheet] = {}
    ignored: list[SheetRead] = []
    for sheet in sheets:
        found = _known(sheet)
        if found is None:
            if any(not is_blank(row.cells) for row in sheet.rows):
                ignored.append(_not_used(sheet))
            continue
        other = known.setdefault(found.kind.name, found)
        if other is not found:
            raise InvalidInput(
                f"[demo] {other.place} and {found.place}: both look like {found.kind.name}. "
                "Keep one of them in the folder."
            )
    if ACCOUNTS.name not in known:
        raise InvalidInput(_no_accounts(sheets))
    return Recognised(sheets=known, ignored=tuple(ignored))


def _known(sheet: RawSheet) -> KnownSheet | None:
    best: tuple[int, KnownSheet] | None = None
    for index, row in enumerate(sheet.rows[:_HEADER_SEARCHED_IN_ROWS]):
        headers = [plain_header(cell) for cell in row.cells]
        for kind in KINDS:
            positions = _positions(kind, headers)
            if any(column.required and column.name not in positions for column in kind.columns):
                continue
            # A lone "name" over one column is no account list: at least two columns must fit.
            if len(positions) < min(2, len([header for header in headers if header])):
                continue
            if best is None or len(positions) > best[0]:
                best = len(positions), _built(kind, sheet, index, positions)
    return best[1] if best else None


def _built(
    kind: SheetKind, sheet: RawSheet, header_index: int, positions: Mapping[str, int]
) -> KnownSheet:
    header = sheet.rows[header_index]
    return KnownSheet(
        kind=kind,
        place=sheet.place,
        headers={name: str(header.cells[index]).strip() for name, index in positions.items()},
        positions=positions,
        rows=tuple(row for row in sheet.rows[header_index + 1 :] if not is_blank(row.cells)),
        width=len(header.cells),
        decimal_comma=sheet.decimal_comma,
        remark=sheet.remark,
    )


def _positions(kind: SheetKind, headers: Sequence[str]) -> dict[str, int]:
    """Where each column of `kind` stands; its own name goes before the aliases."""
    positions: dict[str, int] = {}
    for column in kind.columns:
        exact = [i for i, header in enumerate(headers) if header == plain_header(column.name)]
        alias = [i for i, header in enumerate(headers) if column.answers_to(header)]
        free = [i for i in (*exact, *alias) if i not in positions.values()]
        if free:
            positions[column.name] = free[0]
    return positions


def _not_used(sheet: RawSheet) -> SheetRead:
    filled = sum(not is_blank(row.cells) for row in sheet.rows)
    return SheetRead(
        file=sheet.place,
        taken_for="nothing",
        rows=max(filled - 1, 0),
        remark="its headers are none that the demo knows: not used",
    )


def _no_accounts(sheets: Sequence[RawSheet]) -> str:
    column = ACCOUNTS.columns[0]
    accepted = [column.name, *column.aliases]
    lines = []
    for sheet in sheets:
        header = next((row for row in sheet.rows if not is_blank(row.cells)), None)
        if header is None:
            lines.append(f"{sheet.place} is empty")
            continue
        texts = [str(cell).strip() for cell in header.cells if cell is not None]
        near = [
            f'"{text}" is close to "{match[0]}"'
            for text in texts
            if (match := difflib.get_close_matches(plain_header(text), accepted, n=1, cutoff=0.75))
            and match[0] != plain_header(text)
        ]
        shown = ", ".join(f'"{text}"' for text in texts[:8])
        lines.append(
            f"{sheet.place} has the headers {shown}" + (f" ({'; '.join(near)})" if near else "")
        )
    return (
        "[demo] data folder: no sheet of accounts found. It needs a header row with a column "
        f'"account" (or {", ".join(accepted[1:6])}) and at least one of '
        f"{', '.join(other.name for other in ACCOUNTS.columns[1:])}. "
        f"Found: {'; '.join(lines)}. Rename the header."
    )
