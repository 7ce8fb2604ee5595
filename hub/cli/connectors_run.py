"""How does a person read sources now, and what did not fit mended?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from hub.cli.answers import JSON_OPTION, ago_text, print_json, print_table, split_stream
from hub.cli.wired import wired

if TYPE_CHECKING:
    from hub.sync.ingest import Ingestion
    from hub.sync.ingest_page import Tally
    from hub.wiring import Wiring


@dataclass(frozen=True, kw_only=True, slots=True)
class _Done:
    name: str
    ingestion: Ingestion


@click.command()
@click.argument("streams", nargs=-1, metavar="[CONNECTION[.STREAM]]...")
@click.option("--anew", is_flag=True, help="Read everything, not only what is new.")
@JSON_OPTION
def run(streams: tuple[str, ...], anew: bool, as_json: bool) -> None:
    """Read streams of sources now: all, those of a connection, or one.

    Needs no worker. What is read already is not read again; Ctrl-C loses nothing.
    """
    from hub.contract import Priority
    from hub.sync.ingest import ingest

    done: list[_Done] = []
    with wired() as wiring:
        for connection, name in chosen(wiring, streams):
            title = f"{connection}.{name}"
            with _progress(title, quiet=as_json) as progress:
                ingestion = ingest(
                    wiring.database,
                    wiring.ingest_stream(connection, name),
                    trigger="person",
                    anew=anew,
                    priority=Priority.PERSON,
                    progress=progress,
                )
            done.append(_Done(name=title, ingestion=ingestion))
            if not as_json:
                _say(title, ingestion)
    if as_json:
        print_json([_answer(item) for item in done])
    if any(item.ingestion.error is not None for item in done):
        raise SystemExit(1)


def chosen(wiring: Wiring, streams: tuple[str, ...]) -> list[tuple[str, str]]:
    """The source streams that a person named; all of them where none is named."""
    known = [(entry.connection, entry.name) for entry in wiring.source_entries()]
    if not streams:
        if not known:
            raise click.UsageError("hub.toml has no stream of a source yet")
        return known
    picked: list[tuple[str, str]] = []
    for word in streams:
        if "." in word:
            picked.append(split_stream(word))
            continue
        found = [item for item in known if item[0] == word]
        if not found:
            connections = ", ".join(sorted({item[0] for item in known})) or "none"
            raise click.UsageError(
                f"{word!r} is no connection with source streams; there are: {connections}"
            )
        picked.extend(found)
    return picked


def _say(title: str, ingestion: Ingestion) -> None:
    if not ingestion.attended:
        click.echo(f"{title}: somebody else reads it right now.")
        return
    if ingestion.error is not None:
        click.echo(f"{title}: {ingestion.error.message}", err=True)
        return
    counts = ingestion.counts or {}
    said = ", ".join(
        f"{counts[name]:,} {word}" for name, word in _WORDS.items() if counts.get(name)
    )
    click.echo(f"{title}: {said or 'nothing new'} ({ingestion.seconds:.1f} s).")
    for note in ingestion.notes:
        click.echo(f"  note: {note}")
    if counts.get("letters"):
        click.echo(f"  what does not fit, and why: hub connectors letters {title}")


_WORDS = {
    "rows": "rows read",
    "inserted": "new",
    "updated": "changed",
    "revived": "back again",
    "deleted": "gone",
    "doubled": "doubled",
    "letters": "did not fit",
    "parked": "wait for a name",
    "settled": "found their name",
}


def _answer(item: _Done) -> dict[str, Any]:
    error = item.ingestion.error
    return {
        "stream": item.name,
        "attended": item.ingestion.attended,
        "run_id": item.ingestion.run_id,
        "counts": item.ingestion.counts or {},
        "notes": list(item.ingestion.notes),
        "requests": item.ingestion.requests,
        "seconds": round(item.ingestion.seconds, 3),
        "error": None if error is None else {"code": error.code, "message": error.message},
    }


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[Tally, str], None] | None]:
    """How far a read is, on a terminal; how much there will be only the source knows."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)

        def advance(tally: Tally, place: str) -> None:
            bar.update(task, description=f"{title}: {tally.rows:,} rows, {place}")

        yield advance


@click.command()
@click.argument("stream", required=False, metavar="[CONNECTION[.STREAM]]")
@click.option("--limit", default=100, show_default=True, help="How many at most.")
@JSON_OPTION
def letters(stream: str | None, limit: int, as_json: bool) -> None:
    """List rows and cells that did not fit, and names that no row answers to."""
    from hub.cli.central import central_database
    from hub.store import letters as letter_store
    from hub.store import names as name_store

    connection, _, name = (stream or "").partition(".")
    with central_database() as database, database.reading() as session:
        found = letter_store.open_letters(session, connection or None, name or None, limit=limit)
        waiting = name_store.parked(session, connection or None)
    if as_json:
        print_json(
            {
                "letters": [
                    {field: getattr(item, field) for field in item.__dataclass_fields__}
                    for item in found
                ],
                "names": waiting,
            }
        )
        return
    print_table(
        ("stream", "where", "why", "since", "times"),
        [
            (
                f"{item.connection}.{item.stream}",
                item.place,
                item.reason,
                ago_text(item.first_at),
                item.seen_count,
            )
            for item in found
        ],
        empty="Everything fitted.",
    )
    if waiting:
        click.echo()
        print_table(
            ("stream", "column", "looked for", "name", "why", "rows"),
            [
                (
                    f"{row['connection']}.{row['stream']}",
                    row["column_name"],
                    row["lookup"],
                    row["given"],
                    row["reason"],
                    row["rows"],
                )
                for row in waiting
            ],
            empty="",
        )


@click.command()
@click.argument("streams", nargs=-1, metavar="[CONNECTION[.STREAM]]...")
@JSON_OPTION
def replay(streams: tuple[str, ...], as_json: bool) -> None:
    """Try again what did not fit, with the mapping and the names of today."""
    from hub.sync.replay import replay as replay_stream

    answers = []
    with wired() as wiring:
        for connection, name in chosen(wiring, streams):
            replayed = replay_stream(wiring.database, wiring.ingest_stream(connection, name))
            title = f"{connection}.{name}"
            answers.append(
                {
                    "stream": title,
                    "tried": replayed.tried,
                    "mended": replayed.mended,
                    "settled": replayed.settled,
                    "left": replayed.left,
                    "reads_anew": replayed.reads_anew,
                }
            )
            if not as_json and (replayed.tried or replayed.settled or replayed.reads_anew):
                click.echo(
                    f"{title}: {replayed.mended:,} of {replayed.tried:,} fit now, "
                    f"{replayed.settled:,} references found their name, {replayed.left:,} are left."
                )
                if replayed.reads_anew:
                    click.echo(
                        f"  {replayed.reads_anew:,} rows were no records: the next read of {title}"
                        " reads everything anew."
                    )
    if as_json:
        print_json(answers)
    elif not any(i["tried"] or i["settled"] or i["reads_anew"] for i in answers):
        click.echo("Nothing waits to be tried again.")
