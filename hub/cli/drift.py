"""How does a person see what changed about the tables at the other side, and what it stops?"""

from __future__ import annotations

from dataclasses import asdict

import click

from hub.cli.answers import JSON_OPTION, ago_text, print_json, print_table
from hub.cli.central import central_database


@click.command()
@click.option("--all", "everything", is_flag=True, help="What is over, too, and what is safe.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@JSON_OPTION
def drift(everything: bool, limit: int, as_json: bool) -> None:
    """List what changed about the tables at the other side, graded by what it stops.

    Safe changes stop nothing. What needs attention goes on. What is breaking stands still, alone.
    """
    from hub.store.schema_changes import list_changes

    with central_database() as database, database.reading() as session:
        found = list_changes(session, standing=not everything, limit=limit)
    if as_json:
        print_json([asdict(change) for change in found])
        return
    print_table(
        ("grade", "stream", "what", "column", "seen", "next step"),
        [
            (
                change.grade if change.closed_at is None else f"{change.grade}, over",
                f"{change.connection}.{change.stream}",
                change.sentence,
                change.hub_column or "",
                ago_text(change.seen_at),
                change.next_step or "",
            )
            for change in found
        ],
        empty="The tables are as the streams need them."
        if not everything
        else "No table has changed since it was first seen.",
    )
