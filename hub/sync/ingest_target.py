"""What fills up while a source is read: a dataset, or an entity of the hub?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlmodel import Session

from hub.core.datasets import Dataset, Redescribe, steps_between
from hub.core.page_mapping import key_of
from hub.core.source_mapping import SourceMapping
from hub.errors import ConfigError
from hub.store import dataset_rows, dataset_tables, datasets, entity_rows, staging
from hub.store.dataset_rows import Written
from hub.store.entity_rows import EntityTable
from hub.store.tables import TABLES
from hub.sync.ingest_entity import EXTERNAL, FACT_TABLES, entity_mapping, filled_columns
from hub.sync.ingest_plan import dataset_mapping, wanted_dataset
from hub.sync.ingest_stream import IngestStream

_DIALECT = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Target(Protocol):
    """A table that a stream fills, page by page."""

    @property
    def mapping(self) -> SourceMapping:
        """How fields become columns."""

    @property
    def required(self) -> frozenset[str]:
        """Columns without which a row cannot be kept."""

    @property
    def tells_gone(self) -> bool:
        """Whether a complete read tells which rows are gone."""

    @property
    def restarts(self) -> bool:
        """Whether a read that was cut off must begin anew."""

    @property
    def adds_only(self) -> bool:
        """Whether what is read twice would stand there twice."""

    def has_rows(self, session: Session) -> bool:
        """Whether anything stands there."""

    def empty(self, session: Session) -> None:
        """Drop what a first read left that was cut off."""

    def open(self, session: Session) -> None:
        """Prepare this connection for pages."""

    def close(self, session: Session) -> None:
        """Leave nothing behind in this connection."""

    def write(
        self, session: Session, rows: Any, *, remember: bool
    ) -> tuple[Written, Mapping[int, str]]:
        """Write mapped rows (a pyarrow.RecordBatch); and why some were left out, by number."""

    def park(self, session: Session) -> int:
        """Keep the names of the last page that no row answers to; how many."""

    def gone(self, session: Session) -> tuple[int, int]:
        """How many rows the complete read did not show, and how many live."""

    def gone_ids(self, session: Session, limit: int) -> list[str]:
        """Which those are."""

    def bury(self, session: Session, only: list[str] | None) -> int:
        """Tombstone them."""


class DatasetTarget:
    """A dataset."""

    def __init__(self, stream: IngestStream, dataset: Dataset) -> None:
        self._stream = stream
        self.dataset = dataset
        self.mapping = dataset_mapping(stream, dataset)
        self.required = frozenset(dataset.key)
        self.tells_gone = stream.buries_gone and not dataset.is_append
        self.restarts = not dataset.key and not dataset.is_append
        self.adds_only = not dataset.key and dataset.is_append

    def has_rows(self, session: Session) -> bool:
        """Whether anything stands there."""
        return dataset_rows.has_rows(session, self.dataset)

    def empty(self, session: Session) -> None:
        """Drop what a first read left that was cut off."""
        dataset_rows.empty(session, self.dataset)

    def open(self, session: Session) -> None:
        """Prepare this connection for pages."""
        staging.open_staging(session, dataset_rows.staged_columns(self.dataset))

    def close(self, session: Session) -> None:
        """Leave nothing behind in this connection."""
        staging.close_staging(session)

    def write(
        self, session: Session, rows: Any, *, remember: bool
    ) -> tuple[Written, Mapping[int, str]]:
        """Write mapped rows."""
        return dataset_rows.write_page(session, self.dataset, rows, remember=remember), {}

    def park(self, session: Session) -> int:
        """Keep the names of the last page that no row answers to."""
        return dataset_rows.park_references(
            session, self.dataset, self._stream.connection, self._stream.name
        )

    def gone(self, session: Session) -> tuple[int, int]:
        """How many rows the complete read did not show, and how many live."""
        return dataset_rows.gone_count(session, self.dataset)

    def gone_ids(self, session: Session, limit: int) -> list[str]:
        """Which those are."""
        return dataset_rows.gone_ids(session, self.dataset, limit)

    def bury(self, session: Session, only: list[str] | None) -> int:
        """Tombstone them."""
        return dataset_rows.bury_gone(session, self.dataset, only)


class EntityTarget:
    """An entity of the hub, or one of its facts."""

    def __init__(self, stream: IngestStream) -> None:
        self.mapping = entity_mapping(stream)
        self._is_fact = stream.entity in FACT_TABLES
        self._entity = _entity_table(stream, self.mapping)
        # Facts without a client or a day cannot be; other rows lack what their record lacks.
        self.required = frozenset(self.mapping.key)
        self.tells_gone = stream.buries_gone and not self._is_fact
        self.restarts = False
        self.adds_only = False

    def has_rows(self, session: Session) -> bool:
        """Whether anything stands there: nobody asks where nothing is only added."""
        return False

    def empty(self, session: Session) -> None:
        """People's rows stand there, too: nothing is dropped."""

    def open(self, session: Session) -> None:
        """Prepare this connection for pages."""
        staging.open_staging(session, entity_rows.staged_columns(self._entity))

    def close(self, session: Session) -> None:
        """Leave nothing behind in this connection."""
        staging.close_staging(session)

    def write(
        self, session: Session, rows: Any, *, remember: bool
    ) -> tuple[Written, Mapping[int, str]]:
        """Write mapped rows."""
        if self._is_fact:
            return entity_rows.write_facts(session, self._entity, rows), {}
        key = key_of(rows, self.mapping.key)
        names = [name for name in rows.schema.names if name != EXTERNAL]
        keyed = pa.RecordBatch.from_arrays(
            [*(rows.column(name) for name in names), key], names=[*names, staging.KEY]
        )
        return entity_rows.write_page(session, self._entity, keyed, remember=remember)

    def park(self, session: Session) -> int:
        """Keep the names of the last page that no row answers to."""
        return 0 if self._is_fact else entity_rows.park_references(session, self._entity)

    def gone(self, session: Session) -> tuple[int, int]:
        """How many records the complete read did not show, and how many there were."""
        return entity_rows.gone_count(session, self._entity)

    def gone_ids(self, session: Session, limit: int) -> list[str]:
        """Which those are."""
        return entity_rows.gone_ids(session, self._entity, limit)

    def bury(self, session: Session, only: list[str] | None) -> int:
        """Tombstone them."""
        return entity_rows.bury_gone(session, self._entity, only)


