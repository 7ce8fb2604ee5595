"""How does a cell become a value: trimmed, spelled by the rules, counted, or refused?"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hub.demo.cells import Unreadable, day_of, number_of, slashes_are_day_first, text_of
from hub.demo.recognition import KnownSheet
from hub.demo.report import Applications
from hub.demo.sheets import Row
from hub.demo.spelling import SpellingRules
from hub.errors import InvalidInput

_PROBLEMS_SHOWN = 8


class Problems:
    """Everything that keeps a folder from being loaded, told at once."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(
        self,
        sheet: KnownSheet,
        row: Row,
        column: str,
        found: str,
        valid: str,
        choices: Sequence[str] = (),
    ) -> None:
        """One cell that cannot be used, with the nearest of `choices` as a hint."""
        near = difflib.get_close_matches(found, choices, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        header = sheet.headers.get(column, column)
        shown = found if len(found) <= 60 else found[:57] + "…"
        self._lines.append(
            f'{sheet.place}, row {row.number}, column "{header}": got "{shown}", '
            f"valid is {valid}{hint}"
        )

    def refuse_if_any(self) -> None:
        """Raise one error that names the first of them; nothing was loaded by then."""
        if not self._lines:
            return
        shown = "; ".join(self._lines[:_PROBLEMS_SHOWN])
        more = len(self._lines) - _PROBLEMS_SHOWN
        rest = f"; and {more} more" if more > 0 else ""
        raise InvalidInput(
            f"[demo] {shown}{rest}. Nothing was loaded. Mend the cells, or add rows to a sheet "
            "spelling.csv with the columns sheet, column, from, to, reason."
        )


class Reader:
    """Reads the cells of one sheet by the rules, and counts what they change."""

    def __init__(
        self,
        sheet: KnownSheet,
        spelling: SpellingRules,
        applications: Applications,
        problems: Problems,
    ) -> None:
        self.sheet = sheet
        self._spelling = spelling
        self._applications = applications
        self._problems = problems
        self._day_first: dict[str, bool | None] = {}

    def text(self, row: Row, column: str) -> str | None:
        """The cell's text without outer and doubled blanks, spelled by the rules."""
        raw = text_of(self.sheet.cell(row, column))
        if not raw:
            return None
        if "\x00" in raw:
            self.refuse(row, column, raw.replace("\x00", "␀"), "text without a zero byte")
            return None
        text = " ".join(raw.split())
        if text != raw:
            self._applications.count(
                rule="blanks",
                sheet=self.sheet.kind.name,
                column=column,
                found="outer or doubled blanks",
                became="single blanks",
                reason="Blanks that nobody sees make two texts of one.",
            )
        rule = self._spelling.rule_for(self.sheet.kind.name, column, text)
        if rule is None:
            return text or None
        self._applications.count(
            rule="spelling",
            sheet=rule.sheet,
            column=rule.column,
            found=rule.found,
            became=rule.becomes,
            reason=rule.reason,
        )
        return rule.becomes or None

    def number(self, row: Row, column: str, *, below: int) -> Decimal | None:
        """A number of two decimal places and less than `below`."""
        text = self.text(row, column)
        if text is None:
            return None
        number = number_of(text, decimal_comma=self.sheet.decimal_comma)
        if isinstance(number, Unreadable):
            self.refuse(row, column, text, number.valid)
            return None
        if abs(number) >= below:
            self.refuse(row, column, text, f"a number below {below:,}")
            return None
        rounded = number.quantize(Decimal("0.01"))
        if rounded != number:
            self._applications.count(
                rule="cents",
                sheet=self.sheet.kind.name,
                column=column,
                found="more than two decimal places",
                became="two decimal places",
                reason="Amounts are kept to the hundredth, rounded half to even.",
            )
        return rounded

    def whole_number(self, row: Row, column: str, *, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        text = self.text(row, column)
        if text is None:
            return None
        number = number_of(text, decimal_comma=self.sheet.decimal_comma)
        valid = f"a whole number from {low:,} to {high:,}"
        if isinstance(number, Unreadable) or number != int(number) or not low <= number <= high:
            self.refuse(row, column, text, valid)
            return None
        return int(number)

    def day(self, row: Row, column: str) -> date | None:
        """A day."""
        text = self.text(row, column)
        if text is None:
            return None
        if column not in self._day_first:
            self._day_first[column] = slashes_are_day_first(
                text_of(self.sheet.cell(other, column)) for other in self.sheet.rows
            )
        day = day_of(text, day_first=self._day_first[column])
        if isinstance(day, Unreadable):
            self.refuse(row, column, text, day.valid)
            return None
        return day

    def refuse(
        self, row: Row, column: str, found: str, valid: str, choices: Sequence[str] = ()
    ) -> None:
        """Note that this cell cannot be used."""
        self._problems.add(self.sheet, row, column, found, valid, choices)

    def refuse_wide_rows(self) -> None:
        """Note the rows that hold more cells than the header has columns."""
        for row in self.sheet.rows:
            surplus = [text_of(cell) for cell in row.cells[self.sheet.width :] if cell is not None]
            if surplus:
                self._problems.add(
                    self.sheet,
                    row,
                    f"{self.sheet.width + 1}",
                    surplus[0],
                    f"at most {self.sheet.width} cells (is a quotation mark missing?)",
                )
