"""How does a person see the tables that sources made, and change their columns?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from hub.cli.answers import JSON_OPTION, print_json, print_table
from hub.cli.central import central_database, person
from hub.cli.wired import wired


@click.group()
def datasets() -> None:
    """Show the tables that sources made, and change their columns."""


@datasets.command("list")
@JSON_OPTION
def list_datasets(as_json: bool) -> None:
    """List the datasets."""
    from hub.store import datasets as dataset_store

    with central_database() as database, database.reading() as session:
        found = dataset_store.load_all(session)
        rows = dataset_store.row_counts(session)
    if as_json:
        print_json([{**asdict(item), "rows": rows.get(item.name, 0)} for item in found])
        return
    print_table(
        ("dataset", "filled by", "columns", "key", "rows (about)"),
        [
            (
                item.name,
                f"{item.connection}.{item.stream}",
                len(item.columns),
                ", ".join(item.key) or "all they hold",
                f"{rows.get(item.name, 0):,}",
            )
            for item in found
        ],
        empty="There is no dataset yet: the first read of a source's stream makes one.",
    )


@datasets.command()
@click.argument("name")
@JSON_OPTION
def show(name: str, as_json: bool) -> None:
    """Show the columns of a dataset: what they hold, what they mean, where they come from."""
    from hub.store import datasets as dataset_store

    with central_database() as database, database.reading() as session:
        found = dataset_store.needed(session, name)
    if as_json:
        print_json(asdict(found))
        return
    click.echo(f"{found.name}: {found.description}")
    print_table(
        ("column", "holds", "label", "field", "refers to", "PII", "means"),
        [
            (
                column.name,
                column.kind,
                column.label,
                column.field or "",
                f"{column.references} by {column.looked_up_by}" if column.references else "",
                column.pii,
                column.description,
            )
            for column in found.columns
        ],
        empty="It has no column.",
    )


@datasets.command()
@click.argument("name")
@JSON_OPTION
def plan(name: str, as_json: bool) -> None:
    """Show what hub.toml, or the source, asks to change, and what that does to the data."""
    from hub.sync.dataset_changes import plan_changes

    with wired() as wiring:
        found = plan_changes(wiring.database, _stream(wiring, name))
    if as_json:
        print_json([_answer(effect) for effect in found])
        return
    _say(found)
    if found:
        click.echo(f"Nothing was changed. To do it: hub datasets apply {name}")


@datasets.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON_OPTION
def apply(name: str, yes: bool, as_json: bool) -> None:
    """Change a dataset's columns to what hub.toml, or the source, asks for."""
    from hub.sync.dataset_changes import apply_changes, plan_changes

    with wired() as wiring:
        stream = _stream(wiring, name)
        found = plan_changes(wiring.database, stream)
        if not as_json:
            _say(found)
        if not found:
            return
        if not yes and not as_json:
            click.confirm("Do it?", abort=True)
        reads_anew = apply_changes(wiring.database, stream, by=person())
    if as_json:
        print_json({"applied": [_answer(effect) for effect in found], "reads_anew": reads_anew})
        return
    click.echo(f"Dataset {name} is changed.")
    if reads_anew:
        click.echo(f"The next read of {stream.title} reads everything anew.")


def _stream(wiring: Any, name: str) -> Any:
    for entry in wiring.source_entries():
        if entry.dataset_name == name:
            return wiring.ingest_stream(entry.connection, entry.name)
    known = ", ".join(sorted(e.dataset_name for e in wiring.source_entries() if e.dataset_name))
    raise click.UsageError(
        f"no stream of hub.toml fills a dataset {name!r}; they fill: {known or 'none'}"
    )


def _say(found: Any) -> None:
    if not found:
        click.echo("The dataset is what hub.toml asks for.")
    for effect in found:
        click.echo(f"- {effect.sentence}")
        for sample in effect.samples:
            click.echo(f"    does not fit: {sample!r}")


def _answer(effect: Any) -> dict[str, Any]:
    return {
        "step": type(effect.step).__name__,
        "says": effect.sentence,
        "touched": effect.touched,
        "unfit": effect.unfit,
        "samples": list(effect.samples),
    }
