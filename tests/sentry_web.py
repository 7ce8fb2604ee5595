"""A web process with bugs in it: run as a program by the Sentry tests."""

from __future__ import annotations

import sys

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from strawberry.asgi import GraphQL

from hub import monitoring
from hub.errors import InvalidInput

CANARY = "ada.canary@example.com"


@strawberry.type
class Query:
    """One field that breaks, one that refuses."""

    @strawberry.field
    async def broken(self, email: str) -> str:
        """A bug."""
        raise KeyError(f"nothing for {email}")

    @strawberry.field
    async def refused(self) -> str:
        """No bug."""
        raise InvalidInput("the input does not fit")


def page(_request: Request) -> Response:
    """A bug of a page."""
    raise ZeroDivisionError("a page broke")


def main() -> None:
    """Ask for each once; the DSN is the argument."""
    monitoring.start(sys.argv[1], process="web", environment="test")
    api: GraphQL[None, None] = GraphQL(strawberry.Schema(query=Query), graphql_ide=None)
    app = Starlette(routes=[Route("/page", page, methods=["POST"]), Mount("/graphql", api)])
    client = TestClient(app, raise_server_exceptions=False)
    client.post(
        f"/page?email={CANARY}",
        json={"email": CANARY},
        headers={"Authorization": "Bearer canary-token-1234", "Cookie": f"who={CANARY}"},
    )
    text = "query Ask($email: String!) { broken(email: $email) }"
    client.post("/graphql/", json={"query": text, "variables": {"email": CANARY}})
    client.post("/graphql/", json={"query": "{ refused }"})
    import sentry_sdk

    sentry_sdk.flush(timeout=10)


if __name__ == "__main__":
    main()
