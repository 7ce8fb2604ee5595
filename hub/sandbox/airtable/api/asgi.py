"""How does a request come in from the wire, suffer what it must, and go out again?"""

from __future__ import annotations

import logging
import time

from starlette.types import Receive, Scope, Send

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.answers import STATUS_TYPES, Answer
from hub.sandbox.airtable.api.call import Call, parse_query, path_segments
from hub.sandbox.airtable.api.dispatch import Dispatch
from hub.sandbox.airtable.api.suffering import Dropped, Suffering
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.faults import Fault, Faults
from hub.sandbox.airtable.journal import Journal
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.limits import Limits, RateLimiter
from hub.sandbox.airtable.model import Token
from hub.sandbox.airtable.state import OWNER, State

log = logging.getLogger(__name__)
_ANONYMOUS = Token(text="", user=OWNER, scopes=frozenset(), levels={})


class AirtableApi:
    """The ASGI application below /v0."""

    def __init__(
        self,
        state: State,
        dispatch: Dispatch,
        limiter: RateLimiter,
        faults: Faults,
        suffering: Suffering,
        journal: Journal,
    ) -> None:
        self.state = state
        self.dispatch = dispatch
        self.limiter = limiter
        self.faults = faults
        self.suffering = suffering
        self.journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        raw: bytes = scope["raw_path"].split(b"?", 1)[0]
        path = raw.decode("ascii", "replace")
        struck = self.faults.take(scope["method"], path)
        answer: Answer | None = None
        try:
            answer = await self._answer(scope, receive, struck)
        except Dropped:
            pass  # there is nobody to answer
        finally:
            # Noted before the client hears anything: its next request cannot come first.
            status = None if answer is None else answer.status
            self._note(scope, path, status, struck, time.perf_counter() - begun)
        if answer is None:
            await _wait_for_end(receive)
        else:
            await answer.send(send)

    async def _answer(self, scope: Scope, receive: Receive, struck: list[Fault]) -> Answer:
        body = await _read_body(receive, self.limiter.limits)
        for fault in struck:
            early = await self.suffering.before(fault, scope)
            if early is not None:
                return early
        answer = self._process(scope, body)
        for fault in struck:
            await self.suffering.after(fault, answer, scope)
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
            return Answer.of(errors.AirtableError(500, *STATUS_TYPES[500]).body(), 500)

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


async def _read_body(receive: Receive, limits: Limits) -> bytes | None:
    """The whole body, or nothing when it is too large."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Dropped
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limits.body_bytes:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if size <= limits.body_bytes else None


async def _wait_for_end(receive: Receive) -> None:
    """Return only once the server knows that the connection is gone, so it answers nothing."""
    while (await receive())["type"] != "http.disconnect":
        pass
