"""What do a record as read and its row as it stands bring to their meeting, and what comes of it?

Values only; `hub.core.plan` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.core.links import Frozen, Link
from hub.core.merge import Winner
from hub.core.policies import ConflictPolicy
from hub.core.records import FieldSchema, RemoteRecord
from hub.core.values import Value, ValueKind

UNKNOWN_ACTOR = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Who changed a cell last, when, and to what, as far as we were told."""

    actor: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkFate:
    """Rows whose record was destroyed while it is not settled that they go.

    A link that was cleared together with its target is a consequence of that deletion: it waits
    with it (`undecided`) or is set again once the target is back (`kept`). By row id.
    """

    undecided: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    since: Mapping[str, datetime] = field(default_factory=dict)
    """When the record went, where we were told: whoever cleared a link before that meant to."""


NO_FATE = LinkFate()


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """A record and all that the hub knows of it.

    `row` is None where no live or tombstoned row exists; `edits` is keyed by field id, `our_edits`
    by column.
    """

    record: RemoteRecord
    link: Link
    is_new_link: bool
    row: Mapping[str, Value] | None
    is_row_deleted: bool = False
    edits: Mapping[str, Edit] = field(default_factory=dict)
    our_edits: Mapping[str, Edit] = field(default_factory=dict)
    created_by: Edit | None = None
    fate: LinkFate = NO_FATE


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Both sides changed a cell: what is kept of it."""

    field: str
    base: Value
    theirs: Value
    ours: Value
    their_edit: Edit | None
    our_edit: Edit | None
    cause: str
    policy: ConflictPolicy
    winner: Winner | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPlan:
    """What to write for one record.

    `takes` are the hub values to set, with who made them; `inserts` says that the row must be
    made, `revives` that its tombstone goes.
    """

    meeting: Meeting
    link: Link
    takes: Mapping[str, tuple[Value, Edit]]
    inserts: bool = False
    revives: bool = False
    freezes: tuple[Frozen, ...] = ()
    thaws: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    closed: tuple[tuple[str, Winner | None], ...] = ()
    has_to_push: bool = False
    overwrites: bool = False

    @property
    def needs_our_times(self) -> bool:
        """Whether a `latest` policy could not see when we edited."""
        return any(
            item.policy is ConflictPolicy.LATEST and item.our_edit is None
            for item in self.disagreements
        )

    @property
    def changes_link(self) -> bool:
        """Whether the link must be saved."""
        return self.meeting.is_new_link or self.link != self.meeting.link


def empty_of(schema: FieldSchema) -> Value:
    """What an absent cell of this field means."""
    return False if schema.kind is ValueKind.BOOLEAN else None
