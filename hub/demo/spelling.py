"""Which spellings are mended, and why? The rules are a sheet of their own, not code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hub.demo.layout import KINDS, plain_header
from hub.demo.recognition import KnownSheet
from hub.demo.sheets import Cell, Row
from hub.errors import InvalidInput

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class SpellingRule:
    """In this column, this text means that one."""

    sheet: str
    column: str
    found: str
    becomes: str
    reason: str


class SpellingRules:
    """The rules of one folder, found by sheet, column and text."""

    def __init__(self, rules: Sequence[SpellingRule] = ()) -> None:
        self._rules = {(rule.sheet, rule.column, rule.found): rule for rule in rules}

    def __len__(self) -> int:
        return len(self._rules)

    def rule_for(self, sheet: str, column: str, text: str) -> SpellingRule | None:
        """The rule that this text meets, if any; texts are compared letter by letter."""
        return self._rules.get((sheet, column, text))


def read_spelling(sheet: KnownSheet | None) -> SpellingRules:
    """The rules that the spelling sheet holds.

    Raises:
        InvalidInput: a rule names a sheet or a column that the demo does not know, or is empty.
    """
    return SpellingRules([_rule(sheet, row) for row in sheet.rows] if sheet else ())


def _rule(sheet: KnownSheet, row: Row) -> SpellingRule:
    kind = _named(sheet, row, "sheet", {kind.name: kind for kind in KINDS if kind.read})
    column = _named(sheet, row, "column", {column.name: column for column in kind.columns})
    found, becomes = (_text(sheet.cell(row, name)) for name in ("from", "to"))
    if not found:
        raise InvalidInput(
            f"[demo] {sheet.place}, row {row.number}, column from: got nothing. "
            "Write the text that the rule is for."
        )
    return SpellingRule(
        sheet=kind.name,
        column=column.name,
        found=found,
        becomes=becomes,
        reason=_text(sheet.cell(row, "reason")) or "A rule of the spelling sheet.",
    )


def _named(sheet: KnownSheet, row: Row, column: str, choices: Mapping[str, T]) -> T:
    text = _text(sheet.cell(row, column))
    for name, choice in choices.items():
        if plain_header(name) == plain_header(text):
            return choice
    near = difflib.get_close_matches(text, choices, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise InvalidInput(
        f'[demo] {sheet.place}, row {row.number}, column {column}: got "{text}", valid are '
        f"{', '.join(choices)}.{hint}"
    )


def _text(cell: Cell) -> str:
    return str(cell or "").strip()
