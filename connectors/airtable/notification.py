"""Did Airtable send this notification?

Protocol: "Webhooks overview" in Airtable's developer documentation. The header
`X-Airtable-Content-MAC: hmac-sha256=<hex>` signs the raw body with the base64-decoded secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from hub.errors import InvalidInput, PermissionLost


def verify(body: bytes, headers: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """The id of the hook that signed `body`; `headers` by lower-case name, `secrets` by hook id.

    Raises:
        InvalidInput: the body is not a notification.
        PermissionLost: no known hook signed it.
    """
    given = headers.get("x-airtable-content-mac", "")
    try:
        hook = str(json.loads(body)["webhook"]["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidInput(
            "the body is not a notification; expected JSON with base, webhook and timestamp"
        ) from None
    key = _key(secrets.get(hook, ""))
    fits = hmac.compare_digest(_signed(body, key).encode(), given.encode("utf-8", "replace"))
    # Without a key anybody could sign.
    if not fits or not key:
        raise PermissionLost("the notification's signature does not fit any hook of the connection")
    return hook


def signature(body: bytes, secret: str) -> str:
    """The header value that signs `body` with the base64 `secret`."""
    return _signed(body, _key(secret))


def _signed(body: bytes, key: bytes) -> str:
    return "hmac-sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret, validate=True)
    except ValueError:
        return b""
