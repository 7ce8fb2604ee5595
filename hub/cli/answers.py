"""How does a command show what it found: a table for people, JSON for programs?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import click

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")


def print_json(answer: object) -> None:
    """The answer as JSON; what JSON does not know becomes text."""
    click.echo(json.dumps(answer, indent=2, default=str))


def value_text(value: object) -> str:
    """A value in a table's cell."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def span_text(seconds: float | None) -> str:
    """A span of time, roughly."""
    if seconds is None:
        return "unknown"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def ago_text(moment: datetime | None) -> str:
    """How long ago something was."""
    if moment is None:
        return "never"
    return f"{span_text((datetime.now(UTC) - moment).total_seconds())} ago"


def print_table(head: Sequence[str], lines: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table without lines, or the sentence for none."""
    if not lines:
        click.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=None, pad_edge=False, header_style="bold")
    for line in lines:
        table.add_row(*(_plain(cell) for cell in line))
    Console().print(table)


def _plain(cell: object) -> str:
    """What people wrote is no markup."""
    from rich.markup import escape

    return escape(str(cell))


def split_stream(stream: str) -> tuple[str, str]:
    """CONNECTION.STREAM in its two parts."""
    connection, dot, name = stream.partition(".")
    if not dot or not name:
        raise click.UsageError(f"{stream!r} is not CONNECTION.STREAM; `hub sync status` lists them")
    return connection, name
