"""How does `hub --help` stay quick although some commands import half the world?"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click


@dataclass(frozen=True, kw_only=True, slots=True)
class LazyCommand:
    """A command by the place of its code; `summary` is its line in the help."""

    place: str
    summary: str


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def __init__(
        self,
        name: str | None = None,
        *,
        lazy_commands: Mapping[str, LazyCommand],
        **settings: object,
    ) -> None:
        super().__init__(name, **settings)  # type: ignore[arg-type]  # click's own settings
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they were declared: the first steps first."""
        return [*self._lazy_commands, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        lazy = self._lazy_commands.get(cmd_name)
        if lazy is None:
            return super().get_command(ctx, cmd_name)
        module, attribute = lazy.place.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the summaries without importing what they stand for."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.summary) for name, command in self._lazy_commands.items()]
            )
