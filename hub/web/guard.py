"""Which requests reach the pages at all, and what does every answer carry?

Outermost of the web process: host names, access, foreign origins, security headers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.access import HOOKS, Access, is_loopback
from hub.web.answers import Refusal, refuse

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Hooks prove themselves with a MAC, health is asked by load balancers, styles are no secret.
OPEN_PATHS = (HOOKS, "/health", "/static/")

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _joined(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


STRICT_POLICY = _joined(_POLICY)
# rq-dashboard has an inline script that compiles its templates with `new Function`, and styles
# in attributes.
RQ_POLICY = _joined(
    _POLICY
    | {
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src-attr": "'unsafe-inline'",
    }
)


class Guard:
    """Lets in who may come in; everything else is answered here."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the refusals, pass everything else on with the actor's name in the scope."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        answer = _with_headers(scope, send)
        refusal = self._refusal(scope)
        if refusal is None:
            await self.app(scope, receive, answer)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.code})
        else:
            await refuse(scope, refusal)(scope, receive, answer)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        if not self.access.serves_host(headers.get("host"), scope["path"]):
            return Refusal(
                status=400,
                code="WRONG_HOST",
                title="This hub does not answer to that name",
                message=(
                    "The Host header names no host of this hub. Open it as localhost, or set an"
                    " access token and add the name to allowed_hosts under [web] in hub.toml."
                ),
            )
        if self.access.token is None and not is_loopback((scope.get("server") or ("",))[0]):
            return Refusal(
                status=403,
                code="LOOPBACK_ONLY",
                title="Only this machine may come in",
                message=(
                    "Without an access token the hub answers on this machine only. Set"
                    " HUB_ACCESS_TOKEN to reach it from elsewhere."
                ),
            )
        if is_foreign_write(scope, headers):
            return Refusal(
                status=403,
                code="FOREIGN_ORIGIN",
                title="Another site tried to change something here",
                message=(
                    "A page of another origin may not write to the hub. Send the request from the"
                    " hub's own pages, or from a program without an Origin header."
                ),
            )
        return self._admit(scope, headers)

    def _admit(self, scope: Scope, headers: Headers) -> Refusal | None:
        actor = self.access.actor(headers.get("authorization"))
        if actor is None and not scope["path"].startswith(OPEN_PATHS):
            return Refusal(
                status=401,
                code="ACCESS_TOKEN_NEEDED",
                title="Who are you?",
                message=(
                    "The access token is missing or wrong. Sign in with your name and the token as"
                    " password, or send it as Authorization: Bearer."
                ),
                headers={"WWW-Authenticate": 'Basic realm="Integration Hub", charset="UTF-8"'},
            )
        scope["hub.actor"] = actor or "anonymous"
        return None


def is_foreign_write(scope: Scope, headers: Headers) -> bool:
    """Whether a page of another origin is behind a request that could change something."""
    if scope["type"] == "http" and scope["method"] in READING:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None and scope["type"] == "http":
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _with_headers(scope: Scope, send: Send) -> Send:
    below_rq = scope["path"] == "/rq" or scope["path"].startswith("/rq/")

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = RQ_POLICY if below_rq else STRICT_POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        await send(message)

    return answer
