"""Why does a cell differ from the other side as last known?

A reason is a claim that somebody can check: a change on its way is named, a frozen cell says what
it waits for. What has none is unexplained.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub.core.links import Frozen, Link
from hub.core.mapping import FieldMapping, StreamMapping
from hub.core.policies import DeletePolicy, Direction
from hub.core.records import FieldSchema
from hub.core.values import Value, ValueKind
from hub.store.divergences import Asked, CellChange, StreamFacts


class Reason(enum.StrEnum):
    """Why a cell may differ."""

    IN_FLIGHT = "in_flight"
    CONFLICT_OPEN = "conflict_open"
    PARKED = "frozen_parked"
    REJECTED = "frozen_rejected"
    HELD = "frozen_held"
    RETYPED = "frozen_retyped"
    FROZEN = "frozen"
    FIELD_MISSING = "field_missing"
    PAUSED = "paused"
    GUARD = "stopped_by_guard"
    STOPPED = "stopped"
    FAILING = "failing"
    ONE_WAY = "one_way"
    NOT_SENT_YET = "not_sent_yet"
    ROW_WITHOUT_RECORD = "row_without_record"
    RECORD_WITHOUT_ROW = "record_without_row"
    TOMBSTONE_PENDING = "tombstone_pending"
    LEFT_SCOPE = "left_scope"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True, slots=True)
class Divergence:
    """A cell that differs, or with `column` None a whole row or record that is alone.

    `remote` is what the other side holds as last known, `agreed` the hub value that it stands for.
    """

    connection: str
    stream: str
    table: str
    row_id: UUID
    row_name: str | None
    external_id: str | None
    column: str | None
    hub: Value
    remote: Value
    reason: Reason
    detail: str
    age_seconds: float | None = None
    change_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A stream as one snapshot shows it. `fields` has those of the other side by id."""

    mapping: StreamMapping
    facts: StreamFacts
    fields: Mapping[str, FieldSchema]
    freshness: timedelta
    now: datetime
    paused: frozenset[str] = frozenset()
    """The hub columns that are paused in every row."""

    def age(self, since: datetime) -> float:
        """Seconds since then."""
        return max(0.0, (self.now - since).total_seconds())


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the store knows of the rows that are looked at together, by row or link id."""

    changes: Mapping[UUID, Mapping[str, CellChange]]
    asked: Mapping[UUID, Asked]
    frozen_since: Mapping[tuple[UUID, str], datetime]
    conflicts: Mapping[tuple[UUID, str], UUID]
    names: Mapping[UUID, str]


_FROZEN = {
    "conflict": Reason.CONFLICT_OPEN,
    "parked": Reason.PARKED,
    "rejected": Reason.REJECTED,
    "held": Reason.HELD,
    "retyped": Reason.RETYPED,
    "paused": Reason.PAUSED,
}


class Teller:
    """Says why the cells of one record differ."""

    def __init__(self, view: View, link: Link, evidence: Evidence) -> None:
        self._view = view
        self._link = link
        self._evidence = evidence
        self._changes = evidence.changes.get(link.row_id, {})

    def held(self) -> Divergence:
        """A record of which no row can be made yet."""
        cells = [f"{cell.field}: {_why_frozen(cell)}" for cell in self._link.frozen.values()]
        since = [
            self._evidence.frozen_since[(self._link.id, name)]
            for name in self._link.frozen
            if (self._link.id, name) in self._evidence.frozen_since
        ]
        return self._told(
            None,
            None,
            None,
            Reason.RECORD_WITHOUT_ROW if cells else Reason.UNEXPLAINED,
            "no row can be made of it: " + ("; ".join(cells) or "and nothing says why"),
            since=min(since, default=None),
        )

    def left_scope(self) -> Divergence:
        """A row that stays although its record is gone."""
        return self._told(
            None,
            None,
            None,
            Reason.LEFT_SCOPE,
            "the record is gone there, and the stream ignores deletions: the row stays",
        )

    def pending_delete(self) -> Divergence:
        """A row that was deleted here while its record stands."""
        mapping = self._view.mapping
        change = self._changes.get("deleted_at")
        if mapping.on_delete is DeletePolicy.IGNORE:
            reason, detail = Reason.TOMBSTONE_PENDING, "the stream ignores deletions: it stays"
        elif not mapping.writes:
            reason, detail = Reason.ONE_WAY, "deleted here; nothing of this stream is sent"
        else:
            reason, detail = transit(
                self._view, change, self._evidence.asked.get(self._link.row_id)
            )
            if reason is Reason.IN_FLIGHT:
                reason, detail = Reason.TOMBSTONE_PENDING, f"the deletion is on its way: {detail}"
        return self._told(None, None, None, reason, detail, change=change)

    def cell(self, m: FieldMapping, ours: Value, *, is_parked: bool) -> Divergence:
        """One cell that differs."""
        name = m.column.name
        change = self._changes.get(name)
        frozen = self._link.frozen.get(name)
        schema = self._view.fields.get(m.field_id)
        pair = self._link.shadow.get(name)
        remote = frozen.incoming if frozen else pair.remote if pair else None
        reason, detail = self._reason(m, schema, frozen, change, is_parked=is_parked)
        since = self._evidence.frozen_since.get((self._link.id, name)) if frozen else None
        return self._told(
            name, ours, shown_remote(schema, remote), reason, detail, change=change, since=since
        )

    def _reason(
        self,
        m: FieldMapping,
        schema: FieldSchema | None,
        frozen: Frozen | None,
        change: CellChange | None,
        *,
        is_parked: bool,
    ) -> tuple[Reason, str]:
        if frozen is not None:
            conflict = self._evidence.conflicts.get((self._link.id, m.column.name))
            if frozen.reason == "conflict" and conflict is not None:
                return (
                    Reason.CONFLICT_OPEN,
                    f"decide with `hub sync resolve {conflict} theirs|ours`",
                )
            return _FROZEN.get(frozen.reason, Reason.FROZEN), _why_frozen(frozen)
        if m.column.name in self._view.paused:
            name = f"{self._view.mapping.connection}.{self._view.mapping.stream}.{m.column.name}"
            return Reason.PAUSED, f"the field is paused; `hub sync resume {name}` lets it go on"
        if schema is None:
            return Reason.FIELD_MISSING, f"the field {m.field_id} is not there any more"
        if schema.is_retyped:
            return Reason.RETYPED, "the field has another type now; `hub sync adopt` takes it"
        if m.direction is Direction.TO_HUB:
            return Reason.ONE_WAY, "the field flows to the hub only; theirs comes back when edited"
        if schema.is_computed:
            return Reason.ONE_WAY, f"{schema.name} is computed there and cannot be written"
        if is_parked:
            return Reason.PARKED, "it links to a row that has no record yet"
        return transit(self._view, change, self._evidence.asked.get(self._link.row_id))

    def _told(
        self,
        column: str | None,
        ours: Value,
        remote: Value,
        reason: Reason,
        detail: str,
        *,
        change: CellChange | None = None,
        since: datetime | None = None,
    ) -> Divergence:
        mapping = self._view.mapping
        begun = since or (change.at if change else None)
        return Divergence(
            connection=mapping.connection,
            stream=mapping.stream,
            table=mapping.hub_table,
            row_id=self._link.row_id,
            row_name=self._evidence.names.get(self._link.row_id),
            external_id=self._link.external_id,
            column=column,
            hub=ours,
            remote=remote,
            reason=reason,
            detail=detail,
            age_seconds=self._view.age(begun) if begun else None,
            change_id=change.id if change else None,
        )


def _why_frozen(cell: Frozen) -> str:
    if cell.detail:
        return cell.detail
    if cell.parked_on:
        return f"it waits for {cell.parked_on} of {cell.parked_stream}"
    return cell.reason


def transit(view: View, change: CellChange | None, asked: Asked | None) -> tuple[Reason, str]:
    """Why something that is to be sent has not arrived; a claim of *in flight* names its change."""
    facts = view.facts
    if facts.is_paused:
        return Reason.PAUSED, "the stream is paused; `hub sync resume` lets it go on"
    if facts.hold_reason is not None:
        is_guard = facts.hold_reason.startswith("guard")
        return (Reason.GUARD if is_guard else Reason.STOPPED), facts.hold_reason
    if not facts.is_backfilled:
        return Reason.NOT_SENT_YET, "the first complete read is not over; nothing is sent before"
    if change is None:
        return Reason.UNEXPLAINED, "no change in the log made this difference"
    named = f"change {change.id} by {change.actor}"
    waits = change.is_unsent or asked is not None
    begun = max(change.at, asked.since) if asked is not None else change.at
    if waits and view.now - begun <= view.freshness:
        return Reason.IN_FLIGHT, named + (f" ({asked.reason})" if asked else "")
    if facts.failing_since is not None:
        return Reason.FAILING, f"{named} cannot be sent: {facts.error_message}"
    if waits:
        limit = f"{view.freshness.total_seconds():.0f} s"
        return Reason.UNEXPLAINED, f"{named} should have arrived within {limit}; is a worker up?"
    return Reason.UNEXPLAINED, f"{named} counts as sent, yet the other side has another value"


def shown_remote(schema: FieldSchema | None, remote: Value) -> Value:
    """A remote value as people know it: choices by their names."""
    if schema is None or schema.kind not in {ValueKind.CHOICE, ValueKind.CHOICES}:
        return remote
    if isinstance(remote, list):
        return [schema.choices.get(choice, choice) for choice in remote]
    return schema.choices.get(str(remote), remote) if remote is not None else None
