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
    get_named_type,
)
from graphql.execution.values import VariableValues
from sqlalchemy.exc import IntegrityError

from hub_graphql.compile.model import Model, Models
from hub_graphql.compile.plan import Planner, RowsPlan, related_key
from hub_graphql.compile.values import parse_id
from hub_graphql.context import Context
from hub_graphql.limits import rows_below, rows_of
from hub_graphql.naming import camel_case
from hub_graphql.reading import Row
from hub_graphql.sources import (
    ColumnSource,
    Decision,
    RootComputed,
    RootNode,
    RootOne,
    RootPage,
    Save,
    Source,
    Tombstone,
    source_of,
)
from hub_graphql.writing import Outcome, check_length, not_unique, save, tombstone

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
        case RootComputed():
            return _root_computed(source, models)
        case Save(target=target, rows_field=rows_field):
            return _save(field, models[target], rows_field, models)
        case Tombstone(target=target, rows_field=rows_field, restores=restores):
            return _tombstone(field, models[target], rows_field, models, restores=restores)
        case Decision():
            return _decision(field, source, models)
        case _:
            return _related


def _column(name: str) -> Resolver:
    def value_of(row: Row, _info: Info) -> Any:
        value = row[name]
        return str(value) if isinstance(value, UUID) else value

    return value_of


def _related(row: Row, info: Info, **arguments: Any) -> Any:
    return row[related_key(info.field_name, arguments)]


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


def _root_computed(source: RootComputed, models: Models) -> Resolver:
    model = models[source.owner]

    def computed(_root: None, info: Info, **arguments: Any) -> Any:
        named = arguments.get(source.argument)
        wanted = None if named is None else parse_id(named)
        context: Context = info.context
        context.spend(1)
        return context.store.read(lambda reader: reader.computed(source, model, wanted, arguments))

    return computed


def _save(field: GraphQLField, model: Model, rows_field: str, models: Models) -> Resolver:
    async def edit(_root: None, info: Info, **arguments: Any) -> Any:
        given: list[dict[str, Any]] = arguments["input"]
        check_length(len(given))
        plan = _payload_plan(field, model, rows_field, info, models)
        context: Context = info.context
        try:
            outcome = await context.store.write(context.actor, save(model, plan, given))
        except IntegrityError as error:
            outcome = None, not_unique(model, error, given)
        return _payload(field, rows_field, outcome)

    return edit


def _tombstone(
    field: GraphQLField, model: Model, rows_field: str, models: Models, *, restores: bool
) -> Resolver:
    async def edit(_root: None, info: Info, **arguments: Any) -> Any:
        given: list[str] = arguments["ids"]
        check_length(len(given))
        plan = _payload_plan(field, model, rows_field, info, models)
        work = tombstone(model, plan, given, restores=restores)
        context: Context = info.context
        try:
            outcome = await context.store.write(context.actor, work)
        except IntegrityError as error:
            outcome = None, not_unique(model, error, [{"id": each} for each in given], ids=True)
        return _payload(field, rows_field, outcome)

    return edit


def _payload_plan(
    field: GraphQLField, model: Model, rows_field: str, info: Info, models: Models
) -> RowsPlan | None:
    """What the answer of an edit wants of its rows; None when it asks for none."""
    payload = get_named_type(field.type)
    planning = planner(info, models)
    if not isinstance(payload, GraphQLObjectType):
        raise TypeError(f"{payload} is no payload")
    wanted = [
        node
        for nodes in planning.fields(payload, info.field_nodes).values()
        for node in nodes
        if node.name.value == camel_case(rows_field)
    ]
    return planning.rows(model, wanted) if wanted else None


def _payload(field: GraphQLField, rows_field: str, outcome: Outcome) -> Any:
    rows, errors = outcome
    payload = get_named_type(field.type).extensions["strawberry-definition"].origin
    return payload(**{rows_field: rows, "errors": errors})


def _decision(field: GraphQLField, source: Decision, models: Models) -> Resolver:
    async def decide(_root: None, info: Info, **arguments: Any) -> Any:
        plan = _payload_plan(field, models[source.target], source.row_field, info, models)
        wanted = parse_id(arguments["id"])
        context: Context = info.context
        message = await context.store.decide(
            lambda database: source.decide(database, context.actor, arguments)
        )
        row: Row | None = None
        if plan is not None:
            row = await context.store.read(lambda reader: reader.by_id(plan, wanted))
        payload = get_named_type(field.type).extensions["strawberry-definition"].origin
        return payload(message=message, **{source.row_field: row})

    return decide
