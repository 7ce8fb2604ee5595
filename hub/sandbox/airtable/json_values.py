"""How is JSON read and written so that a JavaScript client sees nothing odd?"""

from __future__ import annotations

import json
from typing import Any, NoReturn

# Whatever came over the wire. The one place where the stand-in gives up on types: every value is
# checked by the code that accepts it.
Json = Any
Fields = dict[str, Json]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def parse(text: str | bytes) -> Json:
    """Strict JSON: NaN and Infinity are refused as a JavaScript server refuses them."""
    return json.loads(text, parse_constant=_refuse_constant)


def dump(value: Json) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair stays an escape, as in JavaScript
        return json.dumps(value, separators=(",", ":")).encode()


def plain_number(value: float) -> int | float:
    """5.0 is written as 5, as a JavaScript server writes it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value
