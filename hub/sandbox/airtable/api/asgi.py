"""How does a request come in from the wire, suffer what it must, and go out again?"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.types import Receive, Scope, Send

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.call import Call, parse_query, path_segments
from hub.sandbox.airtable.api.dispatch import Dispatch
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.faults import Fault, Faults
from hub.sandbox.airtable.iterators import Iterators
from hub.sandbox.airtable.journal import Journal
from hub.sandbox.airtable.json_values import Json, dump, parse
from hub.sandbox.airtable.limits import Limits, RateLimiter
from hub.sandbox.airtable.model import Token
from hub.sandbox.airtable.people_edits import PeopleEdits
from hub.sandbox.airtable.schema_by_hand import SchemaByHand
from hub.sandbox.airtable.state import OWNER, State

log = logging.getLogger(__name__)
CUT = "sandbox.cut"
_ANONYMOUS = Token(text="", user=OWNER, scopes=frozenset(), levels={})
_JSON = b"application/json; charset=utf-8"
_STATUS_TYPES = {
    401: ("AUTHENTICATION_REQUIRED", "Authentication required"),
    403: (
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        errors.model_not_found().message or "",
    ),
    404: ("NOT_FOUND", ""),
    429: ("RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later"),
    500: ("SERVER_ERROR", "Internal server error"),
    503: (
        "RETRIABLE_ERROR",
        "Server encountered an error while processing your request, and it is safe to retry the "
        "request",
    ),
}
_HTML = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1></body></html>"
)


class _Dropped(Exception):
    """The connection is gone; there is nobody to answer."""


class Answer:
    """A status, a body and a content type."""

    def __init__(self, status: int, body: bytes, content_type: bytes = _JSON) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers: list[tuple[bytes, bytes]] = []

    @classmethod
    def of(cls, value: Json, status: int = 200) -> Answer:
        return cls(status, b"" if value is None else dump(value))


class AirtableApi:
    """The ASGI application below /v0."""

    def __init__(
        self,
        state: State,
        dispatch: Dispatch,
        limiter: RateLimiter,
        iterators: Iterators,
        faults: Faults,
        journal: Journal,
        people: PeopleEdits,
        by_hand: SchemaByHand,
    ) -> None:
        self.state = state
        self.dispatch = dispatch
        self.limiter = limiter
        self.iterators = iterators
        self.faults = faults
        self.journal = journal
        self.people = people
        self.by_hand = by_hand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        raw: bytes = scope["raw_path"].split(b"?", 1)[0]
        path = raw.decode("ascii", "replace")
        struck = self.faults.take(scope["method"], path)
        status: int | None = None
        try:
            answer = await self._answer(scope, receive, struck)
            status = answer.status
            await _send(send, answer)
        except _Dropped:
            await _wait_for_end(receive)
        finally:
            self._note(scope, path, status, struck, time.perf_counter() - begun)

    async def _answer(self, scope: Scope, receive: Receive, struck: list[Fault]) -> Answer:
        body = await _read_body(receive, self.limiter.limits)
        for fault in struck:
            early = await self._before(fault, scope)
            if early is not None:
                return early
        answer = self._process(scope, body)
        for fault in struck:
            await self._after(fault, answer, scope)
        return answer

    def _process(self, scope: Scope, body: bytes | None) -> Answer:
        try:
            if body is None:
                raise AirtableError(413, "REQUEST_TOO_LARGE", "Request body is too large")
            return Answer.of(self._handle(scope, body))
        except AirtableError as refusal:
            return Answer.of(refusal.body(), refusal.status)
        except Exception:
            log.exception("a request broke the stand-in")
            return Answer.of(errors.AirtableError(500, *_STATUS_TYPES[500]).body(), 500)

    def _handle(self, scope: Scope, body: bytes) -> Json:
        query: bytes = scope["query_string"]
        raw: bytes = scope["raw_path"].split(b"?", 1)[0]
        headers = dict(scope["headers"])
        limits = self.limiter.limits
        if len(raw) + len(query) + 1 + len(headers.get(b"host", b"")) >= limits.url_characters:
            raise AirtableError(414, "REQUEST_URI_TOO_LONG", "The request URL is too long")
        segments = path_segments(raw)[1:]
        call = Call(
            method=scope["method"],
            segments=segments,
            query=parse_query(query),
            content_type=headers.get(b"content-type", b"").decode("latin-1").lower(),
            raw_body=body,
            origin=f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1')}",
            token=_ANONYMOUS,
        )
        base_id, handle = self.dispatch.handler(call)
        call.token = self._token(headers.get(b"authorization", b"").decode("latin-1"))
        is_meta = segments[:1] == ["meta"]
        self.limiter.admit(base_id, call.token.user.id, counts_for_quota=not is_meta)
        return handle()

    def _token(self, header: str) -> Token:
        scheme, _, text = header.partition(" ")
        token = self.state.token(text.strip()) if scheme.lower() == "bearer" and text else None
        if token is None:
            raise errors.authentication_required()
        return token

    # Faults

    async def _before(self, fault: Fault, scope: Scope) -> Answer | None:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "drop_before":
            drop(scope)
            raise _Dropped
        elif fault.kind == "status":
            kind, message = _STATUS_TYPES.get(fault.status, ("SERVER_ERROR", "Server error"))
            refusal = AirtableError(
                fault.status, fault.type or kind, fault.message or message or None
            )
            answer = Answer.of(refusal.body(), fault.status)
            if fault.retry_after is not None:
                answer.headers.append((b"retry-after", str(fault.retry_after).encode()))
            return answer
        elif fault.kind == "html":
            return Answer(502, _HTML, b"text/html")
        elif fault.kind == "edit_before":
            self._edit(fault)
        elif fault.kind == "schema_before":
            self._edit_schema(fault)
        elif fault.kind == "hide_new" and self._is_young(scope, fault.seconds):
            refusal = errors.model_not_found() if fault.status == 403 else errors.route_not_found()
            return Answer.of(refusal.body(), refusal.status)
        elif fault.kind == "expire_iterators":
            self.iterators.expire_all()
        return None

    async def _after(self, fault: Fault, answer: Answer, scope: Scope) -> None:
        if fault.kind == "drop_after":
            drop(scope)
            raise _Dropped
        if fault.kind == "delay_after":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "truncate":
            answer.body = answer.body[: len(answer.body) // 2]
        elif fault.kind == "partial_list":
            answer.body = _shortened(answer.body)
        elif fault.kind == "edit_after":
            self._edit(fault)

    def _edit(self, fault: Fault) -> None:
        base = self.state.bases.get(fault.base or "")
        table = None if base is None else base.find_table(fault.table or "")
        if base is not None and table is not None and fault.edit is not None:
            self.people.apply(base, table, {"user": "Somebody else", **fault.edit})

    def _edit_schema(self, fault: Fault) -> None:
        base = self.state.bases.get(fault.base or "")
        table = None if base is None else base.find_table(fault.table or "")
        field = None if table is None else table.find_field(fault.field)
        if base is None or table is None or field is None:
            return
        actor = self.state.person("Somebody else")
        if fault.rename is None:
            self.by_hand.remove_field(base, table, field, actor)
        else:
            self.by_hand.schema.update_field(base, table, field, {"name": fault.rename}, actor)

    def _is_young(self, scope: Scope, seconds: float) -> bool:
        """Whether the request names a record that was made only just now."""
        segments = path_segments(scope["raw_path"])
        base = self.state.bases.get(segments[1]) if len(segments) > 3 else None
        table = None if base is None else base.table_of_record(segments[3])
        if table is None:
            return False
        created = datetime.fromisoformat(table.records[segments[3]].created)
        return self.state.clock.now() - created < timedelta(seconds=seconds)

    def _note(
        self, scope: Scope, path: str, status: int | None, struck: list[Fault], seconds: float
    ) -> None:
        method: str = scope["method"]
        self.journal.add(
            {
                "at": self.state.clock.now_text(),
                "method": method,
                "path": path,
                "query": scope["query_string"].decode("ascii", "replace")[:2000],
                "status": status,
                "milliseconds": round(seconds * 1000, 3),
                "write": method in ("POST", "PATCH", "PUT", "DELETE")
                and "listRecords" not in path
                and not path.startswith(("/v0/meta", "/v0/bases")),
                "faults": [fault.kind for fault in struck],
            }
        )


def _shortened(body: bytes) -> bytes:
    answer = parse(body)
    if isinstance(answer, dict) and isinstance(answer.get("records"), list):
        answer["records"] = answer["records"][: len(answer["records"]) // 2]
        answer.pop("offset", None)
    return dump(answer)


async def _read_body(receive: Receive, limits: Limits) -> bytes | None:
    """The whole body, or nothing when it is too large."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Dropped
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limits.body_bytes:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= limits.body_bytes else None


async def _send(send: Send, answer: Answer) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.content_type),
                (b"content-length", str(len(answer.body)).encode()),
                *answer.headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


def drop(scope: Scope) -> None:
    """Cut the connection without an answer."""
    cut = scope.get(CUT)
    if cut is None:
        raise RuntimeError("the server does not let a connection be cut: run it under uvicorn")
    cut()


def cutter(send: Send) -> Callable[[], None] | None:
    """What cuts this connection. ASGI has no word for it, but uvicorn's `send` knows its transport.

    Only the outermost application is given that `send`.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return getattr(transport, "abort", None)


async def _wait_for_end(receive: Receive) -> None:
    """Return only once the server knows that the connection is gone, so it answers nothing."""
    while (await receive())["type"] != "http.disconnect":
        pass
