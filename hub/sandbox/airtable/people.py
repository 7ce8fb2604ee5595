"""By which door do people come, who edit in the grid and not through the API?

The doors are those that `pages/README.md` lists, under /_ui/: same origin, no token, no rate limit.
Every change made here has source "client" and the named person as its author.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.errors import AirtableError
from hub.sandbox.airtable.feed import Feed, row_of
from hub.sandbox.airtable.json_values import Fields, Json, dump, parse
from hub.sandbox.airtable.model import Base, Field, Table
from hub.sandbox.airtable.people_edits import PeopleEdits
from hub.sandbox.airtable.reader import Reader
from hub.sandbox.airtable.state import OWNER, State

ROWS_PER_PAGE = 1_000
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
Handler = Callable[[Request], Awaitable[Response]]


def is_same_origin(request: Request) -> bool:
    """Whether a browser sent this from one of our own pages; a plain client has no origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def answer(value: Json, status: int = 200) -> Response:
    return Response(dump(value), status, media_type="application/json", headers=SECURITY_HEADERS)


def told(handle: Handler) -> Handler:
    """Refusals become JSON with one sentence for a person."""

    async def run(request: Request) -> Response:
        try:
            return await handle(request)
        except AirtableError as refusal:
            message = refusal.message or refusal.kind
            return answer({"error": {"type": refusal.kind, "message": message}}, refusal.status)

    return run


class PeopleDoors:
    """The JSON and event-stream endpoints of the grid."""

    def __init__(self, state: State, edits: PeopleEdits, feed: Feed) -> None:
        self.state = state
        self.edits = edits
        self.feed = feed

    def routes(self) -> list[Route]:
        return [
            Route("/_ui/bases", told(self.bases)),
            Route("/_ui/bases/{base}", told(self.base)),
            Route("/_ui/bases/{base}/tables/{table}/rows", told(self.rows)),
            Route("/_ui/bases/{base}/tables/{table}/edits", told(self.edit), methods=["POST"]),
            Route("/_ui/bases/{base}/events", told(self.events)),
        ]

    async def bases(self, request: Request) -> Response:
        return answer(
            {
                "bases": [
                    {
                        "id": base.id,
                        "name": base.name,
                        "tables": [
                            {"id": table.id, "name": table.name, "rows": len(table.records)}
                            for table in base.tables.values()
                        ],
                    }
                    for base in self.state.bases.values()
                ]
            }
        )

    async def base(self, request: Request) -> Response:
        base = self._base(request)
        people = sorted(user.name for user in self.state.users.values() if user.id != OWNER.id)
        return answer(
            {
                "id": base.id,
                "name": base.name,
                "people": people,
                "transaction": base.transaction,
                "tables": [
                    table.public(with_visible_fields=True) for table in base.tables.values()
                ],
            }
        )

    async def rows(self, request: Request) -> Response:
        base = self._base(request)
        table = self._table(request, base)
        start = _whole(request.query_params.get("offset"), 0)
        limit = min(_whole(request.query_params.get("limit"), ROWS_PER_PAGE), 10_000) or 1
        fields = self._fields(table, request.query_params.get("fields"))
        reader = Reader(self.state, base, origin=_origin(request))
        records = list(table.records.values())
        page = records[start : start + limit]
        shown: Fields = {
            "rows": [
                row_of(reader, table, record)
                if fields is None
                else reader.record(table, record, by_field_id=True, fields=fields)
                for record in page
            ],
            "transaction": base.transaction,
        }
        if start + limit < len(records):
            shown["next"] = str(start + limit)
        return answer(shown)

    async def edit(self, request: Request) -> Response:
        if not is_same_origin(request):
            raise AirtableError(403, "FOREIGN_ORIGIN", "Edits are taken from these pages only.")
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise AirtableError(415, "WRONG_CONTENT_TYPE", "Edits come as application/json.")
        base = self._base(request)
        table = self._table(request, base)
        try:
            body = parse(await request.body())
        except ValueError as error:
            raise errors.unprocessable(
                "INVALID_REQUEST_BODY", "Could not parse request body"
            ) from error
        edited = self.edits.apply(base, table, body)
        return answer({"transaction": base.transaction, "rows": edited.rows})

    async def events(self, request: Request) -> Response:
        base = self._base(request)
        after = request.headers.get("last-event-id") or request.query_params.get("after")
        stream = self.feed.stream(
            base,
            _whole(after, 0) if after else None,
            request.query_params.get("user"),
        )
        return StreamingResponse(
            stream,
            media_type="text/event-stream",
            headers={**SECURITY_HEADERS, "cache-control": "no-store"},
        )

    def _base(self, request: Request) -> Base:
        base = self.state.bases.get(request.path_params["base"])
        if base is None:
            raise AirtableError(404, "NOT_FOUND", "There is no such base.")
        return base

    def _table(self, request: Request, base: Base) -> Table:
        table = base.find_table(request.path_params["table"])
        if table is None:
            raise AirtableError(404, "NOT_FOUND", f"There is no such table in {base.name}.")
        return table

    def _fields(self, table: Table, names: str | None) -> list[Field] | None:
        if not names:
            return None
        found = [table.find_field(name) for name in names.split(",")]
        return [field for field in found if field is not None]


def _whole(text: str | None, default: int) -> int:
    if not text:
        return default
    if not text.isdigit():
        raise errors.invalid_request(f"{text} is not a whole number")
    return int(text)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"
