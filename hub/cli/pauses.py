"""How does a person stop what the hub does with a connection, a field or a row, and go on?"""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

import click

from hub.cli.answers import JSON_OPTION, ago_text, print_json, print_table
from hub.cli.central import central_database, person

_ROW = click.option("--row", type=click.UUID, default=None, help="Only this row of the stream.")
_BY = click.option("--by", default=None, help="Who decides; else HUB_ACTOR or your user name.")


@click.command()
@click.argument("name")
@_ROW
@_BY
def pause(name: str, row: UUID | None, by: str | None) -> None:
    """Stop CONNECTION, CONNECTION.STREAM or CONNECTION.STREAM.FIELD.

    With --row only that row, or that cell of it. Neither side's changes reach the other until it
    resumes; then they are merged like any others.
    """
    _set(name, row, by, paused=True)


@click.command()
@click.argument("name")
@_ROW
@_BY
def resume(name: str, row: UUID | None, by: str | None) -> None:
    """Let go on what was paused, named as when it was paused."""
    _set(name, row, by, paused=False)


def _set(name: str, row: UUID | None, by: str | None, *, paused: bool) -> None:
    from hub.sync.pause import parse_target, set_paused

    target = parse_target(name, row)
    with central_database() as database:
        click.echo(set_paused(database, target, paused=paused, by=by or person()))


@click.command()
@JSON_OPTION
def pauses(as_json: bool) -> None:
    """List everything that is paused: since when, and by whom."""
    from hub.store.pauses import list_pauses

    with central_database() as database, database.reading() as session:
        found = list_pauses(session)
    if as_json:
        print_json([asdict(item) for item in found])
        return
    print_table(
        ("what", "row", "since", "by"),
        [
            (
                ".".join(part for part in (item.connection, item.stream, item.column) if part),
                item.row_id or "every row",
                ago_text(item.since),
                item.by or "unknown",
            )
            for item in found
        ],
        empty="Nothing is paused.",
    )
