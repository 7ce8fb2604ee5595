"""On which line of a TOML file does a key stand?

`tomllib` gives values without their lines, so the keys are found by a scan. The scan only has to
understand where keys stand; `tomllib` has already said whether the file is TOML at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_KEY_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_KEY_PART}(?:\s*\.\s*{_KEY_PART})*)\s*=\s*")
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEY_PART}(?:\s*\.\s*{_KEY_PART})*)\s*\]\]?")
_PARTS = re.compile(_KEY_PART)
_TRIPLE = ('"""', "'''")


def key_lines(text: str) -> Mapping[tuple[str, ...], int]:
    """The line of every table header and every key outside inline tables, by key path."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in _statement_lines(text):
        header = _HEADER.match(line)
        if header:
            table = _parts(header[1])
            lines.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            lines.setdefault(table + _parts(key[1]), number)
    return lines


def nearest_line(lines: Mapping[tuple[str, ...], int], key: tuple[str, ...]) -> int | None:
    """The line of `key`, or of the innermost table or inline table that it stands in."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    found = []
    for match in _PARTS.finditer(dotted):
        part = match[0]
        found.append(part[1:-1] if part[0] in "\"'" else part)
    return tuple(found)


def _statement_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that begin a statement: not inside a multi-line string or array."""
    closing: str | None = None
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is None and depth == 0:
            yield number, line
            if _HEADER.match(line):
                continue
        closing, depth = _after(line, closing, depth)


def _after(line: str, closing: str | None, depth: int) -> tuple[str | None, int]:
    """Which multi-line string, and how many brackets, are still open after `line`."""
    at = 0
    while at < len(line):
        if closing is not None:
            end = line.find(closing, at)
            if end < 0:
                return (closing if closing in _TRIPLE else None), depth
            at, closing = end + len(closing), None
            continue
        character = line[at]
        if character == "#":
            break
        if line[at : at + 3] in _TRIPLE:
            closing, at = line[at : at + 3], at + 3
            continue
        if character in "\"'":
            at = _end_of_string(line, at)
            continue
        depth += (character in "[{") - (character in "]}")
        at += 1
    return closing, depth


def _end_of_string(line: str, start: int) -> int:
    quote, at = line[start], start + 1
    while at < len(line) and line[at] != quote:
        at += 2 if quote == '"' and line[at] == "\\" else 1
    return at + 1
