"""What executes a field that is data?

The declarations say where data comes from; this file gives each such field of the finished schema
the function that answers it. Root fields read a whole plan, all fields below take their value from
the row that was read. Replacing the execution means replacing this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution.values import VariableValues

from hub_graphql.compile.model import Models
from hub_graphql.compile.plan import Planner
from hub_graphql.compile.values import parse_id
from hub_graphql.context import Context
from hub_graphql.declare import (
    ColumnSource,
    RootNode,
    RootOne,
    RootPage,
    Source,
    source_of,
)
from hub_graphql.limits import rows_below, rows_of
from hub_graphql.reading import Row, related_key

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Any]


def bind(schema: strawberry.Schema, models: Models) -> None:
    """Give every data field of the schema what executes it."""
    core: GraphQLSchema = schema._schema
    for output in core.type_map.values():
        if isinstance(output, GraphQLInterfaceType) and output.name == "Node":
            output.resolve_type = lambda row, _info, _type: row["__typename"]
        if not isinstance(output, GraphQLObjectType):
            continue
        if output.name in models:
            output.is_type_of = None
        for field in output.fields.values():
            declared = field.extensions.get("strawberry-definition")
            source = source_of(declared) if declared is not None else None
            if source is not None:
                field.resolve = _resolver(field, source, models)


def planner(info: Info, models: Models) -> Planner:
    """The planner of the operation that is being executed."""
    context: Context = info.context
    return Planner(
        schema=info.schema,
        models=models,
        fragments=info.fragments,
        variables=context.variables or VariableValues({}, {}),
    )


def _resolver(field: GraphQLField, source: Source, models: Models) -> Resolver:
    match source:
        case ColumnSource(column=column):
            return _column(column)
        case RootPage(target=target):
            return _root_page(field, target, models)
        case RootOne(target=target):
            return _root_one(target, models)
        case RootNode():
            return _root_node(models)
        case _:
            return _related


def _column(name: str) -> Resolver:
    def value_of(row: Row, _info: Info) -> Any:
        value = row[name]
        return str(value) if isinstance(value, UUID) else value

    return value_of


def _related(row: Row, info: Info, **_arguments: Any) -> Any:
    return row[related_key(str(info.path.key))]


# A root field plans at once and reads later: graphql-core calls all root resolvers before it awaits
# any of them, so an operation that asks for too much is refused before anything is read.


def _root_page(field: GraphQLField, target: str, models: Models) -> Resolver:
    def page(_root: None, info: Info, **_arguments: Any) -> Any:
        plan = planner(info, models).page(models[target], field, info.field_nodes)
        context: Context = info.context
        context.spend(rows_of(plan))
        return context.store.read(lambda reader: reader.page(plan))

    return page


def _root_one(target: str, models: Models) -> Resolver:
    def one(_root: None, info: Info, **arguments: Any) -> Any:
        plan = planner(info, models).rows(models[target], info.field_nodes)
        wanted = parse_id(arguments["id"])
        context: Context = info.context
        context.spend(1 + rows_below(plan))
        return context.store.read(lambda reader: reader.by_id(plan, wanted))

    return one


def _root_node(models: Models) -> Resolver:
    def node(_root: None, info: Info, **arguments: Any) -> Any:
        wanted = parse_id(arguments["id"])
        planning = planner(info, models)
        plans = {
            name: planning.rows(model, info.field_nodes)
            for name, model in models.items()
            if model.key == ("id",)
        }
        context: Context = info.context
        context.spend(1 + max(rows_below(plan) for plan in plans.values()))
        return context.store.read(lambda reader: reader.node(plans, wanted))

    return node
