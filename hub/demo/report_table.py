"""How is the report of a build shown to a person at a terminal?"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hub.demo.report import Report


def report_text(report: Report, *, width: int = 100) -> str:
    """The report as plain lines no longer than `width`: for a log, a pipe or a terminal."""
    page = io.StringIO()
    print_report(report, Console(file=page, width=width, color_system=None))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()).strip("\n")


def print_report(report: Report, console: Console) -> None:
    """Print what was read, what the rules changed, which flaws were kept, what was generated."""
    _print(
        console,
        "Read from sheets",
        ("file", "taken for", "rows", "remark"),
        [(read.file, read.taken_for, f"{read.rows:,}", read.remark) for read in report.read],
    )
    _print(
        console,
        "Changed by rules",
        ("column", "found", "became", "cells", "why"),
        [
            (
                f"{rule.sheet}.{rule.column}",
                rule.found,
                rule.became,
                f"{rule.count:,}",
                rule.reason,
            )
            for rule in report.applied
        ],
    )
    _print(
        console,
        "Flaws that were kept",
        ("flaw", "rows", "why", "such as"),
        [
            (flaw.flaw, f"{flaw.count:,}", flaw.reason, ", ".join(flaw.examples))
            for flaw in report.kept
        ],
    )
    _print(
        console,
        "Derived from the sheets",
        ("column", "cells", "how"),
        [(made.column, f"{made.count:,}", made.reason) for made in report.derived],
    )
    _print(
        console,
        "Generated from a seed, as no sheet holds it",
        ("what", "rows"),
        [(made.what, f"{made.rows:,}") for made in report.generated],
    )


def _print(
    console: Console, title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in headers:
        is_count = header in {"rows", "cells"}
        table.add_column(header, justify="right" if is_count else "left", overflow="fold")
    for row in rows:
        # As text: a cell of somebody's sheet may look like rich's markup.
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        console.print(f"\n[bold]{title}[/bold]")
        console.print(table)
