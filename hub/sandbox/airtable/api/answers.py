"""What goes out to a client?"""

from __future__ import annotations

from starlette.types import Send

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.json_values import Json, dump

_JSON = b"application/json; charset=utf-8"
STATUS_TYPES = {
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
PROXY_PAGE = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1></body></html>"
)


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

    async def send(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [
                    (b"content-type", self.content_type),
                    (b"content-length", str(len(self.body)).encode()),
                    *self.headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": self.body})
