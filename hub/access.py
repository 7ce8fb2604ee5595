"""Who may come in, by which name, and on which hosts?"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hub.errors import ConfigError

LOCAL_ACTOR = "local"
TOKEN_ACTOR = "api"  # noqa: S105  # a name, not a token
HOOKS = "/hooks/"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_LONGEST_ACTOR = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_loopback(host: str | None) -> bool:
    """Whether `host` can be reached from this machine only. A socket file counts as such."""
    if not host or host.startswith("/") or host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The one access token, if there is one, and the host names the hub answers to.

    `public_host` is the name under which the outside rings at the hooks. Without a token nothing
    but the hooks answers to it, whatever tunnel or proxy brings the request here.
    """

    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    public_host: str | None = None

    def check_bind(self, host: str | None) -> None:
        """Refuse to be reachable from outside while anybody could come in.

        Raises:
            ConfigError: `host`, or a name to answer to, is not loopback and there is no token.
        """
        if self.token is not None:
            return
        if not is_loopback(host):
            raise ConfigError(
                f'The web process is to listen on "{host}", but no access token is set, so that'
                " anybody who reaches that address could read and change everything. Set"
                " HUB_ACCESS_TOKEN, or listen on 127.0.0.1."
            )
        for name in self.hosts:
            if not is_loopback(name):
                raise ConfigError(
                    f'[web] allowed_hosts names "{name}", but no access token is set, so that'
                    " anybody who comes by that name could read and change everything. Set"
                    " HUB_ACCESS_TOKEN, or take the name out; hooks need only [hub] public_url."
                )

    def serves_host(self, header: str | None, path: str = "/") -> bool:
        """Whether a request with this Host header is meant for us (DNS rebinding is not)."""
        try:
            name = urlsplit(f"//{header or ''}").hostname
        except ValueError:
            return False
        if name is None:
            return False
        if name == self.public_host:
            return self.token is not None or path.startswith(HOOKS)
        allowed = {host.casefold().strip("[]") for host in (*LOOPBACK_NAMES, *self.hosts)}
        return name in allowed or "*" in allowed

    def actor(self, authorization: str | None) -> str | None:
        """The name of who comes with this Authorization header; None when nobody may."""
        if self.token is None:
            return LOCAL_ACTOR
        scheme, _, credentials = (authorization or "").partition(" ")
        if scheme.casefold() == "bearer":
            return TOKEN_ACTOR if self._fits(credentials.strip()) else None
        if scheme.casefold() == "basic":
            try:
                name, _, password = (
                    base64.b64decode(credentials, validate=True).decode().partition(":")
                )
            except (binascii.Error, UnicodeDecodeError):
                return None
            clean = _CONTROL.sub("", name).strip()[:_LONGEST_ACTOR]
            return (clean or TOKEN_ACTOR) if self._fits(password) else None
        return None

    def _fits(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), (self.token or "").encode())


def listening_host(arguments: Sequence[str], environment_host: str | None) -> str | None:
    """The host that uvicorn was told to listen on; None where nothing was said."""
    host = environment_host
    for position, argument in enumerate(arguments):
        if argument == "--host" and position + 1 < len(arguments):
            host = arguments[position + 1]
        elif argument.startswith("--host="):
            host = argument.removeprefix("--host=")
    return host
