"""What does the oracle see of a world at rest, whatever its store is?

Facts only: both sides' own logs, what stands at both sides now, and the engine's own tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from hub.core.values import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of the hub's log with the row as it was afterwards.

    `columns` are those that changed. `moment` is on one time line with the other side's edits, or
    None where there is no such line.
    """

    id: int
    tx: int
    table: str
    row_id: str
    operation: str
    columns: Set[str]
    values: Mapping[str, Any]
    is_dead: bool
    actor: str
    origin: str
    moment: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkSeen:
    """A record and its row."""

    id: str
    stream: str
    external_id: str
    row_id: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenSeen:
    """A cell that stands still."""

    link_id: str
    field: str
    reason: str
    detail: str | None
    parked_stream: str | None
    parked_on: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictSeen:
    """Values that were kept; `moment` is when last."""

    link_id: str
    row_id: str
    field: str
    theirs: Value
    ours: Value
    status: str
    cause: str
    moment: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Observations:
    """Everything that is judged."""

    edits: Sequence[Mapping[str, Any]]
    """The stand-in's edit log."""
    cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Remote table -> record -> field -> cell."""
    fields: Mapping[str, Set[str]]
    """Remote table -> the fields that it has."""
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Remote table -> row id -> column -> value, of live rows."""
    changes: Sequence[Change]
    links: Sequence[LinkSeen]
    frozen: Sequence[FrozenSeen]
    conflicts: Sequence[ConflictSeen]
    hub_id_fields: Mapping[str, str]
    """Remote table -> the field that carries the row's id."""
    stood_for: Mapping[str, Set[str]]
    """Record -> every row that it has stood for."""
    pending: Mapping[str, int] = field(default_factory=dict)
    reports: Sequence[str] = ()
    unexplained: Sequence[str] = ()
    blind: Set[int] = frozenset()
    """Numbers of the edits that no payload told of because no hook lived."""
    theirs_at: Mapping[int, float] = field(default_factory=dict)
    """Number of an edit -> its moment, where both sides have one time line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the oracle found, as sentences.

    `blind_losses` are edits that we overwrote while no payload history existed.
    """

    violations: Sequence[str]
    blind_losses: Sequence[str] = ()


def numbers_in(ranges: Iterable[range]) -> frozenset[int]:
    """The edits of some stretches of the edit log."""
    return frozenset(number for stretch in ranges for number in stretch)
