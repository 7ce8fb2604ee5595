"""How does a GraphQL request stand in HTTP, and how does its answer?

The GraphQL-over-HTTP rules: POST with a JSON body, or GET with `query` for reading. A body that is
no GraphQL request answers 4xx; an operation that ran answers 200, errors and all, and one that
could not run answers 400 when the client accepts `application/graphql-response+json`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from hub.errors import HubError, InvalidInput

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_BODY = 4_000_000
RESPONSE_TYPE = "application/graphql-response+json"


class MalformedRequest(InvalidInput):
    """This is no GraphQL request."""

    code = "MALFORMED_REQUEST"

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One operation as it came."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None
    is_reading: bool


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


async def read_request(scope: Scope, receive: Receive) -> Request:
    """The operation that an HTTP request carries.

    Raises:
        MalformedRequest: it carries none.
    """
    if scope["method"] == "GET":
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        fields: Mapping[str, Any] = {name: values[-1] for name, values in query.items()}
        variables = fields.get("variables")
        if variables:
            fields = {**fields, "variables": _json(variables, "The parameter variables")}
        return _request(fields, is_reading=True)
    kind = headers_of(scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise MalformedRequest(
            f"The content type is {kind or 'missing'}: send application/json.", status=415
        )
    body = await _body(receive)
    return _request(_json(body, "The body"), is_reading=False)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedRequest("The request ended early.")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            raise MalformedRequest(
                f"The body is larger than {LARGEST_BODY:,} bytes: send it in several requests.",
                status=413,
            )
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _json(text: str | bytes, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"{what} is no JSON: {error}.") from None


def _request(fields: Any, *, is_reading: bool) -> Request:
    if not isinstance(fields, Mapping):
        raise MalformedRequest('The body is no object: send {"query": "{ clients { ... } }"}.')
    query = fields.get("query")
    if not isinstance(query, str) or not query.strip():
        raise MalformedRequest("There is no query: send the operation's text as query.")
    variables = fields.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise MalformedRequest('variables is no object: send {"name": value}, or leave it out.')
    name = fields.get("operationName")
    if name is not None and not isinstance(name, str):
        raise MalformedRequest("operationName is no text: name one operation, or leave it out.")
    return Request(
        query=query,
        variables=variables or {},
        operation_name=name or None,
        is_reading=is_reading,
    )


def refusal(error: HubError) -> dict[str, Any]:
    """The answer to a request that carries no operation."""
    return {"errors": [{"message": error.message, "extensions": {"code": error.code}}]}


async def send_json(
    send: Send,
    answer: Mapping[str, Any],
    *,
    status: int = 200,
    kind: str = "application/json",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send an answer."""
    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False, default=str).encode(
        errors="replace"
    )
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", f"{kind}; charset=utf-8".encode()),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
