"""Can an operation be answered directly: planned, read in one snapshot and shaped at once?

It can when it reads and every field of it is data. Anything else, and anything that goes wrong on
the way, is left to graphql-core, which says it field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from graphql import FieldNode, GraphQLField, OperationDefinitionNode, OperationType

from hub_graphql.compile.plan import Planner
from hub_graphql.compile.shape import NotShapable, Shape, page_shape, row_shape
from hub_graphql.compile.values import parse_id
from hub_graphql.context import Context
from hub_graphql.limits import rows_below, rows_of
from hub_graphql.reading import Reader
from hub_graphql.sources import RootOne, RootPage, source_of

Read = Callable[[Reader], Any]


async def answer(
    context: Context, planner: Planner, operation: OperationDefinitionNode
) -> dict[str, Any] | None:
    """The data of an operation; None when graphql-core must execute it.

    Raises:
        HubError: it cannot be answered, in words for the one who asked.
    """
    query = planner.schema.query_type
    if operation.operation is not OperationType.QUERY or query is None:
        return None
    reads: dict[str, tuple[Read, Shape]] = {}
    try:
        for key, nodes in planner.fields(query, [operation]).items():
            name = nodes[0].name.value
            if name == "__typename":
                reads[key] = (_query_name, str)
                continue
            if name not in query.fields:
                return None
            reads[key] = _root(context, planner, query.fields[name], nodes)
    except NotShapable:
        context.rows_asked = 0
        return None

    def read(reader: Reader) -> dict[str, Any]:
        return {key: shape(fetch(reader)) for key, (fetch, shape) in reads.items()}

    return await context.store.read(read)


def _query_name(_reader: Reader) -> str:
    return "Query"


def _root(
    context: Context, planner: Planner, field: GraphQLField, nodes: Sequence[FieldNode]
) -> tuple[Read, Shape]:
    declared = field.extensions.get("strawberry-definition")
    match source_of(declared) if declared is not None else None:
        case RootPage(target=target):
            model = planner.models[target]
            page = planner.page(model, field, nodes)
            context.spend(rows_of(page))
            return lambda reader: reader.page(page), page_shape(planner, model, field, nodes)
        case RootOne(target=target):
            model = planner.models[target]
            wanted: UUID = parse_id(planner.arguments(field, nodes[0])["id"])
            rows = planner.rows(model, nodes)
            context.spend(1 + rows_below(rows))
            return lambda reader: reader.by_id(rows, wanted), row_shape(planner, model, nodes)
        case _:
            raise NotShapable
