"""What must never leave in a log line, an alert or an error report?

Secrets that were registered, values under telling keys, and personal data by its shape.
Logs and error reports both pass through here; neither knows a second set of rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

HIDDEN = "[hidden]"
_SHORTEST_SECRET = 6
_secrets: set[str] = set()

_TELLING_KEY = re.compile(
    r"token|authorization|mac_?secret|secret|passw(?:or)?d|api_?key|cookie|\bdsn\b|credential",
    re.IGNORECASE,
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # user:password@host of any URL, before the rule for addresses sees "password@host".
    (re.compile(r"(?<=://)[^\s/@]*@"), "[hidden]@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=._~-]{6,}"), r"\1 [hidden]"),
    # Airtable: personal access tokens and the older keys.
    (re.compile(r"\bpat[A-Za-z0-9]{14}(?:\.[0-9a-f]{16,})?"), HIDDEN),
    (re.compile(r"\bkey[A-Za-z0-9]{14}\b"), HIDDEN),
    (re.compile(r"(?i)\bhmac-sha256=[0-9a-f]{16,}"), "hmac-sha256=[hidden]"),
    (
        re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@((?:[\w-]+\.)+[A-Za-z]{2,})"),
        r"[address]@\1",
    ),
)


def register_secret(value: str | None) -> None:
    """Hide `value` from now on, wherever it turns up. Very short values are no secrets."""
    if value and len(value) >= _SHORTEST_SECRET:
        _secrets.add(value)


def redact_text(text: str) -> str:
    """`text` without secrets, credentials in URLs and the local parts of mail addresses."""
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def is_telling(key: object) -> bool:
    """Whether a value under this key is hidden whatever it looks like."""
    return isinstance(key, str) and bool(_TELLING_KEY.search(key))


def redact(value: Any) -> Any:
    """`value`, a JSON-like structure, with every string in it redacted."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if is_telling(key) and item is not None else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [redact(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return HIDDEN
    return value
