"""What does an operation want of the data: which rows, columns, relations and pages?

A plan is made from the parsed operation and its variables, before anything is read. It holds no
SQL, so that the way of reading can change without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

from hub_graphql.compile.filters import check_filter
from hub_graphql.compile.model import Model, Models
from hub_graphql.compile.order import Order, read_order
from hub_graphql.pagination import PageRequest, page_request
from hub_graphql.sources import ColumnSource, Computed, ToMany, ToOne


def related_key(name: str, arguments: Mapping[str, Any]) -> str:
    """Where a row keeps the value of a relation asked for so; no column's name looks like it."""
    return f"#{name}{dict(arguments)!r}" if arguments else f"#{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsPlan:
    """What is wanted of each row of a type; relations by their `related_key`."""

    model: Model
    columns: frozenset[str]
    to_one: Mapping[str, ToOnePlan]
    pages: Mapping[str, PagePlan]
    computed: Mapping[str, ComputedPlan]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToOnePlan:
    """The row that a foreign key points at."""

    foreign_key: str
    rows: RowsPlan


@dataclass(frozen=True, kw_only=True, slots=True)
class PagePlan:
    """A page of rows, of all or of those whose `foreign_key` points at a parent."""

    foreign_key: str | None
    request: PageRequest
    order: Order
    filter: Mapping[str, Any]
    include_deleted: bool
    wants_rows: bool
    wants_cursors: bool
    wants_count: bool
    rows: RowsPlan


@dataclass(frozen=True, kw_only=True, slots=True)
class ComputedPlan:
    """A value computed for all parents at once."""

    source: Computed
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planner:
    """Reads the selections of one operation."""

    schema: GraphQLSchema
    models: Models
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """The coerced arguments of a field."""
        return get_argument_values(field, node, self.variables)

    def fields(
        self, output: GraphQLObjectType, nodes: Sequence[FieldNode | OperationDefinitionNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields selected below these nodes on a type, by their key in the answer."""
        found: dict[str, list[FieldNode]] = {}
        for node in nodes:
            selections = node.selection_set.selections if node.selection_set else ()
            for field in self._flatten(output, selections):
                key = (field.alias or field.name).value
                found.setdefault(key, []).append(field)
        return found

    def _flatten(
        self, output: GraphQLObjectType, selections: Sequence[SelectionNode]
    ) -> Iterator[FieldNode]:
        for selection in selections:
            if not self._is_included(selection):
                continue
            if isinstance(selection, FieldNode):
                yield selection
                continue
            fragment: FragmentDefinitionNode | InlineFragmentNode | None = None
            if isinstance(selection, InlineFragmentNode):
                fragment = selection
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self.fragments.get(selection.name.value)
            if fragment is not None and self._applies(output, fragment):
                yield from self._flatten(output, fragment.selection_set.selections)

    def _applies(
        self, output: GraphQLObjectType, fragment: FragmentDefinitionNode | InlineFragmentNode
    ) -> bool:
        if fragment.type_condition is None:
            return True
        named = self.schema.get_type(fragment.type_condition.name.value)
        if isinstance(named, GraphQLInterfaceType):
            return named in output.interfaces
        return named is output

    def _is_included(self, selection: SelectionNode) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, selection, self.variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, selection, self.variables)
        return not include or bool(include["if"])

    def rows(
        self, model: Model, nodes: Sequence[FieldNode], *, also: Sequence[str] = ()
    ) -> RowsPlan:
        """What the selections below these nodes want of each row of a type."""
        output = self.schema.get_type(model.name)
        if not isinstance(output, GraphQLObjectType):
            raise TypeError(f"{model.name} is no object type of the schema")
        columns: set[str] = {*model.key, *also}
        to_one: dict[str, ToOnePlan] = {}
        pages: dict[str, PagePlan] = {}
        computed: dict[str, ComputedPlan] = {}
        for key, name, arguments, below in self._by_arguments(output, nodes):
            match model.sources.get(name):
                case ColumnSource(column=column):
                    columns.add(column)
                case ToOne(target=target, foreign_key=foreign_key):
                    columns.add(foreign_key)
                    to_one[key] = ToOnePlan(
                        foreign_key=foreign_key, rows=self.rows(self.models[target], below)
                    )
                case ToMany(target=target, foreign_key=foreign_key):
                    pages[key] = self.page(
                        self.models[target], output.fields[name], below, foreign_key=foreign_key
                    )
                case Computed() as source:
                    columns.add(source.needs)
                    computed[key] = ComputedPlan(source=source, arguments=arguments)
                case _:
                    pass
        return RowsPlan(
            model=model,
            columns=frozenset(columns),
            to_one=to_one,
            pages=pages,
            computed=computed,
        )

    def _by_arguments(
        self, output: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> Iterator[tuple[str, str, dict[str, Any], list[FieldNode]]]:
        """The selected fields; those with the same arguments are one, whatever their aliases."""
        found: dict[str, tuple[str, dict[str, Any], list[FieldNode]]] = {}
        for below in self.fields(output, nodes).values():
            for node in below:
                name = node.name.value
                field = output.fields.get(name)
                arguments = self.arguments(field, node) if field else {}
                key = related_key(name, arguments)
                found.setdefault(key, (name, arguments, []))[2].append(node)
        for key, (name, arguments, same) in found.items():
            yield key, name, arguments, same

    def page(
        self,
        model: Model,
        field: GraphQLField,
        nodes: Sequence[FieldNode],
        *,
        foreign_key: str | None = None,
    ) -> PagePlan:
        """The page that a connection field asks for."""
        arguments = self.arguments(field, nodes[0])
        connection = get_named_type(field.type)
        if not isinstance(connection, GraphQLObjectType):
            raise TypeError(f"{connection} is no connection")
        selected: dict[str, list[FieldNode]] = {}
        for each in self.fields(connection, nodes).values():
            selected.setdefault(each[0].name.value, []).extend(each)
        row_nodes = list(selected.get("nodes", ()))
        edge = get_named_type(connection.fields["edges"].type)
        wants_cursors = "pageInfo" in selected
        if isinstance(edge, GraphQLObjectType):
            for each in self.fields(edge, selected.get("edges", ())).values():
                if each[0].name.value == "node":
                    row_nodes.extend(each)
                elif each[0].name.value == "cursor":
                    wants_cursors = True
        order = read_order(model, arguments.get("orderBy"))
        also = [term.column for term in order] if wants_cursors else []
        if foreign_key is not None:
            also.append(foreign_key)
        return PagePlan(
            foreign_key=foreign_key,
            request=page_request(arguments),
            order=order,
            filter=check_filter(arguments.get("filter") or {}),
            include_deleted=bool(arguments.get("includeDeleted")),
            wants_rows=bool({"nodes", "edges", "pageInfo"} & selected.keys()),
            wants_cursors=wants_cursors,
            wants_count="totalCount" in selected,
            rows=self.rows(model, row_nodes, also=also),
        )
