"""A source that tests write by hand, and the engine behind it.

`ListSource` is a kind of platform from outside the tree: pages of records in a Python list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from hub.config.load import load_config
from hub.contract import (
    Capability,
    CheckResult,
    Limiter,
    MalformedRow,
    Priority,
    Source,
    SourcePage,
    SourceStream,
)
from hub.core.columns import schema_of
from hub.core.records import State, StreamSchema
from hub.store.database import Database
from hub.store.entity_descriptions import describe_entities
from hub.sync.ingest import Ingestion, ingest
from hub.sync.ingest_config import ingest_stream
from hub.sync.ingest_stream import IngestStream

Record = Mapping[str, object]


class Settings(BaseModel):
    """The keys of a connection of the kind that tests bring along."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    greeting: str = Field(default="hello", description="What the platform says.")


class StreamSettings(BaseModel):
    """The keys of its streams."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shelf: str = Field(default="all", description="Which records.")


@dataclass(kw_only=True)
class ListSource:
    """A source whose records are a list: read completely, or behind a position."""

    records: list[Record] = field(default_factory=list)
    page_size: int = 3
    is_incremental: bool = False
    malformed: dict[int, tuple[MalformedRow, ...]] = field(default_factory=dict)
    before_page: Callable[[int], None] | None = None
    notes: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset({Capability.INCREMENTAL, Capability.DISCOVER})
    requests_made: int = 0

    def check(self) -> tuple[CheckResult, ...]:
        """It is there."""
        return (CheckResult(name="reach", ok=True, sentence="The list is there."),)

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """One stream."""
        return {"all": self._schema("all")}

    def describe(self, stream: SourceStream, priority: Priority = Priority.ROUTINE) -> StreamSchema:
        """Its fields."""
        return self._schema(stream.name)

    def _schema(self, name: str) -> StreamSchema:
        return schema_of(name, name, pa.Table.from_batches([batch(self.records)]))

    def read(
        self, stream: SourceStream, state: State | None, priority: Priority
    ) -> Iterator[SourcePage]:
        """Pages behind the position; a complete read that ended begins anew."""
        at = int((state or {}).get("at") or 0)
        is_midway = bool(state and not state.get("ended"))
        if not self.is_incremental and not is_midway:
            at = 0
        for number, start in enumerate(range(at, len(self.records), self.page_size)):
            if self.before_page is not None:
                self.before_page(number)
            self.requests_made += 1
            rows = self.records[start : start + self.page_size]
            yield SourcePage(
                rows=batch(rows),
                state={"at": start + len(rows), "ended": False},
                place=f"list, from {start + 1}",
                malformed=self.malformed.get(number, ()),
                notes=self.notes,
            )
        yield SourcePage(
            rows=pa.RecordBatch.from_pydict({}),
            state={"at": len(self.records), "ended": True},
            place="list",
            is_last=True,
            is_complete=not self.is_incremental,
        )


def batch(records: Sequence[Record]) -> Any:
    """Records by columns, with natural types."""
    names = list(dict.fromkeys(name for record in records for name in record))
    return pa.RecordBatch.from_arrays(
        [pa.array([record.get(name) for record in records]) for name in names], names=names
    )


def build_source(connection: str, settings: Settings, limiter: Limiter) -> Source:
    """What a kind's module has; the tests' own kind answers an empty list."""
    return ListSource()


class Models(dict[str, type[BaseModel]]):
    """The one kind that these tests configure."""

    streams: dict[str, type[BaseModel]] = {"list": StreamSettings}  # noqa: RUF012  # as connectors.Models
    two_way: frozenset[str] = frozenset()


HEAD = """
[connection.legacy]
kind = "list"
"""


@dataclass(frozen=True, kw_only=True)
class Side:
    """A database, a hub.toml and sources in hand."""

    database: Database
    folder: Path

    def stream(self, toml: str, source: Source, name: str = "traffic") -> IngestStream:
        """The stream `legacy.NAME` of a hub.toml that says `toml` behind the connection."""
        path = self.folder / "hub.toml"
        path.write_text(HEAD + toml, encoding="utf-8")
        config = load_config(
            path,
            {},
            connection_models=Models({"list": Settings}),
            known_entities=describe_entities(),
        )
        entries = [e for c in config.connections.values() for e in c.sources.values()]
        (entry,) = [e for e in entries if e.name == name]
        return ingest_stream(entry, entries, source)

    def read(
        self, toml: str, source: Source, *, name: str = "traffic", anew: bool = False
    ) -> Ingestion:
        """Read the stream once, to its end."""
        return ingest(self.database, self.stream(toml, source, name), trigger="person", anew=anew)

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """What a query answers."""
        with self.database.reading() as session:
            return [tuple(row) for row in session.execute(text(query), values)]

    def do(self, statement: str, **values: object) -> None:
        """A statement of somebody else."""
        with self.database.engine.begin() as connection:
            connection.execute(text(statement), values)
