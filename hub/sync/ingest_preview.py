"""What would the first rows of a stream be in the hub, and what in them does not fit?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.contract import Priority
from hub.core.datasets import DatasetColumn, Redescribe, steps_between
from hub.core.page_mapping import map_page
from hub.store import dataset_tables, datasets, names
from hub.store.database import Database
from hub.sync.ingest_entity import entity_columns, entity_mapping
from hub.sync.ingest_plan import dataset_mapping, wanted_dataset
from hub.sync.ingest_stream import IngestStream

MOST_PROBLEMS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestPreview:
    """The first rows in the columns of their table; `changes` wait for a person's word."""

    target: str
    is_new: bool
    columns: tuple[DatasetColumn, ...]
    rows: tuple[Mapping[str, Any], ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[str, ...]


def preview(database: Database, stream: IngestStream, limit: int) -> IngestPreview:
    """Read the first page from the beginning and map it; nothing is written."""
    present = None
    changes: tuple[str, ...] = ()
    if stream.entity is None:
        with database.reading() as session:
            present = datasets.find(session, str(stream.dataset))
        wanted = wanted_dataset(stream, present)
        if present is not None:
            with database.reading() as session:
                steps = steps_between(present, wanted)
                changes = tuple(
                    effect.sentence
                    for effect in dataset_tables.effects(session, present, steps)
                    if not isinstance(effect.step, Redescribe)
                )
        mapping, columns = dataset_mapping(stream, wanted), wanted.columns
    else:
        mapping, columns = entity_mapping(stream), entity_columns(stream)
    with database.reading() as session:
        known = {
            column.name: names.load_names(session, column.lookup)
            for column in mapping.columns
            if column.lookup is not None
        }
    pages = stream.source.read(stream.read, None, Priority.PERSON)
    page = next(iter(pages))
    problems = [f"{bad.place}: {bad.reason}" for bad in page.malformed]
    rows: tuple[Mapping[str, Any], ...] = ()
    if page.rows.num_rows:
        mapped = map_page(mapping, page.rows, known)
        rows = tuple(mapped.rows.slice(0, limit).to_pylist())
        problems += [f"row {c.row + 1}, {c.column}: {c.reason}" for c in mapped.bad]
        problems += [
            f"row {u.row + 1}, {u.column}: no row is known as {u.given!r} ({u.reason})"
            for u in mapped.unresolved
        ]
    if len(problems) > MOST_PROBLEMS:
        more = len(problems) - MOST_PROBLEMS
        problems = [*problems[:MOST_PROBLEMS], f"and {more:,} more in the first page"]
    return IngestPreview(
        target=stream.entity or f"dataset {stream.dataset}",
        is_new=stream.entity is None and present is None,
        columns=columns,
        rows=rows,
        problems=tuple(problems),
        notes=tuple(page.notes),
        changes=changes,
    )
