"""What does the API tell of the cells that differ from the other side?"""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from hub.core.values import Value
from hub.errors import InvalidInput
from hub.sync import reasons
from hub.sync.divergence import Report

MOST = 1000


@strawberry.type(description="How many differences have one reason.")
class DivergenceCount:
    reason: str = strawberry.field(description="The reason.")
    count: int = strawberry.field(description="How many cells differ for it.")


@strawberry.type(description="A cell that differs, or a whole row or record that is alone.")
class DivergentCell:
    stream: str = strawberry.field(description="CONNECTION.STREAM.")
    table: str = strawberry.field(description="The hub's table.")
    row_id: strawberry.ID = strawberry.field(description="The row's id.")
    row_name: str | None = strawberry.field(description="What people call the row.")
    external_id: str | None = strawberry.field(description="The record's id at the other side.")
    column: str | None = strawberry.field(description="The column; null for the whole row.")
    hub: JSON | None = strawberry.field(description="What the hub holds.")
    remote: JSON | None = strawberry.field(description="What the other side was last seen to have.")
    reason: str = strawberry.field(description="Why it differs; `unexplained` is an alarm.")
    detail: str = strawberry.field(description="The reason, for people.")
    age_seconds: float | None = strawberry.field(description="For how long it differs.")
    change_id: str | None = strawberry.field(description="The change that it is about.")


@strawberry.type(
    description="Where the hub differs from what the other side was last seen to have."
)
class Divergence:
    unexplained: int = strawberry.field(description="How many differences have no reason.")
    counts: list[DivergenceCount] = strawberry.field(description="All differences by reason.")
    cells: list[DivergentCell] = strawberry.field(description="The first of them.")


def check_first(first: int) -> None:
    """Refuse a list that is too long.

    Raises:
        InvalidInput: it is not from 1 to the most that is answered.
    """
    if not 1 <= first <= MOST:
        raise InvalidInput(f"first got {first}, valid are 1 to {MOST}.")


def present_divergence(report: Report) -> Divergence:
    """The report as the API shows it."""
    return Divergence(
        unexplained=report.unexplained_count,
        counts=[
            DivergenceCount(reason=reason, count=count)
            for reason, count in report.counts.most_common()
        ],
        cells=[_cell(found) for found in report.shown],
    )


def _cell(found: reasons.Divergence) -> DivergentCell:
    return DivergentCell(
        stream=f"{found.connection}.{found.stream}",
        table=found.table,
        row_id=strawberry.ID(str(found.row_id)),
        row_name=found.row_name,
        external_id=found.external_id,
        column=found.column,
        hub=_json(found.hub),
        remote=_json(found.remote),
        reason=found.reason.value,
        detail=found.detail,
        age_seconds=found.age_seconds,
        change_id=str(found.change_id) if found.change_id is not None else None,
    )


def _json(value: Value) -> JSON | None:
    return None if value is None else JSON(value)
