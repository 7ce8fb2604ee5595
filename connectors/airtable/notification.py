"""Did Airtable send this notification?

Protocol: "Webhooks overview" in Airtable's developer documentation. The header
`X-Airtable-Content-MAC: hmac-sha256=<hex>` signs the raw body with the base64-decoded secret.
"""

from __future__ import annotations

import base64
import binascii
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
    except (ValueError, KeyError, TypeError):
        raise InvalidInput(
            "the body is not a notification; expected JSON with base, webhook and timestamp"
        ) from None
    secret = secrets.get(hook)
    expected = signature(body, secret) if secret else signature(body, "")
    if not hmac.compare_digest(expected.encode(), given.encode()) or secret is None:
        raise PermissionLost("the notification's signature does not fit any hook of the connection")
    return hook


def signature(body: bytes, secret: str) -> str:
    """The header value that signs `body` with the base64 `secret`."""
    try:
        key = base64.b64decode(secret)
    except (binascii.Error, ValueError):
        key = b""
    return "hmac-sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