def _entity_table(stream: IngestStream, mapping: SourceMapping) -> EntityTable:
    table = FACT_TABLES.get(str(stream.entity))
    if table is None:
        table = TABLES[str(stream.entity)]
    columns = [column for column in mapping.columns if column.name != EXTERNAL]
    known = filled_columns(str(stream.entity))
    mine = stream.precedence or {}
    ordered = {
        name: sorted(rivals, key=lambda rival: rival.precedence)
        for name, rivals in (stream.rivals or {}).items()
    }
    return EntityTable(
        connection=stream.connection,
        stream=stream.name,
        name=str(stream.entity),
        columns={
            column.name: table.columns[column.name].type.compile(dialect=_DIALECT)
            for column in columns
        },
        key=stream.key,
        lookups={c.name: str(c.lookup) for c in columns if c.lookup is not None},
        before={
            name: [(r.connection, r.stream) for r in rivals if r.precedence < mine[name]]
            for name, rivals in ordered.items()
        },
        behind={
            name: [(r.connection, r.stream) for r in rivals if r.precedence >= mine[name]]
            for name, rivals in ordered.items()
        },
        defaults={
            c.name: "'" + str(known[c.name].default).replace("'", "''") + "'"
            for c in columns
            if not known[c.name].is_nullable and known[c.name].default is not None
        },
    )


UnitOfWork = Callable[[], AbstractContextManager[Session]]


def prepare_target(unit: UnitOfWork, stream: IngestStream) -> Target:
    """What the stream fills, made or checked."""
    if stream.entity is not None:
        return EntityTarget(stream)
    return prepare_dataset(unit, stream)


def prepare_dataset(unit: UnitOfWork, stream: IngestStream) -> DatasetTarget:
    """The stream's dataset, made if it is not there yet.

    The source is asked between two transactions, never within one.

    Raises:
        ConfigError: the dataset is there and differs from what the configuration asks for.
        MappingError: the configuration names a field that the source does not have.
    """
    with unit() as session:
        present = datasets.find(session, str(stream.dataset))
    wanted = wanted_dataset(stream, present)
    if present is None:
        with unit() as session:
            dataset_tables.create(session, wanted)
        return DatasetTarget(stream, wanted)
    if (present.connection, present.stream) != (stream.connection, stream.name):
        raise ConfigError(
            f"[{stream.title}] dataset {present.name!r} is filled by {present.connection}."
            f"{present.stream}. Name another dataset; or, where the stream was renamed, "
            f"`hub datasets apply {present.name}` hands it over."
        )
    steps = steps_between(present, wanted)
    if any(not isinstance(step, Redescribe) for step in steps) or (
        present.is_append != wanted.is_append
    ):
        raise ConfigError(
            f"[{stream.title}] hub.toml asks for other columns than dataset {present.name!r} has. "
            f"`hub datasets plan {present.name}` shows what would happen to the data, "
            f"`hub datasets apply {present.name}` does it. Nothing is read until then."
        )
    if steps:
        with unit() as session:
            datasets.save(session, wanted)
    return DatasetTarget(stream, wanted)
