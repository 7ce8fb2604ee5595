"""Where does the hub differ from the other side as last known, since when, and why?

Every difference has a reason that somebody can check: a change on its way, an open conflict, a
frozen cell, a stopped stream, a field that flows one way only. What has none is *unexplained*,
which is an alert: either side has lost something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from hub import clock
from hub.core.links import HELD, LIVE, Link
from hub.core.mapping import FieldMapping, Parked, StreamMapping, to_remote
from hub.core.values import is_empty
from hub.errors import NotFound
from hub.store import divergences, links, pauses, rows, runs, schemas
from hub.store.database import Provenance
from hub.store.generic import UnitsOfWork
from hub.store.rows import Row
from hub.sync.adopt import outgoing_resolver
from hub.sync.reasons import Divergence, Evidence, Reason, Teller, View, transit

SLICE = 500
"""Rows looked at together: memory does not grow with the table."""
USUAL_FRESHNESS = timedelta(seconds=300)


@dataclass(kw_only=True, slots=True)
class Report:
    """All differences by reason, and the first of them."""

    counts: Counter[str] = field(default_factory=Counter)
    cells: list[Divergence] = field(default_factory=list)
    unexplained: list[Divergence] = field(default_factory=list)

    def add(self, found: Divergence, limit: int) -> None:
        """Count a difference and keep it while there is room; unexplained ones have their own."""
        self.counts[found.reason.value] += 1
        if len(self.cells) < limit:
            self.cells.append(found)
        if found.reason is Reason.UNEXPLAINED and len(self.unexplained) < limit:
            self.unexplained.append(found)

    @property
    def shown(self) -> list[Divergence]:
        """Those that were kept, unexplained ones first, so that no limit hides them."""
        rest = [cell for cell in self.cells if cell.reason is not Reason.UNEXPLAINED]
        return [*self.unexplained, *rest][: max(len(self.cells), len(self.unexplained))]

    @property
    def unexplained_count(self) -> int:
        """How many differences have no reason."""
        return self.counts[Reason.UNEXPLAINED.value]


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedStream:
    """A stream and how fresh it shall be."""

    mapping: StreamMapping
    freshness: timedelta = USUAL_FRESHNESS

    @property
    def name(self) -> str:
        """CONNECTION.STREAM."""
        return f"{self.mapping.connection}.{self.mapping.stream}"


def report_differences(
    database: UnitsOfWork, watched: Sequence[WatchedStream], stream: str | None, limit: int
) -> Report:
    """Every difference of one stream (CONNECTION.STREAM), or of all; writes nothing.

    Raises:
        NotFound: there is no such stream.
    """
    chosen = [item for item in watched if stream is None or item.name == stream]
    if stream is not None and not chosen:
        known = ", ".join(item.name for item in watched) or "none"
        raise NotFound(f"there is no stream {stream}; hub.toml has {known}.")
    report = Report()
    for item in chosen:
        for found in differences(database, item.mapping, freshness=item.freshness):
            report.add(found, limit)
    return report


def differences(
    database: UnitsOfWork,
    mapping: StreamMapping,
    *,
    freshness: timedelta = USUAL_FRESHNESS,
    now: datetime | None = None,
) -> Iterator[Divergence]:
    """Every difference of a stream from the last known remote, slice by slice; writes nothing.

    Nothing is told of a stream that has never run.
    """
    yield from _walk(database, mapping, _linked_slices, freshness, now)
    yield from alone_rows(database, mapping, freshness=freshness, now=now)


def alone_rows(
    database: UnitsOfWork,
    mapping: StreamMapping,
    *,
    freshness: timedelta = USUAL_FRESHNESS,
    now: datetime | None = None,
) -> Iterator[Divergence]:
    """The rows that no record stands for, with the reason."""
    yield from _walk(database, mapping, _unlinked_slices, freshness, now)


def _walk(
    database: UnitsOfWork,
    mapping: StreamMapping,
    look: Look,
    freshness: timedelta,
    now: datetime | None,
) -> Iterator[Divergence]:
    after: UUID | None = None
    while True:
        with database.reading() as session:
            view = view_stream(session, mapping, freshness, now or clock.now())
            if view is None:
                return
            found, after = look(session, view, after)
        yield from found
        if after is None:
            return


Look = Callable[[Session, View, UUID | None], tuple[list[Divergence], UUID | None]]
"""(session, view, last row id) -> differences of the next slice, and the last row id of it."""


def view_stream(
    session: Session, mapping: StreamMapping, freshness: timedelta, now: datetime
) -> View | None:
    """The stream as it stands; None where it has never run."""
    facts = divergences.stream_facts(session, mapping.connection, mapping.stream)
    if facts is None:
        return None
    table = schemas.load_schema(session, mapping.connection).get(mapping.remote_table)
    return View(
        mapping=mapping,
        facts=facts,
        fields=table.fields if table else {},
        freshness=freshness,
        now=now,
        paused=pauses.paused_fields(session, mapping.connection).get(mapping.stream, frozenset()),
    )


def _linked_slices(
    session: Session, view: View, after: UUID | None
) -> tuple[list[Divergence], UUID | None]:
    mapping = view.mapping
    row_ids = divergences.linked_rows(
        session, mapping.connection, mapping.stream, after=after, limit=SLICE
    )
    if not row_ids:
        return [], None
    found = links.links_of_rows(session, mapping.connection, mapping.stream, row_ids)
    known = rows.load_rows(session, mapping.hub_table, row_ids)
    return explain(session, view, list(found.values()), known), row_ids[-1]


def explain(
    session: Session, view: View, found: Sequence[Link], known: Mapping[UUID, Row]
) -> list[Divergence]:
    """Every difference of these links' rows, with its reason."""
    suspects = [link for link in found if _is_suspect(view, link, known.get(link.row_id))]
    if not suspects:
        return []
    mapping = view.mapping
    row_ids = [link.row_id for link in suspects]
    link_ids = [link.id for link in suspects]
    evidence = Evidence(
        changes=divergences.newest_changes(
            session, mapping.hub_table, row_ids, sent_until=view.facts.push_tick
        ),
        asked=divergences.asked_again(session, mapping.connection, mapping.stream, row_ids),
        frozen_since=divergences.frozen_since(session, link_ids),
        conflicts=divergences.open_conflicts(session, link_ids),
        names=divergences.row_names(session, mapping.hub_table, row_ids),
    )
    resolve = outgoing_resolver(
        session, mapping, [known[row_id].values for row_id in row_ids if row_id in known]
    )
    told: list[Divergence] = []
    for link in suspects:
        row = known.get(link.row_id)
        teller = Teller(view, link, evidence)
        if link.state == HELD:
            told.append(teller.held())
        elif link.state != LIVE:
            told.append(teller.left_scope())
        elif row is None or row.deleted_at is not None:
            told.append(teller.pending_delete())
        else:
            for m in mapping.fields:
                if not _differs(m, link, row):
                    continue
                schema = view.fields.get(m.field_id)
                ours = row.values.get(m.column.name)
                parked = schema is not None and isinstance(
                    to_remote(m, schema, ours, resolve, allow_new_options=True), Parked
                )
                told.append(teller.cell(m, ours, is_parked=parked))
    return told


