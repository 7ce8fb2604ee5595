"""How does a person see what a run would do, and let exactly that be done?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hub.cli.answers import JSON_OPTION, ago_text, print_json, print_table, split_stream, value_text
from hub.cli.central import central_database, person
from hub.cli.explain import chosen_streams
from hub.cli.wired import wired

if TYPE_CHECKING:
    from hub.store.previews import KeptPreview
    from hub.sync.dry_run import Preview, RecordDiff

_BY = click.option("--by", default=None, help="Who decides; else HUB_ACTOR or your user name.")
_HEAD = ("what", "record", "column", "before", "after", "note")


@click.command()
@click.argument("stream")
@click.option("--push", "direction", flag_value="push", help="What would be sent.")
@click.option(
    "--pull", "direction", flag_value="pull", default="pull", help="What a complete read would do."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="How many records are shown; all are counted.",
)
@click.option("--save", is_flag=True, help="Keep it, so that `hub sync apply` can carry it out.")
@JSON_OPTION
def preview(stream: str, direction: str, limit: int, save: bool, as_json: bool) -> None:
    """Run a pull or a push of CONNECTION.STREAM dry: the exact diff, and its price.

    It reads the other side behind everybody else's requests and writes nothing.
    """
    from hub.sync.dry_run import Direction
    from hub.sync.preview import preview as run_dry
    from hub.sync.previews import MOST_RECORDS, keep

    connection, name = split_stream(stream)
    with wired() as wiring:
        chosen_streams(wiring.config, stream)
        seen = run_dry(
            wiring.sync_connection(connection),
            name,
            Direction(direction),
            keeps=MOST_RECORDS if save else limit,
            requests_per_second=wiring.requests_per_second(connection),
        )
        kept = keep(wiring.database, seen, person()) if save else None
    if as_json:
        id_of = {"id": str(kept)} if kept else {}
        print_json(asdict(seen) | {"counts": dict(seen.counts)} | id_of)
        return
    _print_seen(seen, limit)
    if kept is not None:
        click.echo(f"Kept as {kept}. `hub sync apply {kept}` carries out exactly this.")


def _print_seen(seen: Preview, limit: int) -> None:
    print_table(_HEAD, _lines(seen.records[:limit]), empty="Nothing would change.")
    if len(seen.records) > limit:
        click.echo(f"The first {limit} records are shown; --limit shows more.")
    for sentence in (*seen.notes, *(f"The guard would stop it: {why}." for why in seen.stops)):
        click.echo(sentence)
    side = "rows" if seen.direction == "pull" else "records"
    click.echo(
        f"{side.capitalize()}: {_acts(seen.counts) or 'none to change'}. The {seen.direction} "
        f"itself would cost about {seen.calls} calls and {seen.seconds} s; looking cost "
        f"{seen.calls_made} calls."
    )


def _lines(records: Sequence[RecordDiff]) -> list[tuple[object, ...]]:
    lines: list[tuple[object, ...]] = []
    for record in records:
        label = record.external_id or record.row_id
        lines += [
            (record.action.value, label, c.column, value_text(c.before), value_text(c.after), "")
            for c in record.cells
        ]
        if record.note or not record.cells:
            lines.append((record.action.value, label, "", "", "", record.note or ""))
    return lines


def _acts(counts: Any) -> str:
    acts = ("create", "change", "revive", "delete")
    return ", ".join(f"{counts[a]} to {a}" for a in acts if counts.get(a))


@click.command()
@click.argument("preview_id", metavar="PREVIEW", type=click.UUID)
@_BY
def apply(preview_id: UUID, by: str | None) -> None:
    """Carry out a kept preview: exactly what it shows, without what moved since."""
    _decide(preview_id, by, approve=True)


@click.command()
@click.argument("preview_id", metavar="PREVIEW", type=click.UUID)
@_BY
def discard(preview_id: UUID, by: str | None) -> None:
    """Drop a kept preview: nothing of it is done."""
    _decide(preview_id, by, approve=False)


def _decide(preview_id: UUID, by: str | None, *, approve: bool) -> None:
    from hub.sync.previews import decide_preview

    with central_database() as database:
        click.echo(decide_preview(database, preview_id, approve=approve, by=by or person()))
    if approve:
        click.echo(f"`hub sync previews {preview_id}` says what became of it.")


@click.command()
@click.argument("preview_id", metavar="[PREVIEW]", required=False, type=click.UUID)
@JSON_OPTION
def previews(preview_id: UUID | None, as_json: bool) -> None:
    """List the kept previews, or show one: what it shows, and what of it was left out."""
    from hub.store.previews import list_previews, load_preview

    with central_database() as database, database.reading() as session:
        if preview_id is not None:
            _show(load_preview(session, preview_id), as_json=as_json)
            return
        found = list_previews(session)
    if as_json:
        print_json([asdict(item) for item in found])
        return
    print_table(
        ("id", "stream", "what", "state", "shows", "by", "asked"),
        [
            (
                item.id,
                f"{item.connection}.{item.stream}",
                item.direction,
                item.status,
                _acts(item.diff.get("counts", {})) or "-",
                item.asked_by,
                ago_text(item.created_at),
            )
            for item in found
        ],
        empty="No preview is kept: `hub sync preview CONNECTION.STREAM --save` keeps one.",
    )


def _show(item: KeptPreview, *, as_json: bool) -> None:
    from hub.sync.previews import records_of

    if as_json:
        print_json(asdict(item))
        return
    if item.diff:
        print_table(_HEAD, _lines(records_of(item.diff)), empty="Nothing would change.")
    click.echo(f"The {item.direction} of {item.connection}.{item.stream} is {item.status}.")
    if item.message:
        click.echo(item.message)
    left = item.left_out.get("cells", ())
    if left:
        print_table(
            ("left out", "column", "why"),
            [
                (cell["external_id"] or cell["row_id"], cell["column"] or "", cell["reason"])
                for cell in left
            ],
            empty="",
        )
