"""How is a JSON API read as a stream that goes on where it stopped?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from connectors.rest.calls import Calls
from connectors.rest.paging import ask, following
from connectors.rest.settings import PagePaging, Settings, StreamSettings
from connectors.rest.shape import Record, as_batch, records_at, rows_of
from hub.contract import (
    Capability,
    CheckResult,
    Limiter,
    Priority,
    SourcePage,
    SourceStream,
)
from hub.core.columns import schema_of
from hub.core.edge import Edge, Mark, begin, digest_of, written
from hub.core.records import State, StreamSchema
from hub.errors import HubError, MappingError

_NEXT = "next"
DESCRIBED_PAGES = 3


class RestSource:
    """The streams of one JSON API."""

    capabilities = frozenset({Capability.INCREMENTAL})

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._settings = settings
        self._calls = Calls(connection, settings, limiter)

    @property
    def requests_made(self) -> int:
        """Requests sent so far."""
        return self._calls.made

    def check(self) -> tuple[CheckResult, ...]:
        """Does the API answer at its address, and does it know us?

        The address itself may hold nothing; only a stream tells whether what it needs is allowed.
        """
        try:
            self._calls.get(self._settings.base_url, {}, Priority.PERSON)
        except HubError as exc:
            # Any answer about the question shows that it is there and let us ask.
            if exc.code in {"REMOTE_MISSING", "MAPPING"}:
                return (self._reached(),)
            return (CheckResult(name="reach", ok=False, sentence=exc.message),)
        return (self._reached(),)

    def _reached(self) -> CheckResult:
        return CheckResult(
            name="reach", ok=True, sentence=f"{self._settings.base_url} answers and lets us in."
        )

    def discover(self, priority: Priority = Priority.ROUTINE) -> Mapping[str, StreamSchema]:
        """Nothing: an API does not list what it has. `hub connectors probe` looks for it."""
        return {}

    def describe(self, stream: SourceStream, priority: Priority = Priority.ROUTINE) -> StreamSchema:
        """The fields of the records in the first pages.

        Raises:
            MappingError: there are no records where the stream says.
        """
        tables: list[pa.Table] = []
        for page in self.read(stream, None, priority):
            tables.append(pa.Table.from_batches([page.rows]))
            if len(tables) >= DESCRIBED_PAGES:
                break
        tables = [table for table in tables if table.num_columns]
        rows = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
        return schema_of(stream.name, stream.name, rows)

    def read(
        self, stream: SourceStream, state: State | None, priority: Priority
    ) -> Iterator[SourcePage]:
        """The records behind `state`, a page of the API each.

        Raises:
            MappingError: the answer has not the shape that the stream says, or its pages loop.
        """
        settings = _own(stream)
        before = dict(state or {})
        since, known = begin(before, settings.lag)
        params = dict(settings.params)
        if since is not None and settings.since_param is not None:
            params[settings.since_param] = written(since)
        place = str(before[_NEXT]) if before.get(_NEXT) else None
        begins = place is None and since is None
        edge = _edge(before, settings)
        asked_places: set[str | None] = set()
        last_digest: str | None = None
        url = self._calls.url(settings.path)
        while True:
            asked_places.add(place)
            asked = ask(settings.paging, url, params, place)
            answer = self._calls.get(asked.url, asked.params, priority)
            where = f"[{self._connection}] stream {stream.name}:"
            records = records_at(answer.body, settings.records, where)
            digest = _digest(records)
            if records and digest == last_digest:
                if isinstance(settings.paging, PagePaging):
                    # Some APIs answer the last page again, whatever number is asked for.
                    break
                raise self._loops(stream)
            last_digest = digest
            name = f"{settings.path}, page {len(asked_places)}"
            rows, malformed = rows_of(records, flatten=settings.flatten, place=name)
            fresh = self._fresh(stream, settings, rows, since, known, edge)
            place = following(settings.paging, asked, place, answer, len(records))
            if place is not None and place in asked_places:
                raise self._loops(stream)
            yield SourcePage(
                rows=as_batch(fresh),
                state=_middle(before, edge, place) if place else _end(before, edge),
                place=name,
                malformed=malformed,
            )
            if place is None:
                break
        yield SourcePage(
            rows=as_batch([]),
            state=_end(before, edge),
            place=settings.path,
            is_last=True,
            is_complete=begins and settings.cursor is None,
        )

    def _fresh(
        self,
        stream: SourceStream,
        settings: StreamSettings,
        rows: list[Record],
        since: Mark | None,
        known: frozenset[str],
        edge: Edge | None,
    ) -> list[Record]:
        """The rows that were not seen before."""
        if edge is None or settings.cursor is None:
            return rows
        fresh: list[Record] = []
        for row in rows:
            mark = row.get(settings.cursor)
            if not isinstance(mark, (str, int, float)):
                raise MappingError(
                    f"[{self._connection}] stream {stream.name}: a record has no "
                    f"{settings.cursor!r}, so changes cannot be told by it. It has "
                    f"{', '.join(row)}. Correct `cursor`."
                )
            digest = digest_of([row[name] for name in sorted(row)])
            # An API that knows no such parameter answers everything each time.
            is_old = since is not None and type(mark) is type(since) and mark < since  # type: ignore[operator]
            if not is_old and digest not in known:
                fresh.append(row)
            edge.pass_by(mark, digest)
        return fresh

    def _loops(self, stream: SourceStream) -> MappingError:
        return MappingError(
            f"[{self._connection}] stream {stream.name}: the API answers the same page again and "
            "again. Correct `paging` in hub.toml: its parameter may have another name."
        )


def _own(stream: SourceStream) -> StreamSettings:
    if not isinstance(stream.settings, StreamSettings):
        raise TypeError(f"stream {stream.name} was not configured for a JSON API")
    return stream.settings


def _edge(before: Mapping[str, Any], settings: StreamSettings) -> Edge | None:
    if settings.cursor is None:
        return None
    edge = Edge(lag=settings.lag)
    if before.get("top"):
        # A read that was cut off: what it saw already counts at its end.
        edge.restore(json.loads(str(before["top"])))
    return edge


def _middle(before: Mapping[str, Any], edge: Edge | None, place: str) -> State:
    """Within a read: where it began, what it saw, and the next page."""
    began = {name: before[name] for name in ("cursor", "kind", "seen") if name in before}
    top = {"top": json.dumps(dict(edge.state()))} if edge is not None else {}
    return {**began, **top, _NEXT: place}


def _end(before: Mapping[str, Any], edge: Edge | None) -> State:
    if edge is None:
        return {}
    return edge.state() or {n: before[n] for n in ("cursor", "kind", "seen") if n in before}


def _digest(records: list[object]) -> str:
    text = json.dumps(records, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
