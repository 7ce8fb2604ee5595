"""What is wrong with the configuration, where, and what would be right?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError

KeyPath = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that a person must put right.

    `got` is the value as it stands in the file, so never what a variable held; it is None where
    there is no value or where it is a secret.
    """

    key: KeyPath
    message: str
    got: str | None = None
    accepted: tuple[str, ...] = ()
    near_miss: str | None = None
    line: int | None = None
    is_warning: bool = False

    @property
    def key_path(self) -> str:
        """The key as a person would write it: `web.port`."""
        return ".".join(self.key)

    def sentence(self) -> str:
        """The problem without its place."""
        parts = [f"{self.key_path}: " if self.key else "", self.message]
        if self.got is not None:
            parts.append(f", got {self.got}")
        if self.accepted:
            parts.append(f"; valid: {', '.join(self.accepted)}")
        parts.append(".")
        if self.near_miss:
            parts.append(f' Did you mean "{self.near_miss}"?')
        return "".join(parts)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` most likely was meant to be."""
    by_plain = {_plain(choice): choice for choice in choices}
    found = difflib.get_close_matches(_plain(word), by_plain, n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


class InvalidConfig(ConfigError):
    """The configuration cannot be used: every problem is listed."""

    code = "CONFIG_INVALID"

    def __init__(self, path: Path | None, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__(describe(path, self.problems))


def describe(path: Path | None, problems: Sequence[Problem]) -> str:
    """Every problem on a line of its own, and the next step."""
    place = str(path) if path else "the environment"
    count = len(problems)
    head = f"{place} has {count} problem{'' if count == 1 else 's'}:"
    lines = [f"  {located(path, problem)}" for problem in problems]
    return "\n".join([head, *lines, "Correct this, then run: hub config check"])


def located(path: Path | None, problem: Problem) -> str:
    """`hub.toml:12: web.port: ...`, or the sentence alone where no line is known."""
    name = path.name if path else "environment"
    at = f"{name}:{problem.line}: " if problem.line else f"{name}: "
    return at + ("warning: " if problem.is_warning else "") + problem.sentence()
