"""What is a stream of a source to the engine: what to read, and what it fills?"""

from __future__ import annotations

from dataclasses import dataclass

from hub.contract import Source, SourceStream
from hub.core.guard import Guard
from hub.core.schedule import Schedule
from hub.core.source_mapping import WantedColumn


@dataclass(frozen=True, kw_only=True, slots=True)
class Rival:
    """Another stream that feeds a column of the same entity."""

    connection: str
    stream: str
    precedence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestStream:
    """One stream, ready to be read: its source, its mapping, its target.

    `rivals` are the other streams that feed a column, by column; `precedence` is this stream's
    place among them. Without `columns` a dataset has every field that is discovered.
    """

    connection: str
    name: str
    source: Source
    read: SourceStream
    columns: tuple[WantedColumn, ...]
    key: tuple[str, ...]
    guard: Guard
    schedule: Schedule
    dataset: str | None = None
    entity: str | None = None
    external_id: str | None = None
    description: str | None = None
    is_append: bool = False
    buries_gone: bool = True
    full_every_seconds: float | None = None
    precedence: dict[str, int] | None = None
    rivals: dict[str, tuple[Rival, ...]] | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.connection}.{self.name}"

    @property
    def target(self) -> str:
        """The table it fills, as the change log names it."""
        return self.entity or f"dataset.{self.dataset}"
