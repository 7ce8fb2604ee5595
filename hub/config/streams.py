"""How is one table at a connection tied to one table of the hub?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from hub.config.values import Duration
from hub.core.policies import (
    ConflictPolicy,
    DeletePolicy,
    Direction,
    FirstMatchPolicy,
    UpdateMode,
)

FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class FieldSettings(BaseModel):
    """How one field of the other side maps to one column of the hub."""

    model_config = FROZEN

    field: str = Field(min_length=1)
    """The field's id at the other side, so that renaming it there changes nothing."""
    link: str | None = None
    """For a field that links records: the stream of this connection whose records it points to."""
    direction: Direction | None = None
    """Which way this field's values flow; the stream's direction where left out."""
    conflict: ConflictPolicy | None = None
    """Whose value stands when both sides changed this field; the stream's choice if left out."""
    update: UpdateMode = UpdateMode.OVERWRITE
    """When a value that comes in may be written over what the hub has."""
    values: Mapping[str, str] = Field(default_factory=dict)
    """What each choice of the other side is called in the hub: `{ "Active" = "active" }`."""

    @field_validator("values")
    @classmethod
    def _one_to_one(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        doubled = sorted({ours for ours in values.values() if _count(values, ours) > 1})
        if doubled:
            raise ValueError(f"two choices mean {', '.join(doubled)}: the way back is not clear")
        return values


def _count(values: Mapping[str, str], ours: str) -> int:
    return sum(value == ours for value in values.values())


class GuardSettings(BaseModel):
    """How much one plan may delete or overwrite before a person is asked."""

    model_config = FROZEN

    deletes: int = Field(default=50, ge=0)
    """A plan that deletes more rows or records than this is stopped."""
    overwrites: int = Field(default=500, ge=0)
    """A plan that overwrites more filled cells than this is stopped."""
    share: float = Field(default=0.3, gt=0, le=1)
    """A plan that deletes or overwrites more than this share of the stream is stopped."""


def _field_as_table(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


MappedField = Annotated[FieldSettings, BeforeValidator(_field_as_table)]


class StreamSettings(BaseModel):
    """Records of one shape at a connection, tied to one table of the hub."""

    model_config = FROZEN

    table: str = Field(min_length=1)
    """The table's id at the other side."""
    entity: str = Field(min_length=1)
    """The hub's table that the records become rows of."""
    hub_id_field: str | None = None
    """The id of the text field that carries the row's id; needed wherever the hub writes."""
    note_field: str | None = None
    """The id of a long text field in which the hub says why it did not take a cell over."""
    modified_field: str | None = None
    """The id of a "last modified time" field; tells `latest` when a person edited a record."""
    direction: Direction = Direction.TWO_WAY
    """Which way values flow, unless a field says otherwise."""
    conflict: ConflictPolicy = ConflictPolicy.LATEST
    """Whose value stands when both sides changed a field, unless the field says otherwise."""
    on_first_match: FirstMatchPolicy = FirstMatchPolicy.SOURCE
    """Whose value stands when a row and a record meet for the first time and differ."""
    on_delete: DeletePolicy = DeletePolicy.TOMBSTONE
    """What a deletion at one side means for the other."""
    allow_new_options: bool = False
    """Whether the hub may add choices to a select field at the other side."""
    guard: GuardSettings = GuardSettings()
    """How much one plan may delete or overwrite before a person is asked."""
    freshness_seconds: int = Field(default=300, ge=1)
    """How old the agreed data may grow before the stream counts as late."""
    reconcile_every: Duration | None = None
    """How often the whole table is compared with the hub: 1h; in profile `thrifty` 1d."""
    fields: Mapping[str, MappedField] = Field(min_length=1)
    """The mapping: a column of the hub's table = a field's id at the other side."""

    def direction_of(self, column: str) -> Direction:
        """Which way the values of `column` flow."""
        return self.fields[column].direction or self.direction

    def conflict_of(self, column: str) -> ConflictPolicy:
        """Whose value of `column` stands when both sides changed it."""
        return self.fields[column].conflict or self.conflict

    @property
    def writes_to_source(self) -> bool:
        """Whether the hub ever writes records of this stream."""
        return any(self.direction_of(column) is not Direction.TO_HUB for column in self.fields)

    @property
    def writes_to_hub(self) -> bool:
        """Whether records of this stream ever change rows of the hub."""
        return any(self.direction_of(column) is not Direction.TO_SOURCE for column in self.fields)
