"""What does a request suffer on purpose, before it is looked at and after?"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.types import Scope, Send

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.answers import PROXY_PAGE, STATUS_TYPES, Answer
from hub.sandbox.airtable.api.call import path_segments
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.faults import Fault
from hub.sandbox.airtable.iterators import Iterators
from hub.sandbox.airtable.json_values import dump, parse
from hub.sandbox.airtable.people_edits import PeopleEdits
from hub.sandbox.airtable.schema_by_hand import SchemaByHand
from hub.sandbox.airtable.state import State

log = logging.getLogger(__name__)
CUT = "sandbox.cut"


class Dropped(Exception):
    """The connection is gone; there is nobody to answer."""


class Suffering:
    """Carries out the faults that strike a request."""

    def __init__(
        self, state: State, iterators: Iterators, people: PeopleEdits, by_hand: SchemaByHand
    ) -> None:
        self.state = state
        self.iterators = iterators
        self.people = people
        self.by_hand = by_hand

    async def before(self, fault: Fault, scope: Scope) -> Answer | None:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "drop_before":
            drop(scope)
            raise Dropped
        elif fault.kind == "status":
            kind, message = STATUS_TYPES.get(fault.status, ("SERVER_ERROR", "Server error"))
            refusal = AirtableError(
                fault.status, fault.type or kind, fault.message or message or None
            )
            answer = Answer.of(refusal.body(), fault.status)
            if fault.retry_after is not None:
                answer.headers.append((b"retry-after", str(fault.retry_after).encode()))
            return answer
        elif fault.kind == "html":
            return Answer(502, PROXY_PAGE, b"text/html")
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

    async def after(self, fault: Fault, answer: Answer, scope: Scope) -> None:
        if fault.kind == "drop_after":
            drop(scope)
            raise Dropped
        if fault.kind == "delay_after":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "truncate":
            answer.body = answer.body[: len(answer.body) // 2]
        elif fault.kind == "partial_list":
            answer.body = _shortened(answer.body)
        elif fault.kind == "partial_schema":
            answer.body = _with_few_fields(answer.body)
        elif fault.kind == "edit_after":
            self._edit(fault)

    def _edit(self, fault: Fault) -> None:
        base = self.state.bases.get(fault.base or "")
        table = None if base is None else base.find_table(fault.table or "")
        if base is not None and table is not None and fault.edit is not None:
            try:
                self.people.apply(base, table, {"user": "Somebody else", **fault.edit})
            except AirtableError as refusal:
                log.warning("the edit of a fault was refused: %s", refusal)

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


def _shortened(body: bytes) -> bytes:
    answer = parse(body)
    if isinstance(answer, dict) and isinstance(answer.get("records"), list):
        answer["records"] = answer["records"][: len(answer["records"]) // 2]
        answer.pop("offset", None)
    return dump(answer)


def _with_few_fields(body: bytes) -> bytes:
    answer = parse(body)
    if isinstance(answer, dict):
        for table in answer.get("tables", ()):
            table["fields"] = table["fields"][:1]
    return dump(answer)


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
