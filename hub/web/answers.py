"""How does the web process say no: as a page to a person, as a part of a page that keeps
trying, as one JSON line to a program?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from hub.web.templating import render


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a request is not answered as asked, and what to do about it."""

    status: int
    code: str
    title: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_seconds: int | None = None


def wants_page(scope: Scope) -> bool:
    """Whether a person with a browser is asking, and not a program or a part of a page."""
    headers = Headers(scope=scope)
    return "text/html" in headers.get("accept", "") and "hx-request" not in headers


def refuse(scope: Scope, refusal: Refusal) -> Response:
    """The answer that says it, as a page or as one JSON line."""
    headers = dict(refusal.headers) | {"Cache-Control": "no-store"}
    if refusal.retry_seconds:
        headers["Retry-After"] = str(refusal.retry_seconds)
    if "hx-request" in Headers(scope=scope):
        part = render("pulse_refusal.html", refusal=refusal)
        return Response(part, refusal.status, headers, media_type="text/html")
    if wants_page(scope):
        page = render("refusal.html", here="", refusal=refusal, path=scope.get("path", ""))
        return Response(page, refusal.status, headers, media_type="text/html")
    return JSONResponse(
        {"error": refusal.code, "message": refusal.message}, refusal.status, headers
    )
