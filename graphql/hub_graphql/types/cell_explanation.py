"""What does the API tell of the chain behind a value?"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from hub.sync.why import Explanation, Standing, Step


@strawberry.enum(description="What a step of the chain behind a value is about.")
class CellStepKind(enum.Enum):
    CHANGE = strawberry.enum_value("change", description="A change of the cell at the hub.")
    CONFLICT = strawberry.enum_value("conflict", description="Both sides had changed it.")
    WRITE = strawberry.enum_value("write", description="A request to the other side.")


@strawberry.type(description="One thing that happened to a cell.")
class CellStep:
    at: datetime = strawberry.field(description="When.")
    kind: CellStepKind = strawberry.field(description="What it is about.")
    sentence: str = strawberry.field(description="What happened, for people.")
    data: JSON = strawberry.field(description="The same, for programs.")


@strawberry.type(description="What one stream holds about a cell now.")
class CellStanding:
    sentence: str = strawberry.field(description="Where it stands, for people.")
    data: JSON = strawberry.field(description="The same, for programs.")


@strawberry.type(description="The present value of a cell and the chain behind it.")
class CellExplanation:
    table: str = strawberry.field(description="The hub's table.")
    row_id: strawberry.ID = strawberry.field(description="The row's id.")
    row_name: str | None = strawberry.field(description="What people call the row.")
    column: str = strawberry.field(description="The hub's column.")
    value: JSON | None = strawberry.field(description="What the cell holds.")
    is_deleted: bool = strawberry.field(description="Whether the row is deleted.")
    standing: list[CellStanding] = strawberry.field(
        description="What each stream that carries the row agreed on with the other side."
    )
    steps: list[CellStep] = strawberry.field(
        description="Changes, conflicts and writes, the newest first."
    )


def present_explanation(told: Explanation) -> CellExplanation:
    """The explanation as the API shows it."""
    return CellExplanation(
        table=told.table,
        row_id=strawberry.ID(str(told.row_id)),
        row_name=told.row_name,
        column=told.column,
        value=None if told.value is None else JSON(told.value),
        is_deleted=told.is_deleted,
        standing=[_standing(item) for item in told.standing],
        steps=[_step(item) for item in told.steps],
    )


def _standing(item: Standing) -> CellStanding:
    return CellStanding(sentence=item.sentence, data=_plain(item.data))


def _step(item: Step) -> CellStep:
    return CellStep(
        at=item.at,
        kind=CellStepKind[item.kind.name],
        sentence=item.sentence,
        data=_plain(item.data),
    )


def _plain(data: Mapping[str, Any]) -> JSON:
    return JSON(json.loads(json.dumps(dict(data), default=str)))
