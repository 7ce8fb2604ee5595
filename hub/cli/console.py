"""How do the logs of several processes and the steps of a start look on one terminal?"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "bright_cyan", "bright_green")
LEVEL_COLOURS = {"warning": "yellow", "error": "red", "critical": "red"}
# What a person does not need on every line; the JSON itself has it.
HIDDEN_KEYS = frozenset({"timestamp", "level", "event", "logger"})
NAME_WIDTH = 9
KEPT_LINES = 60

Progress = Callable[[str, int, int], None]
"""Called with the part at work, what is done and the whole."""


class Console:
    """Writes whole lines, from any thread."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._lock = threading.Lock()
        self._colours: dict[str, str] = {}
        self._quiet = quiet
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)

    def line(self, text: str = "") -> None:
        """A line of our own."""
        if not self._quiet:
            with self._lock:
                click.echo(text)

    def kept(self) -> list[str]:
        """The last lines that processes said while nobody listened."""
        return list(self._kept)

    def log(self, name: str, text: str) -> None:
        """A line that a process said, behind its time and name."""
        if self._quiet:
            self._kept.append(f"{name} | {readable(text)}")
            return
        with self._lock:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            clock = datetime.now().astimezone().strftime("%H:%M:%S")
            click.echo(click.style(f"{clock} {name:<{NAME_WIDTH}}| ", fg=colour) + readable(text))

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step of a start, with its time when it is done."""
        began = time.monotonic()
        yield
        self.done(title, time.monotonic() - began)

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """A step whose advance is shown: a bar on a terminal, nothing elsewhere until it ends."""
        began = time.monotonic()
        if self._quiet or not sys.stdout.isatty():
            yield lambda _part, _done, _total: None
        else:
            from rich.progress import Progress as Bar

            with Bar(transient=True) as bar:
                task = bar.add_task(f"  {title}")

                def advance(part: str, done: int, total: int) -> None:
                    bar.update(task, completed=done, total=total, description=f"  {title}: {part}")

                yield advance
        self.done(title, time.monotonic() - began)

    def done(self, title: str, seconds: float) -> None:
        """Say that a step is done."""
        self.line(f"  {click.style('ok', fg='green')}  {title:<44}{seconds:6.2f} s")


def readable(line: str) -> str:
    """A JSON log line as a sentence; any other line as it is."""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    return _sentence(entry)


def _sentence(entry: Mapping[str, Any]) -> str:
    event = str(entry["event"])
    colour = LEVEL_COLOURS.get(str(entry.get("level", "")))
    if colour:
        event = f"{click.style(str(entry['level']), fg=colour)} {event}"
    exception = entry.get("exception")
    values = [
        f"{click.style(f'{key}=', dim=True)}{value}"
        for key, value in entry.items()
        if key not in HIDDEN_KEYS and key != "exception"
    ]
    return "  ".join([event, *values]) + (f"\n{exception}" if exception else "")
