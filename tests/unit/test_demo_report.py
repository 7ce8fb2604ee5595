"""Is the report of a build complete and readable?"""

from __future__ import annotations

import json
from pathlib import Path

from hub.demo.report import Applied, Derived, Generated, Kept, Report, SheetRead
from hub.demo.report_table import report_text

REPORT = Report(
    read=(SheetRead(file="a.csv", taken_for="accounts", rows=1234, remark="read as UTF-16"),),
    applied=(
        Applied(
            rule="spelling",
            sheet="accounts",
            column="sector",
            found="[red]technolgy[/red]",
            became="technology",
            reason="A typing mistake.",
            count=12,
        ),
    ),
    kept=(
        Kept(
            flaw="deals without an account",
            sheet="sales_pipeline",
            column="account",
            count=1425,
            reason="They stay unmatched.",
            examples=("D1", "D2"),
        ),
    ),
    derived=(Derived(column="client.account_manager", count=85, reason="Most deals."),),
    generated=(Generated(what="contact", rows=211),),
)


def test_every_part_of_the_report_is_shown() -> None:
    text = report_text(REPORT)

    for part in (
        "1,234", "read as UTF-16", "accounts.sector", "technology", "A typing mistake.", "1,425",
        "They stay unmatched.", "D1, D2", "client.account_manager", "Most deals.", "contact", "211",
    ):  # fmt: skip
        assert part in text


def test_what_looks_like_markup_is_shown_as_it_stands() -> None:
    assert "[red]technolgy[/red]" in report_text(REPORT, width=140)


def test_lines_fit_the_terminal() -> None:
    assert max(map(len, report_text(REPORT, width=60).splitlines())) <= 60


def test_parts_with_nothing_in_them_are_left_out() -> None:
    text = report_text(Report(read=REPORT.read, applied=(), kept=()))

    assert "Changed by rules" not in text
    assert "Flaws" not in text


def test_the_stored_report_holds_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    REPORT.store(path)

    stored = json.loads(path.read_text(encoding="utf-8"))
    assert {"read", "applied", "kept", "derived", "generated"} == set(stored)
    assert stored["kept"][0]["examples"] == ["D1", "D2"]
    assert REPORT.cells_changed == 12
