"""What do Airtable's ids look like, and how are new ones made?"""

from __future__ import annotations

import random
import re
import string

ALPHABET = string.ascii_letters + string.digits
_random = random.SystemRandom()
_SHAPE = re.compile(r"[a-z]{3}[A-Za-z0-9]{14}\Z")


def new_id(prefix: str) -> str:
    """A fresh id: three letters that say what it is, then 14 characters."""
    return prefix + "".join(_random.choices(ALPHABET, k=14))


def is_id(text: object, prefix: str) -> bool:
    return isinstance(text, str) and text.startswith(prefix) and _SHAPE.match(text) is not None


def derived_id(prefix: str, text: str) -> str:
    """An id that is the same for the same text, so that a name finds its user again."""
    return prefix + "".join(random.Random(text).choices(ALPHABET, k=14))  # noqa: S311  no secret
