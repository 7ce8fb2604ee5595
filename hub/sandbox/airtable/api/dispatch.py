"""Which request goes where, and in which order is it checked?

Route shape (404), token (401), rate (429), access to base and table (403), then the body (422).
"""

from __future__ import annotations

from collections.abc import Callable

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.api.call import Call
from hub.sandbox.airtable.api.record_endpoints import RecordEndpoints
from hub.sandbox.airtable.api.schema_endpoints import HookEndpoints, SchemaEndpoints
from hub.sandbox.airtable.api.side_endpoints import SideEndpoints
from hub.sandbox.airtable.ids import is_id
from hub.sandbox.airtable.json_values import Json
from hub.sandbox.airtable.model import LEVELS, Base, Field, Table
from hub.sandbox.airtable.state import State

READ, WRITE = "data.records:read", "data.records:write"
SCHEMA_READ, SCHEMA_WRITE = "schema.bases:read", "schema.bases:write"
COMMENTS_READ, COMMENTS_WRITE = "data.recordComments:read", "data.recordComments:write"
WEBHOOK = "webhook:manage"

Handler = Callable[[], Json]


class Dispatch:
    """Answers a call with JSON, or with nothing where the answer is empty."""

    def __init__(
        self,
        state: State,
        records: RecordEndpoints,
        side: SideEndpoints,
        schema: SchemaEndpoints,
        hooks: HookEndpoints,
    ) -> None:
        self.state = state
        self.records = records
        self.side = side
        self.schema = schema
        self.hooks = hooks

    def handler(self, call: Call) -> tuple[str | None, Handler]:
        """The base that a call is about and what answers it; the checks run inside."""
        match call.segments:
            case ["meta", *rest]:
                found = self._meta(call, rest)
            case ["bases", base_id, "webhooks", *rest] if is_id(base_id, "app"):
                found = self._webhooks(call, base_id, rest)
            case [base_id, record_id, name, "uploadAttachment"] if (
                is_id(base_id, "app") and is_id(record_id, "rec") and call.method == "POST"
            ):
                found = (
                    base_id,
                    lambda: self.side.upload(
                        call, self._base(call, base_id, WRITE, "edit"), record_id, name
                    ),
                )
            case [base_id, table, record_id, "comments", *rest] if is_id(base_id, "app") and is_id(
                record_id, "rec"
            ):
                found = self._comments(call, base_id, table, record_id, rest)
            case [base_id, table, *rest] if is_id(base_id, "app"):
                found = self._records(call, base_id, table, rest)
            case _:
                found = None
        if found is None:
            raise errors.route_not_found()
        return found

    # Records

    def _records(
        self, call: Call, base_id: str, name: str, rest: list[str]
    ) -> tuple[str, Handler] | None:
        endpoints = self.records

        def on(scope: str, run: Callable[[Base, Table], Json]) -> tuple[str, Handler]:
            level = "read" if scope == READ else "edit"

            def answer() -> Json:
                base = self._base(call, base_id, scope, level)
                return run(base, self._table(base, name))

            return base_id, answer

        match call.method, rest:
            case "GET", []:
                return on(READ, lambda base, table: endpoints.list_page(call, base, table))
            case "POST", ["listRecords"]:
                return on(
                    READ, lambda base, table: endpoints.list_page(call, base, table, from_body=True)
                )
            case "POST", []:
                return on(WRITE, lambda base, table: endpoints.create(call, base, table))
            case ("PATCH" | "PUT") as method, []:
                return on(
                    WRITE,
                    lambda base, table: endpoints.update_many(
                        call, base, table, replace=method == "PUT"
                    ),
                )
            case "DELETE", []:
                return on(WRITE, lambda base, table: endpoints.delete_many(call, base, table))
            case method, [record_id] if is_id(record_id, "rec"):
                match method:
                    case "GET":
                        return on(
                            READ, lambda base, table: endpoints.get(call, base, table, record_id)
                        )
                    case "PATCH" | "PUT":
                        return on(
                            WRITE,
                            lambda base, table: endpoints.update_one(
                                call, base, table, record_id, replace=method == "PUT"
                            ),
                        )
                    case "DELETE":
                        return on(
                            WRITE,
                            lambda base, table: endpoints.delete_one(call, base, table, record_id),
                        )
        return None

    def _comments(
        self, call: Call, base_id: str, name: str, record_id: str, rest: list[str]
    ) -> tuple[str, Handler] | None:
        side = self.side

        def on(scope: str, run: Callable[[Base, Table], Json]) -> tuple[str, Handler]:
            level = "read" if scope == COMMENTS_READ else "comment"

            def answer() -> Json:
                base = self._base(call, base_id, scope, level)
                return run(base, self._table(base, name))

            return base_id, answer

        match call.method, rest:
            case "GET", []:
                return on(
                    COMMENTS_READ, lambda base, table: side.list_comments(call, table, record_id)
                )
            case "POST", []:
                return on(
                    COMMENTS_WRITE,
                    lambda base, table: side.create_comment(call, base, table, record_id),
                )
            case "PATCH", [comment] if is_id(comment, "com"):
                return on(
                    COMMENTS_WRITE,
                    lambda base, table: side.update_comment(call, base, table, record_id, comment),
                )
            case "DELETE", [comment] if is_id(comment, "com"):
                return on(
                    COMMENTS_WRITE,
                    lambda base, table: side.delete_comment(call, base, table, record_id, comment),
                )
        return None

    # Schema

    def _meta(self, call: Call, rest: list[str]) -> tuple[str | None, Handler] | None:
        endpoints = self.schema

        def on(base_id: str, scope: str, run: Callable[[Base], Json]) -> tuple[str | None, Handler]:
            level = "read" if scope == SCHEMA_READ else "create"
            return base_id, lambda: run(self._base(call, base_id, scope, level))

        match call.method, rest:
            case "GET", ["whoami"]:
                return None, lambda: endpoints.who_am_i(call)
            case "GET", ["bases"]:
                return None, lambda: endpoints.bases(self._scoped(call, SCHEMA_READ))
            case "POST", ["bases"]:
                return None, lambda: endpoints.create_base(self._scoped(call, SCHEMA_WRITE))
            case "GET", ["bases", base_id, "tables"] if is_id(base_id, "app"):
                return on(base_id, SCHEMA_READ, lambda base: endpoints.tables(call, base))
            case "POST", ["bases", base_id, "tables"] if is_id(base_id, "app"):
                return on(base_id, SCHEMA_WRITE, lambda base: endpoints.create_table(call, base))
            case "PATCH", ["bases", base_id, "tables", table] if is_id(base_id, "app"):
                return on(
                    base_id,
                    SCHEMA_WRITE,
                    lambda base: endpoints.update_table(call, base, self._table(base, table)),
                )
            case "POST", ["bases", base_id, "tables", table, "fields"] if is_id(base_id, "app"):
                return on(
                    base_id,
                    SCHEMA_WRITE,
                    lambda base: endpoints.create_field(call, base, self._table(base, table)),
                )
            case "PATCH", ["bases", base_id, "tables", table, "fields", field] if is_id(
                base_id, "app"
            ):
                return on(
                    base_id,
                    SCHEMA_WRITE,
                    lambda base: endpoints.update_field(
                        call, base, *self._field(self._table(base, table), field)
                    ),
                )
        return None

    # Webhooks

    def _webhooks(self, call: Call, base_id: str, rest: list[str]) -> tuple[str, Handler] | None:
        endpoints = self.hooks

        def on(level: str, run: Callable[[Base], Json]) -> tuple[str, Handler]:
            return base_id, lambda: run(self._base(call, base_id, WEBHOOK, level))

        match call.method, rest:
            case "GET", []:
                return on("read", endpoints.list_hooks)
            case "POST", []:
                return on("create", lambda base: endpoints.create(call, base))
            case "DELETE", [hook_id]:
                return on("create", lambda base: endpoints.delete(base, hook_id))
            case "GET", [hook_id, "payloads"]:
                return on("read", lambda base: endpoints.payloads(call, base, hook_id))
            case "POST", [hook_id, "refresh"]:
                return on("create", lambda base: endpoints.refresh(base, hook_id))
            case "POST", [hook_id, "enableNotifications"]:
                return on("create", lambda base: endpoints.enable(call, base, hook_id))
        return None

    # Access

    def _scoped(self, call: Call, scope: str) -> Call:
        if not call.token.may(scope):
            raise errors.model_not_found()
        return call

    def _base(self, call: Call, base_id: str, scope: str, level: str) -> Base:
        base = self.state.bases.get(base_id)
        held = call.token.level(base_id)
        if base is None or held == "none" or not call.token.may(scope):
            raise errors.model_not_found()
        if LEVELS.index(held) < LEVELS.index(level):
            raise errors.not_permitted()
        return base

    def _table(self, base: Base, name_or_id: str) -> Table:
        table = base.find_table(name_or_id)
        if table is None:
            raise errors.model_not_found()
        return table

    def _field(self, table: Table, field_id: str) -> tuple[Table, Field]:
        field = table.fields.get(field_id)
        if field is None:
            raise errors.model_not_found()
        return table, field
