"""How do ops see and steer the streams from the command line?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from hub.cli.answers import (
    JSON_OPTION,
    ago_text,
    print_json,
    print_table,
    split_stream,
    value_text,
)
from hub.cli.central import central_database, person
from hub.cli.drift import drift
from hub.cli.explain import divergence, why
from hub.cli.pauses import pause, pauses, resume
from hub.cli.previews import apply, discard, preview, previews
from hub.cli.undo import undo
from hub.core.merge import Winner
from hub.store import conflicts as conflict_store
from hub.store import runs as run_store
from hub.store import streams as stream_store
from hub.sync import resolve as resolving


@click.group()
def sync() -> None:
    """See how the streams are, settle conflicts, and decide about plans that were stopped."""


@sync.command()
@JSON_OPTION
def status(as_json: bool) -> None:
    """Say how each stream is."""
    with central_database() as database, database.reading() as session:
        found = stream_store.overview(session)
    if as_json:
        print_json(found)
        return
    print_table(
        ("stream", "state", "records", "last in", "last out", "conflicts", "frozen"),
        [
            (
                f"{row['connection']}.{row['stream']}",
                _state(row),
                f"{row['records']:,}",
                ago_text(row["pulled_at"]),
                ago_text(row["pushed_at"]),
                row["open_conflicts"],
                row["frozen_cells"],
            )
            for row in found
        ],
        empty="No stream has run yet: start the worker and the scheduler with `hub up`.",
    )


def _state(row: dict[str, Any]) -> str:
    if row["is_paused"]:
        return "paused"
    if row["hold_reason"]:
        return f"stopped: {row['hold_reason']}"
    if row["failing_since"]:
        return f"failing: {row['error_message']}"
    if row["backfilled_at"] is None:
        return "reading for the first time"
    return "healthy"


@sync.command()
@click.option(
    "--status",
    "wanted",
    type=click.Choice(["open", "settled", "resolved", "all"]),
    default="all",
    show_default=True,
    help="Only those that wait, were settled by a policy, or were resolved by a person.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@JSON_OPTION
def conflicts(wanted: str, limit: int, as_json: bool) -> None:
    """List conflicts, the newest first: base, theirs, ours, and whose value stands."""
    with central_database() as database, database.reading() as session:
        found = conflict_store.list_conflicts(
            session, status=None if wanted == "all" else wanted, limit=limit
        )
    if as_json:
        print_json([_conflict(item) for item in found])
        return
    print_table(
        ("id", "cell", "base", "theirs", "ours", "stands", "why"),
        [
            (
                item.id,
                f"{item.table_name}.{item.field}",
                value_text(item.base),
                f"{value_text(item.theirs)} ({item.their_actor or 'unknown'})",
                f"{value_text(item.ours)} ({item.our_actor or 'unknown'})",
                item.winner or "waits for you",
                f"{item.cause}, {item.policy}",
            )
            for item in found
        ],
        empty="There is no such conflict.",
    )


@sync.command()
@click.argument("conflict", type=click.UUID)
@click.argument("winner", type=click.Choice([side.value for side in Winner]))
@click.option("--by", default=None, help="Who decides; else HUB_ACTOR or your user name.")
def resolve(conflict: UUID, winner: str, by: str | None) -> None:
    """Let THEIRS or OURS stand, also long after a policy decided otherwise."""
    with central_database() as database:
        click.echo(resolving.resolve_conflict(database, conflict, Winner(winner), by or person()))


@sync.command()
@JSON_OPTION
def approvals(as_json: bool) -> None:
    """List the plans that the guard stopped and that wait for a word."""
    with central_database() as database, database.reading() as session:
        found = run_store.open_approvals(session)
    if as_json:
        print_json(found)
        return
    print_table(
        ("id", "stream", "records", "why it was stopped"),
        [
            (row["id"], f"{row['connection']}.{row['stream']}", row["items"], row["reason"])
            for row in found
        ],
        empty="Nothing waits.",
    )


@sync.command()
@click.argument("approval", type=click.UUID)
@click.option("--by", default=None, help="Who decides; else HUB_ACTOR or your user name.")
def approve(approval: UUID, by: str | None) -> None:
    """Carry out a stopped plan: exactly the records that it lists."""
    with central_database() as database:
        click.echo(resolving.decide_plan(database, approval, approve=True, by=by or person()))


@sync.command()
@click.argument("approval", type=click.UUID)
@click.option("--by", default=None, help="Who decides; else HUB_ACTOR or your user name.")
def refuse(approval: UUID, by: str | None) -> None:
    """Drop a stopped plan, and put back what it would have followed."""
    with central_database() as database:
        click.echo(resolving.decide_plan(database, approval, approve=False, by=by or person()))


@sync.command()
@click.argument("stream")
def adopt(stream: str) -> None:
    """Take a stream's fields as they are now, changed types included."""
    connection, name = split_stream(stream)
    with central_database() as database:
        resolving.adopt_schema(database, connection, name, by=person())
    click.echo(f"{stream} takes its fields as they are now; it is read completely once.")


def _conflict(item: conflict_store.ConflictRecord) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


for _command in (
    divergence,
    drift,
    why,
    preview,
    previews,
    apply,
    discard,
    undo,
    pause,
    resume,
    pauses,
):
    sync.add_command(_command)