def _is_suspect(view: View, link: Link, row: Row | None) -> bool:
    if link.state != LIVE or row is None or row.deleted_at is not None:
        return True
    return any(_differs(m, link, row) for m in view.mapping.fields)


def _differs(m: FieldMapping, link: Link, row: Row) -> bool:
    name = m.column.name
    if name in link.frozen:
        return True
    ours = row.values.get(name)
    pair = link.shadow.get(name)
    if pair is None:
        return not is_empty(ours) and ours != m.column.default
    return ours != pair.hub


def _unlinked_slices(
    session: Session, view: View, after: UUID | None
) -> tuple[list[Divergence], UUID | None]:
    mapping = view.mapping
    alone = divergences.unlinked_rows(
        session, mapping.hub_table, mapping.connection, mapping.stream, after=after, limit=SLICE
    )
    if not alone:
        return [], None
    changes = divergences.newest_changes(
        session, mapping.hub_table, alone, sent_until=view.facts.push_tick
    )
    asked = divergences.asked_again(session, mapping.connection, mapping.stream, alone)
    names = divergences.row_names(session, mapping.hub_table, alone)
    told: list[Divergence] = []
    for row_id in alone:
        newest = max(changes.get(row_id, {}).values(), key=lambda c: c.id, default=None)
        if mapping.writes:
            reason, detail = transit(view, newest, asked.get(row_id))
        else:
            reason, detail = Reason.ROW_WITHOUT_RECORD, "nothing of this stream is sent"
        if reason is Reason.UNEXPLAINED:
            detail = f"the row has no record there: {detail}"
        elif reason is Reason.IN_FLIGHT:
            detail = f"its record is being made: {detail}"
        told.append(
            Divergence(
                connection=mapping.connection,
                stream=mapping.stream,
                table=mapping.hub_table,
                row_id=row_id,
                row_name=names.get(row_id),
                external_id=None,
                column=None,
                hub=None,
                remote=None,
                reason=reason,
                detail=detail,
                age_seconds=view.age(newest.at) if newest else None,
                change_id=newest.id if newest else None,
            )
        )
    return told, alone[-1]


def tell_unexplained(database: UnitsOfWork, connection: str, stream: str, count: int) -> None:
    """Raise the stream's alert about unexplained differences, or close it where there is none."""
    key = f"divergence:{connection}:{stream}"
    with database.unit_of_work(Provenance(actor="sync", origin="sync")) as session:
        if not count:
            runs.close_alert(session, key)
            return
        runs.raise_alert(
            session,
            key,
            severity="error",
            title=f"{count} cells of {stream} differ from the other side, and nothing says why.",
            next_step=(
                f"Look at them with `hub sync divergence {connection}.{stream}`, and at one with "
                "`hub sync why`. A complete read repairs what was missed."
            ),
            connection=connection,
            stream=stream,
        )
