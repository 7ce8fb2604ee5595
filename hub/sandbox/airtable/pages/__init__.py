"""Which pages does a person see at the stand-in's address, and how are they guarded?

See README.md for the doors they read from. Everything a page loads is served from here, so the
Content-Security-Policy allows this origin only and no inline script or style.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from hub.sandbox.airtable.pages.assets import ImmutableStaticFiles, asset

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def routes(*, title: str = "Airtable stand-in") -> Sequence[BaseRoute]:
    """Answer the people's routes; they stand after the API's own, `/{base_id}` is greedy."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(asset=asset, title=title)

    def page(name: str, **values: str) -> Response:
        return HTMLResponse(templates.get_template(name).render(**values), headers=HEADERS)

    async def bases(request: Request) -> Response:
        return page("bases.html")

    async def base(request: Request) -> Response:
        base_id = request.path_params["base_id"]
        if not base_id.startswith("app"):
            return HTMLResponse(
                templates.get_template("missing.html").render(path=request.url.path),
                status_code=404,
                headers=HEADERS,
            )
        return page("base.html", base_id=base_id)

    return [
        Mount("/static", ImmutableStaticFiles(), name="static"),
        Route("/", bases),
        Route("/{base_id}", base),
        Route("/{base_id}/{table_id}", base),
    ]
