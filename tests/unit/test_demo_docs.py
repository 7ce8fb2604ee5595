"""Does docs/demo.md say what the demo does?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hub.demo.company import build
from hub.demo.layout import KINDS, SheetKind
from hub.demo.sheets import CSV_SUFFIXES, WORKBOOK_SUFFIXES

TEXT = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.read], ids=lambda kind: kind.name)
def test_every_column_that_is_read_is_described(kind: SheetKind) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {kind.name} |"))
    _, _, needed, also, _, _ = (part.strip() for part in line.split("|"))

    assert {c.name for c in kind.columns if c.required} == set(needed.split(", "))
    assert {c.name for c in kind.columns if not c.required} == set(also.split(", ")) - {""}


def test_every_kind_of_file_is_named() -> None:
    assert all(f"`{suffix}`" in TEXT for suffix in CSV_SUFFIXES | WORKBOOK_SUFFIXES)


def test_the_counts_are_those_of_the_report() -> None:
    report = build(today=date(2026, 11, 25)).report

    for rule in report.applied:
        change = f"`{rule.sheet}.{rule.column}`: {rule.found} → {rule.became}"
        assert f"| {change} | {rule.count:,} |" in TEXT
    for flaw in report.kept:
        assert f"| {flaw.flaw} | {flaw.count:,} |" in TEXT
    for read in report.read:
        if read.taken_for in {"accounts", "sales_pipeline", "sales_teams", "products"}:
            assert f"| `{read.file}` | {read.rows:,} |" in TEXT
