"""By which door does a test, or whoever runs the stand-in, look behind the scenes?

Open to this machine only, never to a page in a browser: a request with an Origin is refused, one
from another machine needs the control token.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.sandbox.airtable.chaos import BadChaos, Chaos
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.faults import BadFault
from hub.sandbox.airtable.json_values import Fields, Json, parse
from hub.sandbox.airtable.loading import BadBaseFile
from hub.sandbox.airtable.model import Base, Table
from hub.sandbox.airtable.people import Handler, answer, told
from hub.sandbox.airtable.saving import save

if TYPE_CHECKING:
    from hub.sandbox.airtable.sandbox import Sandbox

_LOOPBACK = ("127.0.0.1", "::1")


class Control:
    """The endpoints under /_control/."""

    def __init__(self, sandbox: Sandbox, token: str | None) -> None:
        self.sandbox = sandbox
        self.token = token

    def routes(self) -> list[Route]:
        doors: list[tuple[str, str, Handler]] = [
            ("GET", "edits", self.edits),
            ("GET", "requests", self.requests),
            ("POST", "edit", self.edit),
            ("POST", "load", self.load),
            ("GET", "save", self.save),
            ("POST", "reset", self.reset),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_fault),
            ("POST", "faults/clear", self.clear_faults),
            ("POST", "chaos", self.chaos),
            ("GET", "clock", self.clock),
            ("POST", "clock", self.move_clock),
            ("POST", "forgive", self.forgive),
            ("POST", "restore", self.restore),
            ("POST", "duplicate", self.duplicate),
            ("POST", "remove", self.remove),
            ("POST", "rename-choice", self.rename_choice),
            ("POST", "retype", self.retype),
        ]
        return [
            Route(f"/_control/{path}", told(self._guarded(handle)), methods=[method])
            for method, path, handle in doors
        ]

    def _guarded(self, handle: Handler) -> Handler:
        async def run(request: Request) -> Response:
            self._check(request)
            return await handle(request)

        return run

    def _check(self, request: Request) -> None:
        given = request.headers.get("x-control-token")
        if given is not None and self.token is not None:
            if hmac.compare_digest(given.encode(), self.token.encode()):
                return
        elif _is_of_this_machine(request):
            return
        raise AirtableError(403, "FORBIDDEN", "The control door is not open to you.")

    # What happened

    async def edits(self, request: Request) -> Response:
        return answer(self.sandbox.edit_log.after(_number(request, "after")))

    async def requests(self, request: Request) -> Response:
        return answer(self.sandbox.journal.after(_number(request, "after")))

    # What happens

    async def edit(self, request: Request) -> Response:
        """A person's edit: {base, table, user, create?, update?, delete?, typecast?, source?}."""
        body = await _body(request)
        base, table = self._place(body)
        source = body.get("source", "client")
        edited = self.sandbox.people.apply(base, table, {"user": "Alex", **body}, source=source)
        return answer({"transaction": base.transaction, "rows": edited.rows})

    async def restore(self, request: Request) -> Response:
        """Bring a base, or records of a table, back from the trash.

        {base}, or {base, table, records: [id], user?}.
        """
        body = await _body(request)
        if body.get("table") is None:
            if not self.sandbox.restore_base(str(body.get("base"))):
                raise AirtableError(404, "NOT_FOUND", f"{body.get('base')} is not in the trash.")
            return answer({"base": body["base"]})
        base, table = self._place(body)
        items = []
        for record_id in body.get("records") or []:
            record = self.sandbox.state.trashed(base, table, record_id)
            if record is None:
                raise AirtableError(404, "NOT_FOUND", f"{record_id} is not in the trash.")
            items.append((record_id, record))
        edited = self.sandbox.people.restore(base, table, items, body.get("user", "Alex"))
        return answer({"transaction": base.transaction, "rows": edited.rows})

    async def duplicate(self, request: Request) -> Response:
        """Copy a base, or records within their table.

        {base, name?}, or {base, table, records: [id], user?}.
        """
        body = await _body(request)
        if body.get("table") is None and body.get("base") in self.sandbox.state.bases:
            return answer({"base": self.sandbox.duplicate_base(body["base"], body.get("name"))})
        base, table = self._place(body)
        ids = [str(each) for each in body.get("records") or []]
        edited = self.sandbox.people.duplicate(base, table, ids, body.get("user", "Alex"))
        return answer({"transaction": base.transaction, "rows": edited.rows})

    async def remove(self, request: Request) -> Response:
        """Take a field, a table or a base away, as only a person can: {base, table?, field?}."""
        body = await _body(request)
        if body.get("table") is None and body.get("base") in self.sandbox.state.bases:
            self.sandbox.trash_base(body["base"])
            return answer({})
        base, table = self._place(body)
        actor = self.sandbox.state.person(body.get("user", "Alex"))
        if body.get("field") is None:
            self.sandbox.by_hand.remove_table(base, table, actor)
        else:
            field = table.find_field(body["field"])
            if field is None:
                raise AirtableError(404, "NOT_FOUND", f"{table.name} has no such field.")
            self.sandbox.by_hand.remove_field(base, table, field, actor)
        return answer({"transaction": base.transaction})

    async def rename_choice(self, request: Request) -> Response:
        """Rename a select option, as only a person can: {base, table, field, old, new, user?}."""
        body = await _body(request)
        base, table = self._place(body)
        field = table.find_field(body.get("field"))
        if field is None:
            raise AirtableError(404, "NOT_FOUND", f"{table.name} has no such field.")
        actor = self.sandbox.state.person(body.get("user", "Alex"))
        old, new = str(body.get("old")), str(body.get("new"))
        self.sandbox.by_hand.rename_choice(base, table, field, old, new, actor)
        return answer({"transaction": base.transaction})

    async def retype(self, request: Request) -> Response:
        """Give a field another type, as only a person can: {base, table, field, type, options?}."""
        body = await _body(request)
        base, table = self._place(body)
        field = table.find_field(body.get("field"))
        if field is None:
            raise AirtableError(404, "NOT_FOUND", f"{table.name} has no such field.")
        actor = self.sandbox.state.person(body.get("user", "Alex"))
        kind, options = str(body.get("type")), body.get("options")
        self.sandbox.by_hand.retype_field(base, table, field, kind, options, actor)
        return answer({"transaction": base.transaction})

    async def load(self, request: Request) -> Response:
        reload = request.query_params.get("reload") in ("1", "true")
        body = await _body(request)
        try:
            return answer({"loaded": self.sandbox.load(body, reload=reload)})
        except BadBaseFile as error:
            raise AirtableError(422, "BAD_BASE_FILE", str(error)) from error

    async def save(self, request: Request) -> Response:
        return answer(save(self.sandbox.state))

    async def reset(self, request: Request) -> Response:
        self.sandbox.reset()
        return answer({})

    # Faults and time

    async def faults(self, request: Request) -> Response:
        return answer({"faults": self.sandbox.faults.waiting()})

    async def add_fault(self, request: Request) -> Response:
        try:
            return answer(self.sandbox.faults.add(await _body(request)).public())
        except BadFault as error:
            raise AirtableError(422, "BAD_FAULT", str(error)) from error

    async def clear_faults(self, request: Request) -> Response:
        self.sandbox.faults.clear()
        return answer({})

    async def chaos(self, request: Request) -> Response:
        """Begin a bad day, {seed, rates?: {kind: share of requests}}, or end it: {off: true}."""
        body = await _body(request)
        try:
            self.sandbox.faults.chaos = None if body.get("off") else Chaos.of(body)
        except BadChaos as error:
            raise AirtableError(422, "BAD_CHAOS", str(error)) from error
        chaos = self.sandbox.faults.chaos
        return answer({} if chaos is None else chaos.public())

    async def clock(self, request: Request) -> Response:
        return answer({"now": self.sandbox.state.clock.now_text()})

    async def move_clock(self, request: Request) -> Response:
        body = await _body(request)
        try:
            self.sandbox.state.clock.advance(timedelta(seconds=float(body.get("seconds", 0))))
        except (TypeError, ValueError, OverflowError) as error:
            raise AirtableError(422, "BAD_CLOCK", f"seconds: {error}") from error
        return answer({"now": self.sandbox.state.clock.now_text()})

    async def forgive(self, request: Request) -> Response:
        self.sandbox.limiter.forgive()
        return answer({})

    def _place(self, body: Fields) -> tuple[Base, Table]:
        base = self.sandbox.state.bases.get(str(body.get("base")))
        table = None if base is None else base.find_table(str(body.get("table")))
        if base is None or table is None:
            raise AirtableError(404, "NOT_FOUND", "There is no such base or table.")
        return base, table


def _is_of_this_machine(request: Request) -> bool:
    return (
        request.client is not None
        and request.client.host in _LOOPBACK
        and "origin" not in request.headers
        and "sec-fetch-site" not in request.headers
    )


async def _body(request: Request) -> Json:
    try:
        body = parse(await request.body() or b"{}")
    except ValueError as error:
        raise AirtableError(422, "INVALID_REQUEST_BODY", f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise AirtableError(422, "INVALID_REQUEST_BODY", "The body is a JSON object.")
    return body


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    return int(text) if text.isdigit() else 0
