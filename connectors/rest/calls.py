"""How does one call reach the API: paced, timed, known to it, its errors ours?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.auth import AuthBase, HTTPBasicAuth

from connectors.rest.doors import InsideTheNetwork, OutsideAdapter
from connectors.rest.settings import (
    Auth,
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    OAuth2ClientAuth,
    OAuth2RefreshAuth,
    Settings,
)
from hub.contract import Limiter, Priority
from hub.errors import (
    ConfigError,
    HubError,
    MappingError,
    PermissionLost,
    QuotaExceeded,
    RateLimited,
    RemoteMissing,
    RemoteUnavailable,
)

CONNECT_SECONDS = 5.0
MOST_REDIRECTS = 5
PENALTY_SECONDS = 10.0
"""How long nobody asks after a 429 that does not say how long."""
SHOWN = 200
Json = Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A JSON answer, and the address of the next page if its header says so."""

    body: Json
    next_link: str | None


class _HeaderKey(AuthBase):
    def __init__(self, name: str, value: str) -> None:
        self._name = name
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._name] = self._value
        return request


class Calls:
    """The calls of one connection. Nothing is sent before the first."""

    def __init__(self, connection: str, settings: Settings, limiter: Limiter) -> None:
        self._connection = connection
        self._settings = settings
        self._limiter = limiter
        self._session: requests.Session | None = None
        self.made = 0

    def url(self, path: str) -> str:
        """The address of a path of the API."""
        return f"{self._settings.base_url}{path}"

    def get(self, url: str, params: Mapping[str, Any], priority: Priority) -> Answer:
        """The answer to a question.

        Raises:
            HubError: of the family that says who must act.
        """
        try:
            return self._followed("GET", url, params, None, priority)
        except HubError:
            raise
        except OAuthError as exc:
            raise PermissionLost(
                f"{self._where(url)} the token was refused ({exc.error}). Correct the client's id, "
                "its secret and its scopes in `auth`."
            ) from exc
        except requests.RequestException as exc:
            raise self._unreached(url, exc) from exc

    def _followed(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any],
        body: Json,
        priority: Priority,
    ) -> Answer:
        """The answer, led on to other addresses of the same server at most."""
        for _ in range(MOST_REDIRECTS + 1):
            self._require_home(url)
            self._limiter.wait(priority)
            self.made += 1
            with self._opened().request(
                method,
                url,
                params=dict(params) or None,
                json=body,
                timeout=(CONNECT_SECONDS, self._settings.request_timeout_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                if not response.is_redirect:
                    return self._answer(url, response)
                url, params = urljoin(url, response.headers["Location"]), {}
        raise RemoteUnavailable(f"{self._where(url)} it leads in circles. Correct `path`.")

    def _require_home(self, url: str) -> None:
        """The key goes to the configured server and to no other."""
        home, there = urlsplit(self._settings.base_url), urlsplit(url)
        if (home.scheme, home.netloc) != (there.scheme, there.netloc):
            raise ConfigError(
                f"{self._where(self._settings.base_url)} it leads to {there.scheme}://"
                f"{there.netloc}, another server, which is not followed. Name that one as "
                "base_url if it is the right one."
            )

    def _opened(self) -> requests.Session:
        if self._session is None:
            self._session = _session(self._settings.auth, self._settings.request_timeout_seconds)
            self._session.headers.update(
                {"Accept": "application/json", "User-Agent": "integration-hub"}
            )
            self._session.headers.update(self._settings.headers)
            # Neither proxies nor passwords of this machine's files.
            self._session.trust_env = False
            if not self._settings.allow_private_network:
                self._session.mount("http://", OutsideAdapter())
                self._session.mount("https://", OutsideAdapter())
        return self._session

    def _answer(self, url: str, response: requests.Response) -> Answer:
        text = self._body(url, response)
        if response.status_code >= 400:
            raise self._refused(url, response, text)
        try:
            body = json.loads(text)
        except ValueError as exc:
            kind = response.headers.get("Content-Type", "no content type")
            raise RemoteUnavailable(
                f"{self._where(url)} it answered {response.status_code} with {kind.split(';')[0]} "
                f"in place of JSON: {_shown(text)}. If it always does, correct `path`."
            ) from exc
        return Answer(body=body, next_link=response.links.get("next", {}).get("url"))

    def _body(self, url: str, response: requests.Response) -> str:
        limit = self._settings.answer_megabytes * 1024 * 1024
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_content(64 * 1024):
            size += len(piece)
            if size > limit:
                raise MappingError(
                    f"{self._where(url)} an answer is larger than "
                    f"{self._settings.answer_megabytes} MB. Ask for smaller pages, or raise "
                    "answer_megabytes."
                )
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")

    def _refused(self, url: str, response: requests.Response, text: str) -> HubError:
        status, where = response.status_code, self._where(url)
        said = _shown(text)
        match status:
            case 401 | 403:
                return PermissionLost(
                    f"{where} it does not let us in ({status}: {said}). Correct `auth` and the "
                    "rights behind it."
                )
            case 404 | 410:
                return RemoteMissing(
                    f"{where} there is nothing ({status}: {said}). Correct `path` or base_url."
                )
            case 402:
                return QuotaExceeded(f"{where} the calls are used up ({said}). See your contract.")
            case 429:
                seconds = _seconds(response.headers.get("Retry-After"))
                self._limiter.penalise(seconds)
                return RateLimited(
                    f"{where} it asks us to wait {seconds:.0f} s.", retry_after_seconds=seconds
                )
            case 408 | 425:
                return RemoteUnavailable(f"{where} it answered {status}; it is tried again.")
            case _ if status < 500:
                return MappingError(
                    f"{where} it refuses the question ({status}: {said}). Correct the stream."
                )
        return RemoteUnavailable(f"{where} it answered {status}; it is tried again.")

    def _unreached(self, url: str, exc: requests.RequestException) -> HubError:
        inside = _cause(exc, InsideTheNetwork)
        if inside is not None:
            return InsideTheNetwork(f"[{self._connection}] {inside.message}")
        if isinstance(exc, requests.exceptions.SSLError):
            return ConfigError(
                f"{self._where(url)} its certificate is not trusted. Correct base_url, or let "
                "its owner mend it."
            )
        what = "took too long" if isinstance(exc, requests.Timeout) else "does not answer"
        return RemoteUnavailable(
            f"{self._where(url)} it {what}; it is tried again.", detail=type(exc).__name__
        )

    def _where(self, url: str) -> str:
        address = urlsplit(url)
        return f"[{self._connection}] {address.scheme}://{address.netloc}{address.path}:"


def _session(auth: Auth | None, timeout: float) -> requests.Session:
    match auth:
        case OAuth2ClientAuth() | OAuth2RefreshAuth():
            return _oauth_session(auth, timeout)
        case _:
            session = requests.Session()
    match auth:
        case BearerAuth():
            token = auth.token.get_secret_value()
            session.auth = _HeaderKey("Authorization", f"Bearer {token}")
        case HeaderAuth():
            session.auth = _HeaderKey(auth.name, auth.value.get_secret_value())
        case BasicAuth():
            session.auth = HTTPBasicAuth(auth.user, auth.password.get_secret_value())
    return session


class _TokenOnDemand(AuthBase):
    """Fetches a token before the first request, and another when it is about to expire."""

    def __init__(self, session: OAuth2Session, auth: OAuth2ClientAuth | OAuth2RefreshAuth) -> None:
        self._session = session
        self._auth = auth

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._session.token
        if not token or token.is_expired():
            token = self._fetched()
        request.headers["Authorization"] = f"Bearer {token['access_token']}"
        return request

    def _fetched(self) -> Mapping[str, Any]:
        auth = self._auth
        if isinstance(auth, OAuth2ClientAuth):
            return self._session.fetch_token(auth.token_url, grant_type="client_credentials")  # type: ignore[no-any-return]  # authlib has no types
        return self._session.refresh_token(  # type: ignore[no-any-return]
            auth.token_url, refresh_token=auth.refresh_token.get_secret_value()
        )


def _oauth_session(auth: OAuth2ClientAuth | OAuth2RefreshAuth, timeout: float) -> requests.Session:
    scope = auth.scope if isinstance(auth, OAuth2ClientAuth) else None
    tokens = OAuth2Session(
        auth.client_id, auth.client_secret.get_secret_value(), scope=scope, default_timeout=timeout
    )
    session = requests.Session()
    session.auth = _TokenOnDemand(tokens, auth)
    return session


def _seconds(header: str | None) -> float:
    try:
        return min(max(float(header or ""), 1.0), 3600.0)
    except ValueError:
        return PENALTY_SECONDS


def _shown(text: str) -> str:
    return " ".join(text.split())[:SHOWN] or "nothing"


def _cause(exc: BaseException, kind: type[InsideTheNetwork]) -> InsideTheNetwork | None:
    seen: BaseException | None = exc
    for _ in range(8):
        if isinstance(seen, kind):
            return seen
        if seen is None:
            return None
        reasons = [seen.__cause__, seen.__context__, getattr(seen, "reason", None), *seen.args]
        seen = next((reason for reason in reasons if isinstance(reason, BaseException)), None)
    return None
