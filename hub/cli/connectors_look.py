"""How does a person see what is configured, whether it works, and what would come in?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hub.cli.answers import (
    JSON_OPTION,
    ago_text,
    print_json,
    print_table,
    split_stream,
    value_text,
)
from hub.cli.wired import wired
from hub.errors import HubError

if TYPE_CHECKING:
    from hub.contract import Connector, Source
    from hub.wiring import Wiring


@click.command("list")
@JSON_OPTION
def list_connections(as_json: bool) -> None:
    """List the connections of hub.toml, their streams, and how those are."""
    from hub.store import source_states

    with wired() as wiring:
        with wiring.database.reading() as session:
            standings = source_states.all_standings(session)
        lines: list[dict[str, Any]] = []
        for connection in wiring.config.connections.values():
            general = {"connection": connection.name, "kind": connection.kind}
            for name, stream in connection.streams.items():
                lines.append(
                    {**general, "stream": name, "fills": stream.entity, "way": "both"}
                    | {"read_at": None, "due_at": None, "state": "see hub sync status"}
                )
            for name, entry in connection.sources.items():
                found = standings.get((connection.name, name))
                lines.append(
                    {**general, "stream": name, "fills": entry.target, "way": "in"}
                    | {
                        "read_at": found.read_at if found else None,
                        "due_at": found.due_at if found else None,
                        "state": _state(found),
                    }
                )
            if not connection.streams and not connection.sources:
                lines.append({**general, "stream": "", "fills": "", "way": "", "read_at": None})
    if as_json:
        print_json(lines)
        return
    print_table(
        ("connection", "kind", "stream", "way", "fills", "last read", "state"),
        [
            (
                line["connection"],
                line["kind"],
                line["stream"],
                line["way"],
                line["fills"],
                ago_text(line["read_at"]) if line["way"] == "in" else "",
                line.get("state", "no stream yet"),
            )
            for line in lines
        ],
        empty="hub.toml has no connection yet.",
    )


def _state(found: Any) -> str:
    if found is None:
        return "never read"
    if found.is_paused:
        return "paused"
    if found.error_message:
        return f"fails: {found.error_message}"
    return "midway" if found.is_midway else "well"


@click.command()
@click.argument("names", nargs=-1, metavar="[CONNECTION]...")
@JSON_OPTION
def check(names: tuple[str, ...], as_json: bool) -> None:
    """Ask each connection whether its credentials, its reach and its permissions are right."""
    answers: list[dict[str, Any]] = []
    with wired() as wiring:
        for name in names or tuple(wiring.config.connections):
            try:
                results = _asked(wiring, name).check()
            except HubError as error:
                answers.append(
                    {"connection": name, "check": "reach", "ok": False, "says": error.message}
                )
                continue
            answers.extend(
                {"connection": name, "check": item.name, "ok": item.ok, "says": item.sentence}
                for item in results
            )
    if as_json:
        print_json(answers)
    else:
        for answer in answers:
            mark = click.style("ok", fg="green") if answer["ok"] else click.style("no", fg="red")
            click.echo(f"{mark}  {answer['connection']}: {answer['says']}")
    if not all(answer["ok"] for answer in answers):
        raise SystemExit(1)


def _asked(wiring: Wiring, name: str) -> Source | Connector:
    """The source behind a connection, or its connector where it is kept equal only."""
    import connectors as kinds

    connection = wiring.config.connections.get(name)
    is_source = connection is not None and hasattr(kinds.load(connection.kind), "build_source")
    return wiring.source(name) if is_source else wiring.sync_connection(name).connector


@click.command()
@click.argument("connection")
@click.option("--fields", is_flag=True, help="List the fields of each, too.")
@JSON_OPTION
def discover(connection: str, fields: bool, as_json: bool) -> None:
    """Say what a connection holds: what can become a stream, and its fields."""
    from hub.contract import Priority

    with wired() as wiring:
        found = _asked(wiring, connection).discover(Priority.PERSON)
    if as_json:
        print_json(
            {
                name: {
                    "name": schema.name,
                    "key": list(schema.key),
                    "cursor": schema.cursor_field,
                    "fields": {
                        field.id: {"name": field.name, "kind": field.kind}
                        for field in schema.fields.values()
                    },
                }
                for name, schema in found.items()
            }
        )
        return
    print_table(
        ("stream", "fields", "key", "cursor"),
        [
            (
                name,
                len(schema.fields),
                ", ".join(schema.key) or "none",
                schema.cursor_field or "none",
            )
            for name, schema in found.items()
        ],
        empty=f"{connection} holds nothing that could be read.",
    )
    if fields:
        for name, schema in found.items():
            click.echo()
            print_table(
                (name, "holds", "is called there"),
                [(field.id, field.kind, field.vendor_type) for field in schema.fields.values()],
                empty=f"{name} has no fields.",
            )


@click.command()
@click.argument("stream", metavar="CONNECTION.STREAM")
@click.option("--rows", default=10, show_default=True, help="How many rows to show.")
@JSON_OPTION
def preview(stream: str, rows: int, as_json: bool) -> None:
    """Show the first rows of a stream as they would be stored. Nothing is written."""
    from hub.sync.ingest_preview import preview as preview_stream

    connection, name = split_stream(stream)
    with wired() as wiring:
        seen = preview_stream(wiring.database, wiring.ingest_stream(connection, name), rows)
    if as_json:
        print_json(
            {
                "fills": seen.target,
                "is_new": seen.is_new,
                "columns": {column.name: column.kind for column in seen.columns},
                "rows": seen.rows,
                "problems": list(seen.problems),
                "notes": list(seen.notes),
                "changes": list(seen.changes),
            }
        )
        return
    click.echo(f"{stream} fills {seen.target}{' (not there yet)' if seen.is_new else ''}.")
    print_table(
        tuple(f"{column.name}\n{column.kind}" for column in seen.columns),
        [tuple(value_text(row[column.name]) for column in seen.columns) for row in seen.rows],
        empty="There is no row to show.",
    )
    for title, sentences in (
        ("does not fit", seen.problems),
        ("note", seen.notes),
        ("first needs `hub datasets apply`", seen.changes),
    ):
        for sentence in sentences:
            click.echo(f"{title}: {sentence}")
