"""Is this hub.toml right, what may stand in it, and what is in force?"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import connectors
from hub.config import InvalidConfig, LoadedConfig, Problem, read_config
from hub.config.display import shown_settings
from hub.config.problems import describe, located
from hub.config.schema import json_schema
from hub.errors import ConfigError

_FILE = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="The file; else HUB_CONFIG, else hub.toml in this folder.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group()
def config() -> None:
    """Check hub.toml, print its JSON Schema, or show what is in force."""


@config.command()
@_FILE
@click.option("--remote", is_flag=True, help="Ask the other sides, too: token, tables, fields.")
@_JSON
def check(path: Path | None, remote: bool, as_json: bool) -> None:
    """Say every problem at once; the exit code is 1 if there is one."""
    try:
        loaded = _read(path)
    except InvalidConfig as invalid:
        if as_json:
            _print_json(_answer(invalid.path, invalid.problems))
        else:
            click.echo(describe(invalid.path, invalid.problems), err=True)
        raise SystemExit(1) from None
    found = loaded.warnings
    refusals: list[str] = []
    if remote:
        # The connectors' libraries are loaded only by those who ask.
        from hub.cli.config_remote import check_remotes

        for answer in check_remotes(loaded):
            found += answer.problems
            for result in answer.results:
                sentence = f"{answer.connection}: {result.sentence}"
                if not result.ok:
                    refusals.append(sentence)
                elif not as_json:
                    click.echo(sentence)
    if as_json:
        _print_json({**_answer(loaded.path, found, refusals), "refusals": refusals})
    else:
        for sentence in refusals:
            click.echo(sentence, err=True)
        for problem in found:
            click.echo(located(loaded.path, problem), err=True)
    if refusals or any(not problem.is_warning for problem in found):
        raise SystemExit(1)
    if not as_json:
        _say_right(loaded)


def _say_right(loaded: LoadedConfig) -> None:
    streams = sum(
        len(connection.streams) + len(connection.sources)
        for connection in loaded.config.connections.values()
    )
    click.echo(
        f"{loaded.path or 'The environment'} is right: "
        f"{_counted(len(loaded.config.connections), 'connection')}, {_counted(streams, 'stream')}."
    )
    _say_prices(loaded)


def _say_prices(loaded: LoadedConfig) -> None:
    from hub.cli.quota import price_text, prices_of

    for connection in loaded.config.connections.values():
        if not connection.streams:
            continue
        prices = prices_of(
            connection, is_notified=loaded.config.hub.public_url is not None, records={}
        )
        cost = price_text(prices[connection.profile])
        click.echo(
            f"{connection.name}, profile {connection.profile.value}: {cost}; "
            "more for tables of more than 100 records."
        )


@config.command()
def schema() -> None:
    """Print the JSON Schema of hub.toml, for an editor that completes and checks."""
    _print_json(json_schema(connectors.settings_models()))


@config.command()
@_FILE
@_JSON
def show(path: Path | None, as_json: bool) -> None:
    """Show every setting in force and where it comes from; secrets are masked."""
    settings = list(shown_settings(_read(path)))
    if as_json:
        _print_json(
            {".".join(one.key): {"value": one.value, "origin": one.origin} for one in settings}
        )
        return
    for one in settings:
        click.echo(f"{'.'.join(one.key)} = {one.value}  ({one.origin})")


@config.command()
@click.option("--write", "written", type=click.Path(path_type=Path), help="Write the page there.")
@click.option("--check", "checked", type=click.Path(path_type=Path), help="Compare with this page.")
def reference(written: Path | None, checked: Path | None) -> None:
    """Print docs/configuration.md, made from the settings themselves."""
    from hub.config.reference import reference as page

    text = page(connectors.settings_models())
    if written is not None:
        written.write_text(text, encoding="utf-8")
    elif checked is None:
        click.echo(text, nl=False)
    elif not checked.is_file() or checked.read_text(encoding="utf-8") != text:
        raise ConfigError(
            f"{checked} does not say what the settings say: run hub config reference"
            f" --write {checked}"
        )


def _read(path: Path | None) -> LoadedConfig:
    # SQLModel is loaded only by the commands that compare the file with the tables.
    from hub.store.entity_descriptions import describe_entities

    return read_config(
        path,
        os.environ,
        connection_models=connectors.settings_models(),
        known_entities=describe_entities(),
    )


def _answer(
    path: Path | None, problems: tuple[Problem, ...], refusals: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        "file": str(path) if path else None,
        "ok": not refusals and all(problem.is_warning for problem in problems),
        "problems": [
            {
                "key": problem.key_path,
                "line": problem.line,
                "level": "warning" if problem.is_warning else "error",
                "message": problem.message,
                "got": problem.got,
                "accepted": list(problem.accepted),
                "near_miss": problem.near_miss,
            }
            for problem in problems
        ],
    }


def _print_json(answer: object) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
