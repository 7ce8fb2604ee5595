"""Do the documents speak only of what is there, and of all of it?"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import graphql
import pytest

import connectors
from hub.cli.main import cli
from hub.config import InvalidConfig, read_config
from hub.config.reference import reference
from hub.store.entity_descriptions import describe_entities
from hub_graphql.schema import build_schema

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "connectors").glob("*.md")]
)
CODE = ("hub", "connectors", "workers", "graphql", "alembic")
FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ERROR_CODE = re.compile(r'\b(?:code|_code) ?= ?"([A-Z][A-Z_]+)"')
VARIABLE = re.compile(r'environ(?:\.get\(|\[)"([A-Z_]+)"|envvar="([A-Z_]+)"')
CONNECTION_HEAD = """
[connection.operations]
kind = "airtable"
token = "${AIRTABLE_TOKEN}"
base = "appOperations0001"
"""
SHADOWS = {"graphql/__init__.py", "tests/graphql/"}
"""Paths that the documents name because they must not exist."""
KNOWN_PROGRAMS = {"make", "python3", "curl", "psql", "git", "pytest", "uv", "export", "pg_dump"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: str
    number: int
    language: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        for number, found in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")), start=1):
            indent, language, info, text = found.groups()
            yield Block(
                page=page.relative_to(ROOT).as_posix(),
                number=number,
                language=language,
                info=info.strip(),
                text=re.sub(f"^{indent}", "", text, flags=re.MULTILINE),
            )


BLOCKS = tuple(_blocks())
COMMANDS = [block for block in BLOCKS if block.language in {"sh", "bash", "console", "shell"}]
RUN = [block for block in COMMANDS if not block.info]
PARSED = [block for block in COMMANDS if block.info]


def _lines(block: Block) -> list[list[str]]:
    text = block.text.replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.strip()]


def _in(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the example of docs/configuration.md as its hub.toml."""
    example = next(
        block for block in _in("toml") if block.page == "docs/configuration.md" and block.text
    )
    (tmp_path / "hub.toml").write_text(example.text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("block", RUN, ids=str)
def test_commands_run(block: Block, folder: Path, database_url: str, redis_url: str) -> None:
    environ = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "AIRTABLE_TOKEN": "pat-of-nobody",
    }
    script = block.text.replace(".venv/bin/", "")

    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("block", PARSED, ids=str)
def test_commands_that_are_not_run_here_exist_and_say_why(block: Block) -> None:
    assert re.fullmatch(r'parse=".{10,}"', block.info), 'say why: ```sh parse="..."'

    for words in _lines(block):
        _check_words(words)


def _check_words(words: list[str]) -> None:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    program = words[0].rsplit("/", 1)[-1]
    if program == "hub":
        _check_hub(words[1:])
    elif program == "make":
        _check_make(words[1:])
    else:
        assert program in KNOWN_PROGRAMS or (BIN / program).exists(), f"no program {program}"


def _check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in [word for word in words if "=" not in word]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
    for word in words:
        if word.startswith("ARGS=") and "demo" in words:
            _check_hub(["demo", *shlex.split(word.removeprefix("ARGS="))])


def _check_hub(words: list[str]) -> None:
    """The command and its options exist; nothing is run."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"hub has no command {' '.join(words)}"
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    assert [] == unknown, f"{command.name} has no {unknown}"


def test_there_is_something_to_run() -> None:
    assert RUN
    assert PARSED


@pytest.mark.parametrize("block", _in("toml"), ids=str)
def test_configurations_are_right(block: Block, tmp_path: Path) -> None:
    text = block.text
    if "[connection." in text and "kind =" not in text:
        text = CONNECTION_HEAD + text
    path = tmp_path / "hub.toml"
    path.write_text(text, encoding="utf-8")
    environ = {
        "DATABASE_URL": "postgresql://hub@db/hub",
        "REDIS_URL": "redis://redis/0",
        "AIRTABLE_TOKEN": "pat-of-nobody",
        "SENTRY_DSN": "https://key@sentry.example.com/1",
        "HUB_ACCESS_TOKEN": "a-long-access-token",
    }

    try:
        loaded = read_config(
            path,
            environ,
            connection_models=connectors.settings_models(),
            known_entities=describe_entities(),
        )
    except InvalidConfig as invalid:
        pytest.fail(str(invalid))
    assert () == loaded.warnings


@pytest.fixture(scope="module")
def schema() -> graphql.GraphQLSchema:
    return graphql.build_schema(build_schema().schema.as_str())


@pytest.mark.parametrize("block", _in("graphql"), ids=str)
def test_operations_fit_the_schema(block: Block, schema: graphql.GraphQLSchema) -> None:
    assert [] == graphql.validate(schema, graphql.parse(block.text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in LINK.findall(text) if "://" not in target]

    assert [] == [target for target in targets if not (page.parent / target).exists()]


def test_the_page_of_settings_says_what_the_settings_say() -> None:
    written = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")

    assert written == reference(connectors.settings_models()), (
        "run: hub config reference --write docs/configuration.md"
    )


def _all_text() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def _sources() -> Iterator[str]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "sandbox" not in path.parts:
                yield path.read_text(encoding="utf-8")


def test_every_error_code_is_explained() -> None:
    codes = {code for source in _sources() for code in ERROR_CODE.findall(source)}
    explained = (ROOT / "docs/operate.md").read_text(encoding="utf-8")

    assert [] == sorted(code for code in codes if f"`{code}`" not in explained)


def test_every_variable_is_explained() -> None:
    names = {first or second for source in _sources() for first, second in VARIABLE.findall(source)}

    assert [] == sorted(name for name in names - {"PATH"} if name not in _all_text())


def test_every_command_is_mentioned() -> None:
    text = _all_text()

    assert [] == [path for path in _commands(cli, "hub") if path not in text]


def _commands(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, f"{path} {name}")


def test_every_kind_of_connection_has_a_section() -> None:
    text = (ROOT / "connectors/README.md").read_text(encoding="utf-8")

    assert [] == [kind for kind in connectors.KINDS if f"## {kind}\n" not in text]


def test_every_module_that_the_documents_name_is_there() -> None:
    named = set(re.findall(r"`((?:hub|workers|connectors)\.[a-z_]+(?:\.[a-z_]+)*)`", _all_text()))

    # The schema of the database is called `hub`, too.
    sql = "\n".join(path.read_text("utf-8") for path in (ROOT / "alembic").rglob("*.sql"))
    unknown = {name for name in named if name not in sql} - {"hub.toml"}
    assert [] == sorted(name for name in unknown if not _imports(name))


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        module, _, attribute = name.rpartition(".")
        return bool(module) and hasattr(importlib.import_module(module), attribute)
    return True


def test_every_file_that_the_documents_name_is_there() -> None:
    pattern = r"`((?:hub|workers|connectors|graphql|alembic|tests|docs)/[A-Za-z0-9_./-]+)`"
    named = set(re.findall(pattern, _all_text()))

    missing = {path for path in named if not (ROOT / path).exists()}
    assert [] == sorted(missing - SHADOWS)
