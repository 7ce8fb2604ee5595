"""How does a person put back what a run or somebody changed?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from hub.cli.answers import JSON_OPTION, print_json, print_table, value_text
from hub.cli.central import central_database, person

if TYPE_CHECKING:
    from hub.store.undoing import Selection

MOST_SHOWN = 200


@click.group()
def undo() -> None:
    """Put back what a run or a person changed; an undo can be undone like any other run."""


_UNDO_OPTIONS = (
    click.option("--yes", is_flag=True, help="Do it; otherwise it is only shown."),
    click.option("--preview", "only_show", is_flag=True, help="Only show it, also with --yes."),
    click.option("--by", default=None, help="Who undoes; else HUB_ACTOR or your user name."),
    JSON_OPTION,
)


def _undo_options(command: Any) -> Any:
    for option in reversed(_UNDO_OPTIONS):
        command = option(command)
    return command


@undo.command("run")
@click.argument("run_id", type=click.UUID)
@_undo_options
def undo_run(run_id: UUID, yes: bool, only_show: bool, by: str | None, as_json: bool) -> None:
    """Put back the values that a run replaced in the hub; the push carries them across."""
    from hub.store.undoing import Selection

    _undo(Selection(run_id=run_id), yes=yes and not only_show, by=by, as_json=as_json)


@undo.command("person")
@click.argument("name")
@click.option("--from", "since", required=True, help="From when, such as 2026-11-24T10:31Z.")
@click.option("--to", "until", default=None, help="Until when; else now.")
@_undo_options
def undo_person(
    name: str,
    since: str,
    until: str | None,
    yes: bool,
    only_show: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Put back what NAME changed in a range of time, on either side."""
    from hub.sync.undo import person_selection

    end = _moment(until, "--to") if until else datetime.now(UTC)
    selection = person_selection(name, _moment(since, "--from"), end)
    _undo(selection, yes=yes and not only_show, by=by, as_json=as_json)


def _moment(given: str, option: str) -> datetime:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(
            f"{given!r} is no time. Write 2026-11-24T10:31Z.", param_hint=option
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _undo(selection: Selection, *, yes: bool, by: str | None, as_json: bool) -> None:
    from hub.sync.undo import apply_undo, preview_undo

    with central_database() as database:
        told = (
            apply_undo(database, selection, by or person())
            if yes
            else preview_undo(database, selection)
        )
    if as_json:
        print_json({"done": yes, **asdict(told)})
        return
    print_table(
        ("what", "cell", "row", "now" if not yes else "was", "back to"),
        [
            (
                cell.action.value,
                f"{cell.table}.{cell.column}" if cell.column else cell.table,
                cell.row_id,
                value_text(cell.now) if cell.column else "",
                value_text(cell.back_to) if cell.column else "",
            )
            for cell in told.cells[:MOST_SHOWN]
        ],
        empty="Nothing is to be put back.",
    )
    if max(len(told.cells), len(told.left)) > MOST_SHOWN:
        click.echo(f"The first {MOST_SHOWN} of each are shown; --json answers all.")
    for left in told.left[:MOST_SHOWN]:
        name = f"{left.table}.{left.column}" if left.column else left.table
        click.echo(f"left alone: {name} of {left.row_id}: {left.reason}")
    if yes:
        click.echo(
            f"{len(told.cells)} cells were put back, {len(told.left)} left alone. "
            f"Undo this undo with: hub sync undo run {told.run_id}"
        )
    else:
        click.echo(
            f"{len(told.cells)} cells would be put back, {len(told.left)} left alone. "
            "Nothing was changed; add --yes to do it."
        )
