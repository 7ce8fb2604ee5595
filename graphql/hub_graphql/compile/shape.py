"""How do rows that were read become the JSON that was asked for, without visiting field by field?

graphql-core resolves and completes each field of each row by itself, which costs more than the
SQL. Where an operation asks for data only, its selections are turned into a few functions once,
and these are applied to all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from hub_graphql.compile.model import Model
from hub_graphql.compile.plan import Planner, related_key
from hub_graphql.pagination import Connection, Edge, PageInfo
from hub_graphql.sources import ColumnSource, ToMany, ToOne

Shape = Callable[[Any], Any]
Entry = tuple[str, str, Shape | None]

# Ids are read as text.
_AS_IT_IS = {"ID", "String", "Int", "Float", "Boolean", "JSON"}
_PAGE_INFO: Mapping[str, Callable[[PageInfo], Any]] = {
    "hasNextPage": lambda info: info.has_next_page,
    "hasPreviousPage": lambda info: info.has_previous_page,
    "startCursor": lambda info: info.start_cursor,
    "endCursor": lambda info: info.end_cursor,
    "__typename": lambda _info: "PageInfo",
}


class NotShapable(Exception):
    """The operation asks for more than data: graphql-core executes it."""


def row_shape(planner: Planner, model: Model, nodes: Sequence[FieldNode]) -> Shape:
    """What turns a row of a type into the object that is selected below these nodes."""
    output = planner.schema.get_type(model.name)
    if not isinstance(output, GraphQLObjectType):
        raise NotShapable
    entries = [
        _entry(planner, model, output, key, below)
        for key, below in planner.fields(output, nodes).items()
    ]

    def shape(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if row is None:
            return None
        return {
            key: row[place] if convert is None else convert(row[place])
            for key, place, convert in entries
        }

    return shape


def _entry(
    planner: Planner,
    model: Model,
    output: GraphQLObjectType,
    key: str,
    below: Sequence[FieldNode],
) -> Entry:
    name = below[0].name.value
    if name == "__typename":
        return key, name, None
    field = output.fields[name]
    match model.sources.get(name):
        case ColumnSource(column=column):
            return key, column, _leaf(field)
        case ToOne(target=target):
            return key, related_key(name, {}), row_shape(planner, planner.models[target], below)
        case ToMany(target=target):
            place = related_key(name, planner.arguments(field, below[0]))
            return key, place, page_shape(planner, planner.models[target], field, below)
        case _:
            raise NotShapable


def _leaf(field: GraphQLField) -> Shape | None:
    leaf = get_named_type(field.type)
    if leaf.name in _AS_IT_IS:
        return None
    if not is_leaf_type(leaf):
        raise NotShapable
    printed = _printer(leaf)
    return lambda value: None if value is None else printed(value)


def _printer(leaf: GraphQLLeafType) -> Shape:
    printer: Shape = leaf.coerce_output_value
    return printer


def page_shape(
    planner: Planner, model: Model, field: GraphQLField, nodes: Sequence[FieldNode]
) -> Shape:
    """What turns a page into the connection that is selected below these nodes."""
    connection = get_named_type(field.type)
    if not isinstance(connection, GraphQLObjectType):
        raise NotShapable
    parts = [
        (key, _page_part(planner, model, connection, below))
        for key, below in planner.fields(connection, nodes).items()
    ]
    return lambda page: {key: part(page) for key, part in parts}


def _page_part(
    planner: Planner, model: Model, connection: GraphQLObjectType, below: Sequence[FieldNode]
) -> Shape:
    name = below[0].name.value
    if name == "__typename":
        return lambda _page: connection.name
    if name == "totalCount":
        return _total_count
    if name == "nodes":
        row = row_shape(planner, model, below)
        return lambda page: [row(each) for each in page.nodes]
    inner = get_named_type(connection.fields[name].type)
    if not isinstance(inner, GraphQLObjectType):
        raise NotShapable
    if name == "pageInfo":
        infos = [
            (key, _PAGE_INFO[nodes[0].name.value])
            for key, nodes in planner.fields(inner, below).items()
        ]
        return lambda page: {key: value(page.page_info) for key, value in infos}
    edges = [
        (key, _edge_part(planner, model, inner, nodes))
        for key, nodes in planner.fields(inner, below).items()
    ]
    return lambda page: [{key: part(edge) for key, part in edges} for edge in page.edges]


def _total_count(page: Connection[Any]) -> int:
    return page.total_count


def _edge_part(
    planner: Planner, model: Model, edge_type: GraphQLObjectType, below: Sequence[FieldNode]
) -> Shape:
    name = below[0].name.value
    if name == "__typename":
        return lambda _edge: edge_type.name
    if name == "cursor":
        return _cursor
    row = row_shape(planner, model, below)
    return lambda edge: row(edge.node)


def _cursor(edge: Edge[Any]) -> str:
    return edge.cursor
