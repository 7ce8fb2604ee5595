"""What is known of an operation before it runs? Parsed and validated once for each text."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from threading import Lock

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    get_variable_values,
    parse,
    validate,
)
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension

from hub.errors import HubError, InvalidInput, StoreUnavailable
from hub_graphql.compile.plan import Planner
from hub_graphql.context import Context
from hub_graphql.direct import answer
from hub_graphql.errors import TimedOut
from hub_graphql.limits import Limits, check_shape

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A parsed document, or why there is none that can run."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...]


class OperationCache:
    """The most recently used operations by their text."""

    def __init__(self, limits: Limits, *, size: int = 500, longest_text: int = 50_000) -> None:
        self._limits = limits
        self._size = size
        self._longest_text = longest_text
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = Lock()

    def prepare(self, schema: GraphQLSchema, text: str) -> Prepared:
        """Parse and validate a text, or recall what came of it."""
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                return known
        prepared = self._prepare(schema, text)
        # A wrong text is not worth a place: it is corrected, not repeated.
        if not prepared.errors and len(text) <= self._longest_text:
            with self._lock:
                self._known[text] = prepared
                while len(self._known) > self._size:
                    self._known.popitem(last=False)
        return prepared

    def _prepare(self, schema: GraphQLSchema, text: str) -> Prepared:
        try:
            document = parse(text, max_tokens=self._limits.tokens)
        except GraphQLError as error:
            return Prepared(document=None, errors=(error,))
        except RecursionError:
            return Prepared(document=None, errors=(_too_deep(),))
        try:
            check_shape(document, self._limits)
            errors = validate(schema, document, max_errors=20)
        except HubError as error:
            return Prepared(
                document=None, errors=(GraphQLError(error.message, original_error=error),)
            )
        except RecursionError:
            return Prepared(document=None, errors=(_too_deep(),))
        return Prepared(document=document, errors=tuple(errors))


def _which_operation(name: str | None) -> str:
    if name is not None:
        return f"The query has no operation {name[:60]!r}: name one of its own as operationName."
    return "The query has no operation, or several: name the one to run as operationName."


def _too_deep() -> GraphQLError:
    return GraphQLError("The operation is nested too deeply. Ask for less at once.")


class PreparedOperation(SchemaExtension):
    """Puts the prepared document and the coerced variables where execution looks for them."""

    def __init__(self, cache: OperationCache) -> None:
        super().__init__()
        self._cache = cache
        self._prepared = Prepared(document=None, errors=())

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._prepared = self._cache.prepare(context.schema._schema, context.query or "")
        if self._prepared.document is None:
            raise self._prepared.errors[0]
        # Strawberry would run the first of several.
        if get_operation_ast(self._prepared.document, context._provided_operation_name) is None:
            raise InvalidInput(_which_operation(context._provided_operation_name))
        context.graphql_document = self._prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = list(self._prepared.errors)
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        execution = self.execution_context
        context: Context = execution.context
        schema = execution.schema._schema
        document = execution.graphql_document
        operation = document and get_operation_ast(document, execution.operation_name)
        if document and operation:
            variables = get_variable_values(
                schema, operation.variable_definitions or (), execution.variables or {}
            )
            # Wrong variables are reported by the execution that follows.
            if isinstance(variables, VariableValues):
                context.variables = variables
                planner = Planner(
                    schema=schema,
                    models=context.store.models,
                    fragments=fragments_of(document),
                    variables=variables,
                )
                execution.result = await _directly(context, planner, operation)
        yield


async def _directly(
    context: Context, planner: Planner, operation: OperationDefinitionNode
) -> ExecutionResult | None:
    """The result of an operation that is data only; None when graphql-core must execute it."""
    try:
        data = await answer(context, planner, operation)
    except (StoreUnavailable, TimedOut) as error:
        # Asking a second time would only take as long again.
        return ExecutionResult(
            data=None,
            errors=[GraphQLError(error.message, original_error=error, path=_first_key(operation))],
        )
    except Exception as error:
        # Executed field by field the same failure is told with its place.
        if not isinstance(error, HubError):
            logger.warning("graphql: no direct answer", exc_info=True)
        context.rows_asked = 0
        return None
    return None if data is None else ExecutionResult(data=data, errors=None)


def _first_key(operation: OperationDefinitionNode) -> list[str | int]:
    for selection in operation.selection_set.selections:
        if isinstance(selection, FieldNode):
            return [(selection.alias or selection.name).value]
    return []


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by their names."""
    return {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
