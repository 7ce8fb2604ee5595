"""How does the same thing get the same id in every build?"""

from __future__ import annotations

import hashlib
import string
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

_NAMESPACE = "integration-hub/demo"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_EPOCH_MILLISECONDS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)


def row_id(seed: int, table: str, *natural_key: str) -> UUID:
    """An id in the shape of a UUIDv7 that depends on nothing but its arguments."""
    digest = _digest(seed, table, natural_key)
    number = int.from_bytes(digest[:16], "big")
    number = _EPOCH_MILLISECONDS << 80 | number & ((1 << 80) - 1)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)


# A record stands in the links of others, a field in every record.
@lru_cache(maxsize=65_536)
def airtable_id(seed: int, prefix: str, *natural_key: str) -> str:
    """An Airtable id, three letters of prefix and 14 of the alphabet, from the same arguments."""
    number = int.from_bytes(_digest(seed, prefix, natural_key), "big")
    letters = []
    for _ in range(14):
        number, index = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[index])
    return prefix + "".join(letters)


def _digest(seed: int, kind: str, natural_key: tuple[str, ...]) -> bytes:
    name = "\x1f".join((_NAMESPACE, str(seed), kind, *natural_key))
    return hashlib.sha256(name.encode()).digest()
