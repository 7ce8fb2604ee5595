"""What does this hub.toml, together with the environment, configure?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from hub.config.entities import EntityDescription
from hub.config.models import Config
from hub.config.places import key_lines, nearest_line
from hub.config.problems import InvalidConfig, KeyPath, Problem
from hub.config.reader import Reader

DEFAULT_FILE = Path("hub.toml")
_TOML_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedConfig:
    """A configuration, and where each of its values came from."""

    config: Config
    path: Path | None
    lines: Mapping[KeyPath, int]
    written: frozenset[KeyPath]
    variables: Mapping[KeyPath, tuple[str, ...]]
    warnings: tuple[Problem, ...]


def locate_config(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: the one given, else `HUB_CONFIG`, else a hub.toml in this folder."""
    if path is not None:
        return path
    if environ.get("HUB_CONFIG"):
        return Path(environ["HUB_CONFIG"])
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def load_config(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    connection_models: Mapping[str, type[BaseModel]] | None = None,
    known_entities: Mapping[str, EntityDescription] | None = None,
) -> Config:
    """The checked configuration; without a file the environment alone decides.

    `connection_models` holds the model of each kind of platform's own settings; without it they
    are neither checked nor kept. `known_entities` describes the hub's tables; without it columns
    are not checked.

    Raises:
        InvalidConfig: it cannot be used; every problem is listed at once.
    """
    return read_config(
        path, environ, connection_models=connection_models, known_entities=known_entities
    ).config


def read_config(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    connection_models: Mapping[str, type[BaseModel]] | None = None,
    known_entities: Mapping[str, EntityDescription] | None = None,
) -> LoadedConfig:
    """As `load_config`, with the places of the values and the warnings.

    Raises:
        InvalidConfig: it cannot be used; every problem is listed at once.
    """
    path = locate_config(path, environ)
    text = _read_text(path) if path else ""
    reader = Reader(_parse(path, text), environ, connection_models, known_entities)
    config = reader.read()
    lines = key_lines(text)
    placed = [replace(found, line=nearest_line(lines, found.key)) for found in reader.problems]
    placed.sort(key=lambda problem: problem.line or 0)
    errors = [problem for problem in placed if not problem.is_warning]
    if errors or config is None:
        raise InvalidConfig(path, errors)
    return LoadedConfig(
        config=config,
        path=path,
        lines=lines,
        written=reader.written_keys(),
        variables=MappingProxyType(reader.substitution.variables),
        warnings=tuple(problem for problem in placed if problem.is_warning),
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        problem = Problem(key=(), message="the file is not UTF-8 text: save it as UTF-8")
        raise InvalidConfig(path, [problem]) from exc
    except OSError as exc:
        reason = (exc.strerror or "it cannot be read").lower()
        problem = Problem(key=(), message=f"the file cannot be read ({reason})")
        raise InvalidConfig(path, [problem]) from exc


def _parse(path: Path | None, text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        said = str(exc)
        at = _TOML_LINE.search(said)
        message = "this is not TOML: " + _TOML_LINE.sub("", said).strip().lower()
        if at:
            message += f" in column {at[2]}"
        line = int(at[1]) if at else len(text.splitlines())
        raise InvalidConfig(path, [Problem(key=(), message=message, line=line)]) from exc
