"""What answers at /graphql? POST, and GET with a query; the explorer's page is somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError
from strawberry.schema.exceptions import (
    InvalidOperationTypeError,
)
from strawberry.types.graphql import OperationType

from hub.store.database import Database
from hub.sync.divergence import WatchedStream
from hub_graphql.context import Context, Store
from hub_graphql.errors import TimedOut, present
from hub_graphql.http import (
    RESPONSE_TYPE,
    MalformedRequest,
    Receive,
    Request,
    Scope,
    Send,
    headers_of,
    read_request,
    refusal,
    send_json,
)
from hub_graphql.limits import DEFAULT_LIMITS, Limits
from hub_graphql.schema import build_schema

OPERATION_TIMEOUT_SECONDS = 20.0


class GraphQLApp:
    """The ASGI application of the API."""

    def __init__(
        self,
        database: Database,
        *,
        limits: Limits = DEFAULT_LIMITS,
        streams: Sequence[WatchedStream] = (),
    ) -> None:
        bound = build_schema(limits)
        self.schema = bound.schema
        self._store = Store(database, bound.models, limits, streams=streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"the API speaks HTTP, not {scope['type']}")
        if scope["method"] not in {"GET", "POST"}:
            error = MalformedRequest("Send POST, or GET for reading.", status=405)
            await send_json(send, refusal(error), status=405, headers=((b"allow", b"GET, POST"),))
            return
        try:
            request = await read_request(scope, receive)
        except MalformedRequest as error:
            await send_json(send, refusal(error), status=error.status)
            return
        answer = await self.execute(request, actor=actor_of(scope))
        strict = RESPONSE_TYPE in headers_of(scope).get("accept", "")
        await send_json(
            send,
            answer,
            status=400 if strict and "data" not in answer else 200,
            kind=RESPONSE_TYPE if strict else "application/json",
        )

    async def execute(self, request: Request, *, actor: str) -> dict[str, Any]:
        """Run one operation and answer as GraphQL does: `data`, `errors`, or both."""
        allowed = {OperationType.QUERY}
        if not request.is_reading:
            allowed.add(OperationType.MUTATION)
        try:
            result = await asyncio.wait_for(
                self.schema.execute(
                    request.query,
                    variable_values=request.variables,
                    context_value=Context(store=self._store, actor=actor),
                    operation_name=request.operation_name,
                    allowed_operation_types=allowed,
                ),
                OPERATION_TIMEOUT_SECONDS,
            )
        except InvalidOperationTypeError:
            return refusal(MalformedRequest("Mutations are sent by POST, not by GET."))
        except TimeoutError:
            return refusal(
                TimedOut(
                    "The operation took too long: ask for less at once. Whether an edit was saved"
                    " is not known: look before you repeat it."
                )
            )
        answer: dict[str, Any] = {}
        if result.errors:
            answer["errors"] = [present(error) for error in result.errors]
        if result.data is not None or not _never_ran(result.errors):
            answer["data"] = result.data
        return answer


def _never_ran(errors: list[GraphQLError] | None) -> bool:
    return bool(errors) and all(error.path is None for error in errors or ())


def actor_of(scope: Scope) -> str:
    """Who asks: what the access check in front has found out."""
    actor = scope.get("hub.actor")
    return actor if isinstance(actor, str) and actor else "anonymous"


def create_graphql_app(
    database: Database,
    *,
    limits: Limits = DEFAULT_LIMITS,
    streams: Sequence[WatchedStream] = (),
) -> GraphQLApp:
    """The API as an ASGI application; `streams` are those whose divergence it can tell."""
    return GraphQLApp(database, limits=limits, streams=streams)
