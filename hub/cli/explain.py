"""How does a person find out where both sides differ, why, and what a run would do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from hub.cli.answers import (
    JSON_OPTION,
    print_json,
    span_text,
    split_stream,
    value_text,
)
from hub.cli.central import central_database
from hub.cli.wired import wired
from hub.errors import NotFound

if TYPE_CHECKING:
    from hub.config import Config
    from hub.sync.divergence import Report
    from hub.sync.reasons import Divergence
    from hub.wiring import Wiring


@click.command()
@click.argument("stream", required=False)
@click.option("--scan", is_flag=True, help="Read the other side first and compare with that.")
@click.option("--yes", is_flag=True, help="Do not ask before a scan spends calls.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=200,
    show_default=True,
    help="How many cells are shown; all are counted.",
)
@JSON_OPTION
def divergence(stream: str | None, scan: bool, yes: bool, limit: int, as_json: bool) -> None:
    """List every cell that differs from the last known remote, with its reason.

    Without STREAM (CONNECTION.STREAM) all streams are looked at. Ends with 1 and raises an alert if
    a difference is unexplained. --scan reads the tables and writes no row and no record.
    """
    from hub.sync.divergence import Report, tell_unexplained

    report = Report()
    with wired() as wiring:
        chosen = chosen_streams(wiring.config, stream)
        if scan:
            _agree_to_scan(wiring, chosen, yes=yes, is_quiet=as_json)
        for connection, name in chosen:
            part = Report()
            for found in _found(wiring, connection, name, scan=scan):
                report.add(found, limit)
                part.add(found, 0)
            tell_unexplained(wiring.database, connection, name, part.unexplained_count)
    if as_json:
        print_json(
            {
                "scanned": scan,
                "counts": dict(report.counts),
                "unexplained": report.unexplained_count,
                "cells": [asdict(found) for found in report.shown],
            }
        )
    else:
        _print_report(report, limit)
    if report.unexplained_count:
        raise SystemExit(1)


def _found(wiring: Wiring, connection: str, name: str, *, scan: bool) -> Iterator[Divergence]:
    from hub.sync.divergence import differences
    from hub.sync.remote_scan import scan_differences
    from hub.wiring import stream_mappings

    settings = wiring.config.connections[connection]
    freshness = timedelta(seconds=settings.streams[name].freshness_seconds)
    mapping = stream_mappings(settings)[name]
    if scan:
        return scan_differences(wiring.sync_connection(connection), mapping, freshness=freshness)
    return differences(wiring.database, mapping, freshness=freshness)


def _print_report(report: Report, limit: int) -> None:
    """Grouped by reason, a line a cell: it reads well in a narrow terminal, too."""
    total = sum(report.counts.values())
    if not total:
        click.echo("Both sides hold the same, as far as is known.")
        return
    shown = report.shown
    for reason, count in report.counts.most_common():
        click.echo(click.style(f"{reason.replace('_', ' ')}: {count}", bold=True))
        for found in shown:
            if found.reason.value == reason:
                click.echo(f"  {_line(found)}")
    click.echo(f"{total} differences, {report.unexplained_count} unexplained.")
    if total > limit:
        click.echo(f"The first {limit} are shown; --limit shows more.")


def _line(found: Divergence) -> str:
    row = found.row_name or found.external_id or str(found.row_id)
    cell = f"{found.connection}.{found.stream} {row}"
    if found.column is not None:
        here, there = value_text(found.hub), value_text(found.remote)
        cell += f", {found.column}: {here} here, {there} there"
    age = f" ({span_text(found.age_seconds)})" if found.age_seconds is not None else ""
    return f"{cell}{age}: {found.detail}"


def _agree_to_scan(
    wiring: Wiring, chosen: Sequence[tuple[str, str]], *, yes: bool, is_quiet: bool
) -> None:
    from hub.sync.remote_scan import scan_calls
    from hub.wiring import stream_mappings

    calls = sum(
        scan_calls(wiring.database, stream_mappings(wiring.config.connections[connection])[name])
        for connection, name in chosen
    )
    said = f"Reading {len(chosen)} tables costs about {calls} calls."
    if yes:
        click.echo(said, err=is_quiet)
    else:
        click.confirm(f"{said} Go on?", abort=True, err=is_quiet)


@click.command()
@click.argument("table")
@click.argument("row")
@click.argument("field")
@JSON_OPTION
def why(table: str, row: str, field: str, as_json: bool) -> None:
    """Tell the chain behind a value: who, when, through which run, policy and request.

    TABLE and FIELD are the hub's names; ROW is an id or a unique name.
    """
    from hub.sync.why import explain_cell, show

    with central_database() as database:
        told = explain_cell(database, table, row, field)
    if as_json:
        print_json(asdict(told))
        return
    name = f"{told.row_name} ({told.row_id})" if told.row_name else str(told.row_id)
    state = "; the row is deleted" if told.is_deleted else ""
    click.echo(f"{told.table}.{told.column} of {name} is {show(told.value)}{state}.")
    for standing in told.standing:
        click.echo(f"  {standing.sentence}")
    if not told.standing:
        click.echo("  No record of another system stands for this row.")
    for step in told.steps:
        click.echo(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.sentence}")


def chosen_streams(config: Config, stream: str | None) -> list[tuple[str, str]]:
    known = [(c.name, name) for c in config.connections.values() for name in c.streams]
    if stream is None:
        return known
    wanted = split_stream(stream)
    if wanted not in known:
        listed = ", ".join(f"{connection}.{name}" for connection, name in known) or "none"
        raise NotFound(f"there is no stream {stream}; hub.toml has {listed}.")
    return [wanted]
