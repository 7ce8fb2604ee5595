"""What did the API calls of a month go to, and what will it have cost at its end?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import click

import connectors
from hub.cli.answers import JSON_OPTION, print_json, print_table
from hub.cli.central import central_database, person
from hub.config import Config, Connection, load_config, locate_config
from hub.core.pace import Price, Profile, price
from hub.store import streams as stream_store
from hub.store.database import Database
from hub.sync.quota import Quota, let_go_on, report_quota

WIDE = 40
BARS = " ▁▂▃▄▅▆▇█"


@click.group(invoke_without_command=True)
@JSON_OPTION
@click.pass_context
def quota(ctx: click.Context, as_json: bool) -> None:
    """Show the month's API calls by stream and purpose, the forecast, and what is left."""
    if ctx.invoked_subcommand is not None:
        return
    with central_database() as database:
        found = report_quota(database)
        prices = _prices(database)
    if as_json:
        print_json([_answer(item, prices.get(item.connection, {})) for item in found])
        return
    if not found:
        click.echo("No call was made yet: start the worker and the scheduler with `hub up`.")
    for number, item in enumerate(found):
        if number:
            click.echo()
        for line in _told(item, prices.get(item.connection, {})):
            click.echo(line)
        print_table(
            ("stream", "purpose", "calls", "share"),
            [
                (
                    line.stream or "all",
                    line.purpose.value,
                    f"{line.calls:,}",
                    f"{line.calls / max(item.forecast.spent, 1):.0%}",
                )
                for line in item.lines
            ],
            empty="Nothing was spent this month.",
        )


@quota.command()
@click.argument("connection")
def resume(connection: str) -> None:
    """Let a connection go on at once that waits for its quota."""
    with central_database() as database:
        click.echo(let_go_on(database, connection, by=person()))


def _told(item: Quota, prices: dict[Profile, Price]) -> Iterator[str]:
    expected = item.forecast
    yield click.style(f"{item.connection}, profile {item.profile.value}", bold=True)
    yield (
        f"  {expected.spent:,} calls in {item.month:%B}, {expected.expected:,} expected at its end "
        f"({expected.per_day:,.0f} a day by {expected.basis})"
    )
    if item.budget is not None:
        yield f"  {_bar(expected.spent / item.budget)} {item.left:,} left of {item.budget:,}"
    yield f"  {_plot(item.days)} a day since the {item.month:%d.%m.}"
    if item.held_until is not None:
        yield f"  waits until {item.held_until:%Y-%m-%d %H:%M} UTC: {item.reason}"
    elif item.level.value != "full":
        yield f"  slowed: {item.reason}"
    for profile, cost in prices.items():
        mark = "←" if profile is item.profile else " "
        yield f"  {mark} {profile.value}: {price_text(cost)}"


def price_text(cost: Price) -> str:
    """A price in a sentence."""
    parts = [f"about {cost.at_rest:,} calls a month at rest"]
    parts.append(
        f"({cost.looks:,} looks, {cost.hook_checks:,} checks of the hook, "
        f"{cost.complete_reads:,} of complete reads)"
    )
    if cost.windows_at_most is None:
        parts.append(
            f"and {cost.calls_an_edit_in} for an edit coming in, {cost.calls_an_edit_out} going out"
        )
    else:
        parts.append(f"and at most {cost.windows_at_most:,} for scattered edits round the clock")
    return " ".join(parts)


def prices_of(
    connection: Connection, *, is_notified: bool, records: dict[str, int]
) -> dict[Profile, Price]:
    """What each profile would cost the connection, the one in force first."""
    ordered = sorted(Profile, key=lambda profile: profile is not connection.profile)
    return {
        profile: price(
            profile,
            is_notified=is_notified,
            tables=[
                (
                    records.get(name, 0),
                    connection.model_copy(update={"profile": profile}).read_all_every(name),
                )
                for name in connection.streams
            ],
        )
        for profile in ordered
    }


def _prices(database: Database) -> dict[str, dict[Profile, Price]]:
    config = _configured()
    with database.reading() as session:
        rows = stream_store.overview(session)
    records = {(row["connection"], row["stream"]): int(row["records"]) for row in rows}
    return {
        name: prices_of(
            connection,
            is_notified=config.hub.public_url is not None,
            records={stream: records.get((name, stream), 0) for stream in connection.streams},
        )
        for name, connection in config.connections.items()
    }


def _configured() -> Config:
    return load_config(
        locate_config(None, os.environ), os.environ, connection_models=connectors.settings_models()
    )


def _bar(share: float) -> str:
    filled = min(WIDE, round(share * WIDE))
    return f"[{'#' * filled}{'.' * (WIDE - filled)}] {share:.0%}"


def _plot(days: Sequence[tuple[date, int]]) -> str:
    most = max((calls for _, calls in days), default=0) or 1
    return "".join(BARS[-(-calls * (len(BARS) - 1) // most)] for _, calls in days)


def _answer(item: Quota, prices: dict[Profile, Price]) -> dict[str, Any]:
    expected = item.forecast
    return {
        "connection": item.connection,
        "month": item.month,
        "profile": item.profile.value,
        "level": item.level.value,
        "reason": item.reason,
        "held_until": item.held_until,
        "budget": item.budget,
        "left": item.left,
        "spent": expected.spent,
        "expected": expected.expected,
        "per_day": round(expected.per_day, 1),
        "basis": expected.basis,
        "lines": [asdict(line) for line in item.lines],
        "days": {str(day): calls for day, calls in item.days},
        "prices": {
            profile.value: {**asdict(cost), "at_rest": cost.at_rest}
            for profile, cost in prices.items()
        },
    }
