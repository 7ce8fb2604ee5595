"""Which number, day or text does a cell of a spreadsheet mean?

A cell that fits nothing is an `Unreadable` with what would be valid; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.demo.sheets import Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A cell that means nothing of the kind asked for."""

    valid: str


_CURRENCY = re.compile(r"^(?:[$€£]|USD|EUR|GBP)\s*|\s*(?:[$€£]|USD|EUR|GBP)$", re.IGNORECASE)
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_ISO_DAY = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$")
_DOTTED_DAY = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$")
_SLASHED_DAY = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")


def text_of(cell: Cell) -> str:
    """The cell as a person would type it: 12.0 is "12", a day is ISO."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def number_of(text: str, *, decimal_comma: bool = False) -> Decimal | Unreadable:
    """A number, with or without a currency and thousands marks.

    A lone comma before three digits is a thousands mark, unless the sheet separates its cells
    with semicolons: such sheets write decimals with a comma.
    """
    plain = _CURRENCY.sub("", text.strip())
    plain = plain.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "")
    comma_is_last = plain.rfind(",") > plain.rfind(".")
    if comma_is_last and ("." in plain or decimal_comma or not _GROUPED.match(plain)):
        plain = plain.replace(".", "").replace(",", ".") if plain.count(",") == 1 else plain
    elif decimal_comma and _GROUPED.match(plain.replace(".", ",")):
        plain = plain.replace(".", "")
    if _GROUPED.match(plain):
        plain = plain.replace(",", "")
    if not _NUMBER.match(plain):
        return Unreadable(valid="a number such as 1234.56")
    return Decimal(plain)


def slashes_are_day_first(texts: Iterable[str]) -> bool | None:
    """Whether 3/4/2024 is the third of April in this column; None where no cell tells."""
    told = {
        first > 12
        for text in texts
        if (match := _SLASHED_DAY.match(text.strip()))
        and ((first := int(match[1])) > 12) != (int(match[2]) > 12)
    }
    return told.pop() if len(told) == 1 else None


def day_of(text: str, *, day_first: bool | None = None) -> date | Unreadable:
    """A day: ISO, dotted with the day first, or slashed as `day_first` says."""
    plain = text.strip()
    if match := _ISO_DAY.match(plain):
        year, month, day = match.groups()
    elif match := _DOTTED_DAY.match(plain):
        day, month, year = match.groups()
    elif match := _SLASHED_DAY.match(plain):
        if day_first is None:
            return Unreadable(
                valid="a day such as 2017-03-01 (day or month first cannot be told here)"
            )
        day, month, year = match.groups() if day_first else (match[2], match[1], match[3])
    else:
        return Unreadable(valid="a day such as 2017-03-01")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return Unreadable(valid="a day of the calendar such as 2017-03-01")
