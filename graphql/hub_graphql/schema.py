"""What is the schema? Built once from the declarations, and bound to what executes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import strawberry
from graphql import MiddlewareManager
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from hub_graphql.bind import bind
from hub_graphql.compile.model import Models, read_models
from hub_graphql.data_types import DATA_TYPES
from hub_graphql.limits import DEFAULT_LIMITS, Limits
from hub_graphql.mutations import Mutation
from hub_graphql.operation import OperationCache, PreparedOperation
from hub_graphql.queries import Query
from hub_graphql.scalars import SCALARS


class HubSchema(strawberry.Schema):
    """The schema, without a middleware around each of the thousands of fields of an answer.

    Extensions still see the operation, its parsing, validation and execution.
    """

    def _get_middleware_manager(self, extensions: Sequence[SchemaExtension]) -> MiddlewareManager:
        return MiddlewareManager()

    def process_errors(self, *_errors: object, **_context: object) -> None:
        """Errors are logged where they are presented, once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """The schema and the models that its data fields are read by."""

    schema: HubSchema
    models: Models


def build_schema(limits: Limits = DEFAULT_LIMITS) -> Bound:
    """The whole schema, ready to be executed."""
    cache = OperationCache(limits)
    schema = HubSchema(
        query=Query,
        mutation=Mutation,
        types=DATA_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[lambda: PreparedOperation(cache)],
    )
    models = read_models(DATA_TYPES)
    bind(schema, models)
    return Bound(schema=schema, models=models)
