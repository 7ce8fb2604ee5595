"""What do `${NAME}` and `NAME_FILE` stand for?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hub.config.problems import KeyPath, Problem, nearest

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?", re.DOTALL)


class MissingVariable(LookupError):
    """A variable is set neither itself nor through a file."""


def read_variable(name: str, environ: Mapping[str, str]) -> str:
    """The variable `name`, or the content of the file that `NAME_FILE` names.

    Raises:
        MissingVariable: it cannot be read; the message says why, without a value.
    """
    file_name = environ.get(f"{name}_FILE")
    if name in environ and file_name:
        raise MissingVariable(f"{name} and {name}_FILE are both set: keep one")
    if name in environ:
        return environ[name]
    if not file_name:
        raise MissingVariable(f"the variable {name} is not set, nor is {name}_FILE")
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise MissingVariable(
            f"the file that {name}_FILE names cannot be read: {file_name}: {reason}"
        ) from exc


class Substitution:
    """Replaces every `${NAME}` in a document, and remembers where and what went wrong.

    `${NAME:-otherwise}` has a default; `$${` stands for `${` itself.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []
        self.variables: dict[KeyPath, tuple[str, ...]] = {}

    def apply(self, value: object, key: KeyPath = ()) -> object:
        """`value` with every reference replaced, in tables and lists too."""
        if isinstance(value, Mapping):
            return {name: self.apply(item, (*key, str(name))) for name, item in value.items()}
        if isinstance(value, list):
            return [self.apply(item, (*key, str(at))) for at, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._replace(value, key)
        return value

    def _replace(self, text: str, key: KeyPath) -> str:
        used: list[str] = []

        def replacement(match: re.Match[str]) -> str:
            if match[1] is None:
                return "${"
            reference = _NAME.fullmatch(match[1])
            if reference is None:
                self._report(key, text, "${...} holds no variable's name")
                return ""
            name, has_default, default = reference[1], reference[2], reference[3]
            used.append(name)
            try:
                found = read_variable(name, self._environ)
            except MissingVariable as exc:
                if (
                    has_default
                    and name not in self._environ
                    and f"{name}_FILE" not in self._environ
                ):
                    return default
                self._report(key, text, str(exc), nearest(name, self._environ))
                return ""
            return default if has_default and not found else found

        replaced = _REFERENCE.sub(replacement, text)
        self.variables[key] = tuple(used)
        return replaced

    def _report(self, key: KeyPath, text: str, message: str, near: str | None = None) -> None:
        self.problems.append(Problem(key=key, message=message, got=f'"{text}"', near_miss=near))
