"""What can a person decide through the API?"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from hub.core.merge import Winner
from hub.store.database import Database
from hub.sync.resolve import resolve_conflict
from hub_graphql.compile.values import parse_id
from hub_graphql.sources import SOURCE, Decision
from hub_graphql.types.conflict import Conflict


@strawberry.enum(description="Whose value shall stand.")
class Side(enum.Enum):
    THEIRS = strawberry.enum_value("theirs", description="The other side's.")
    OURS = strawberry.enum_value("ours", description="The hub's.")


@strawberry.type(description="What became of a decision about a conflict.")
class ResolveConflictPayload:
    message: str = strawberry.field(description="What was done, for people.")
    conflict: Conflict | None = strawberry.field(description="The conflict as it stands now.")


def _resolve(database: Database, actor: str, arguments: Mapping[str, Any]) -> str:
    side = arguments["winner"]
    winner = Winner(str(getattr(side, "value", side)))
    return resolve_conflict(database, parse_id(arguments["id"]), winner, actor)


def _deciding() -> Any:
    declared = strawberry.field(
        description="Let one side's value of a conflict stand, now or long after a policy decided."
        " The value is written to the row and sent to the other side.",
        metadata={SOURCE: Decision(target="Conflict", row_field="conflict", decide=_resolve)},
    )
    declared.arguments = [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(annotation),
            description=description,
        )
        for name, annotation, description in (
            ("id", strawberry.ID, "The conflict's id."),
            ("winner", Side, "Whose value shall stand."),
        )
    ]
    return declared


@strawberry.type
class Decisions:
    resolve_conflict: ResolveConflictPayload = _deciding()
