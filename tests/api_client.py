"""How do the tests of the API ask? ASGI in process, on a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx2
from sqlalchemy import event

from hub.store.database import Database


class Api:
    """A client of the API."""

    def __init__(self, app: Any, database: Database) -> None:
        self.app = app
        self._database = database
        self.actor: str | None = None

    async def _as_actor(self, scope: Any, receive: Any, send: Any) -> None:
        if self.actor is not None:
            scope["hub.actor"] = self.actor
        await self.app(scope, receive, send)

    def request(self, method: str, **arguments: Any) -> httpx2.Response:
        """One HTTP request to /graphql."""

        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self._as_actor)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://hub.test"
            ) as client:
                return await client.request(method, "/graphql", **arguments)

        return anyio.run(send)

    def post(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer to one operation."""
        answer: dict[str, Any] = self.request(
            "POST", json={"query": query, "variables": variables or {}}
        ).json()
        return answer

    def post_at_once(self, query: str, *each: dict[str, Any]) -> list[dict[str, Any]]:
        """The answers to the same operation with several variables, asked at the same time."""
        answers: list[dict[str, Any]] = []

        async def send() -> None:
            transport = httpx2.ASGITransport(app=self._as_actor)
            async with (
                httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as client,
                anyio.create_task_group() as group,
            ):

                async def one(variables: dict[str, Any]) -> None:
                    body = {"query": query, "variables": variables}
                    answers.append((await client.post("/graphql", json=body)).json())

                for variables in each:
                    group.start_soon(one, variables)

        anyio.run(send)
        return answers

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of an operation that must succeed."""
        answer = self.post(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an operation that must fail."""
        errors = self.post(query, variables)["errors"]
        assert len(errors) == 1, errors
        error: dict[str, Any] = errors[0]
        return error

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The SQL statements that are executed meanwhile."""
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(self._database.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(self._database.engine, "before_cursor_execute", note)
