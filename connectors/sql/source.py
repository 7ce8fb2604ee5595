"""How are the rows of a database read, from where the last read stopped?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from connectors.sql.copying import CopiedShape, copied_pages, copied_shape
from connectors.sql.place import DatabasePlace
from connectors.sql.schema import all_tables, described_columns, split_name, table_schema
from connectors.sql.settings import Settings, StreamSettings
from hub.contract import (
    Capability,
    CheckResult,
    Limiter,
    Priority,
    SourcePage,
    SourceStream,
)
from hub.core.columns import kind_of, to_arrow
from hub.core.edge import Edge, begin, behind, digest_of, kind_of_mark, read_back, written
from hub.core.records import State, StreamSchema
from hub.errors import HubError, MappingError

PAGE_ROWS = 10_000
Row = Sequence[Any]


class SqlSource:
    """The tables and views of one database."""

    capabilities = frozenset({Capability.INCREMENTAL, Capability.DISCOVER})

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._place = DatabasePlace(connection, settings)

    @property
    def requests_made(self) -> int:
        """Statements sent so far."""
        return self._place.requests_made

    def check(self) -> tuple[CheckResult, ...]:
        """Does the database let us in, and what may be read?"""
        try:
            with self._place.session() as session:
                names = all_tables(inspect(session))
        except HubError as exc:
            return (CheckResult(name="reach", ok=False, sentence=exc.message),)
        return (
            CheckResult(
                name="reach", ok=True, sentence=f"{self._place.name} answers, and lets us in."
            ),
            CheckResult(
                name="tables",
                ok=bool(names),
                sentence=f"It shows {len(names)} tables and views."
                if names
                else "It shows no table: grant the user the right to read some.",
            ),
        )

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """Every table and view."""
        with self._place.session() as session:
            inspector = inspect(session)
            return {name: table_schema(inspector, name) for name in all_tables(inspector)}

    def describe(self, stream: SourceStream, priority: Priority = Priority.ROUTINE) -> StreamSchema:
        """The columns of the stream's table, or of its query's answer.

        Raises:
            RemoteMissing: there is no such table or column.
        """
        settings = _own(stream)
        with self._place.session() as session:
            if settings.table is not None:
                return table_schema(inspect(session), settings.table)
            sample = f"select * from ({_literal(settings.query)}) as q limit 200"  # noqa: S608  # the owner of hub.toml wrote it
            result = session.execute(text(sample))
            names = list(result.keys())
            columns = list(zip(*result.fetchall(), strict=True)) or [()] * len(names)
            kinds = {
                name: kind_of(to_arrow(list(cells)))[0]
                for name, cells in zip(names, columns, strict=True)
            }
            return described_columns(stream.name, names, kinds)

    def read(
        self, stream: SourceStream, state: State | None, priority: Priority
    ) -> Iterator[SourcePage]:
        """The rows behind `state`: by the cursor column, by key, or all of them.

        Raises:
            RemoteMissing: there is no such table or column.
            MappingError: the cursor is empty in a row.
            RemoteUnavailable: the database broke off.
        """
        settings = _own(stream)
        with self._place.session() as session:
            try:
                if settings.cursor is not None:
                    yield from self._by_cursor(session, stream, settings, settings.cursor, state)
                elif stream.key:
                    yield from self._by_key(session, stream, settings, state)
                else:
                    yield from self._all(session, stream, settings)
            except SQLAlchemyError as exc:
                raise self._place.meaning(exc) from exc

    def _by_cursor(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        column: str,
        state: State | None,
    ) -> Iterator[SourcePage]:
        first, known = begin(state, settings.lag)
        if first is None and (shape := self._shape(session, stream, settings, ())) is not None:
            yield from self._first_by_cursor(session, stream, settings, column, shape)
            return
        name = self._quoted(column)
        where = "" if first is None else f" where {name} >= :first"
        names, pages = self._pages(
            session, stream, settings, f"{where} order by {name}", {"first": first}
        )
        edge = Edge(lag=settings.lag)
        at = names.index(column)
        for rows in pages:
            fresh: list[Row] = []
            for row in rows:
                mark = row[at]
                if mark is None:
                    raise self._without_cursor(stream, column)
                digest = digest_of(row)
                if digest not in known:
                    fresh.append(row)
                edge.pass_by(mark, digest)
            yield self._page(names, fresh, edge.state(), settings)
        end = edge.state() or dict(state or {})
        yield self._page(names, [], end, settings, is_last=True, is_complete=first is None)

    def _without_cursor(self, stream: SourceStream, column: str) -> MappingError:
        return MappingError(
            f"[{self._connection}] stream {stream.name}: {column} is empty in a row, "
            "so changes cannot be told by it. Choose another `cursor` in hub.toml, "
            "or read only rows that have one with `query`."
        )

    def _first_by_cursor(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        column: str,
        shape: CopiedShape,
    ) -> Iterator[SourcePage]:
        """Everything by COPY, then the edge behind which the next read goes on."""
        statement = self._statement(stream, settings).replace("\\:", ":")
        place = settings.table or "query"
        self._place.requests_made += 1
        for rows in copied_pages(session, statement, shape, 2 * PAGE_ROWS):
            if rows.column(column).null_count:
                raise self._without_cursor(stream, column)
            yield SourcePage(rows=rows, state={}, place=place)
        name = self._quoted(column)
        highest = f"select max({name}) from {self._relation(settings)}"  # noqa: S608  # quoted
        top = session.execute(text(highest)).scalar_one()
        edge = Edge(lag=settings.lag)
        if top is not None:
            names, pages = self._pages(
                session,
                stream,
                settings,
                f" where {name} >= :first order by {name}",
                {"first": behind(top, settings.lag)},
            )
            at = names.index(column)
            for part in pages:
                for row in part:
                    edge.pass_by(row[at], digest_of(row))
        empty = pa.RecordBatch.from_pydict({})
        yield SourcePage(
            rows=empty, state=edge.state(), place=place, is_last=True, is_complete=True
        )

    def _by_key(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        state: State | None,
    ) -> Iterator[SourcePage]:
        """Everything, in the order of the key, so that a read that was cut off goes on."""
        last = _last_key(state)
        if not last and (copied := self._copied(session, stream, settings)) is not None:
            yield from copied
            return
        key = [self._quoted(name) for name in stream.key]
        where = f" where ({', '.join(key)}) > ({', '.join(f':k{n}' for n in range(len(key)))})"
        names, pages = self._pages(
            session,
            stream,
            settings,
            f"{where if last else ''} order by {', '.join(key)}",
            {f"k{n}": value for n, value in enumerate(last)},
        )
        places = [names.index(name) for name in stream.key]
        for rows in pages:
            values = [rows[-1][at] for at in places]
            yield self._page(names, rows, {"after": _key_state(values)}, settings)
        yield self._page(names, [], {}, settings, is_last=True, is_complete=not last)

    def _all(
        self, session: Connection, stream: SourceStream, settings: StreamSettings
    ) -> Iterator[SourcePage]:
        copied = self._copied(session, stream, settings)
        if copied is not None:
            yield from copied
            return
        names, pages = self._pages(session, stream, settings, "", {})
        for rows in pages:
            yield self._page(names, rows, {}, settings)
        yield self._page(names, [], {}, settings, is_last=True, is_complete=True)

    def _shape(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        key: Sequence[str],
    ) -> CopiedShape | None:
        """What COPY would give, where the database is a Postgres and the types allow it."""
        if self._place.dialect != "postgresql":
            return None
        return copied_shape(session, self._statement(stream, settings), key)

    def _copied(
        self, session: Connection, stream: SourceStream, settings: StreamSettings
    ) -> Iterator[SourcePage] | None:
        """Everything by COPY, where that can be."""
        shape = self._shape(session, stream, settings, stream.key)
        if shape is None:
            return None
        statement = self._statement(stream, settings)
        order = ", ".join(self._quoted(name) for name in stream.key)
        # What SQLAlchemy is told of colons, COPY is not.
        ordered = (f"{statement} order by {order}" if order else statement).replace("\\:", ":")
        return self._copied_pages(session, stream, settings, ordered, shape)

    def _copied_pages(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        statement: str,
        shape: CopiedShape,
    ) -> Iterator[SourcePage]:
        place = settings.table or "query"
        self._place.requests_made += 2
        for rows in copied_pages(session, statement, shape, 2 * PAGE_ROWS):
            last = rows.num_rows - 1
            values = [shape.key_value(name, rows.column(name)[last]) for name in stream.key]
            state: State = {"after": _key_state(values)} if values else {}
            yield SourcePage(rows=rows, state=state, place=place)
        empty = pa.RecordBatch.from_pydict({})
        yield SourcePage(rows=empty, state={}, place=place, is_last=True, is_complete=True)

    def _statement(self, stream: SourceStream, settings: StreamSettings) -> str:
        needed = self._needed(stream, settings)
        shown = ", ".join(self._quoted(name) for name in needed) if needed else "*"
        return f"select {shown} from {self._relation(settings)}"  # noqa: S608  # names are quoted

    def _pages(
        self,
        session: Connection,
        stream: SourceStream,
        settings: StreamSettings,
        rest: str,
        values: Mapping[str, object],
    ) -> tuple[list[str], Iterator[list[Row]]]:
        """The names of the columns, and the rows through a server-side cursor."""
        statement = f"{self._statement(stream, settings)}{rest}"
        result = session.execution_options(stream_results=True, max_row_buffer=PAGE_ROWS).execute(
            text(statement), {key: value for key, value in values.items() if value is not None}
        )
        names = [str(name) for name in result.keys()]  # noqa: SIM118  # a result, not a dict
        return names, (list(rows) for rows in result.partitions(PAGE_ROWS))

    def _needed(self, stream: SourceStream, settings: StreamSettings) -> list[str]:
        if not stream.fields:
            return []
        wanted = [*stream.fields, *stream.key, *([settings.cursor] if settings.cursor else [])]
        return list(dict.fromkeys(wanted))

    def _relation(self, settings: StreamSettings) -> str:
        if settings.query is not None:
            return f"({_literal(settings.query)}) as q"
        schema, name = split_name(str(settings.table))
        return ".".join(self._quoted(part) for part in (schema, name) if part)

    def _quoted(self, name: str) -> str:
        # A colon would begin a parameter.
        return (
            self._place.engine()
            .dialect.identifier_preparer.quote_identifier(name)
            .replace(":", "\\:")
        )

    def _page(
        self,
        names: Sequence[str],
        rows: Sequence[Row],
        state: State,
        settings: StreamSettings,
        *,
        is_last: bool = False,
        is_complete: bool = False,
    ) -> SourcePage:
        columns = list(zip_longest(*rows)) if rows else [()] * len(names)
        return SourcePage(
            rows=pa.RecordBatch.from_arrays(
                [to_arrow(cells) for cells in columns], names=list(names)
            ),
            state=state,
            place=settings.table or "query",
            is_last=is_last,
            is_complete=is_complete,
        )


def _own(stream: SourceStream) -> StreamSettings:
    if not isinstance(stream.settings, StreamSettings):
        raise TypeError(f"stream {stream.name} was not configured for a database")
    return stream.settings


def _literal(query: str | None) -> str:
    """A query whose lone colons begin no parameter."""
    return re.sub(r"(?<!:):(?!:)", r"\\:", query or "")


def _key_state(values: Sequence[Any]) -> str:
    return json.dumps([[kind_of_mark(value), written(value)] for value in values])


def _last_key(state: State | None) -> list[object]:
    after = (state or {}).get("after")
    if not after:
        return []
    return [read_back(text, kind) for kind, text in json.loads(str(after))]
