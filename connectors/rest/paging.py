"""Which request brings the next page? A place is JSON text, kept between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import jmespath

from connectors.rest.calls import Answer
from connectors.rest.settings import (
    CursorPaging,
    LinkHeaderPaging,
    NextUrlPaging,
    NoPaging,
    OffsetPaging,
    PagePaging,
    Paging,
)
from hub.errors import MappingError


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request: an address and its parameters."""

    url: str
    params: Mapping[str, Any]


def ask(paging: Paging, url: str, params: Mapping[str, Any], place: str | None) -> Ask:
    """The request for the page at `place`, the first where it is None."""
    match paging:
        case PagePaging():
            own: dict[str, Any] = {paging.param: int(place) if place else paging.first}
            size_param: str | None = paging.size_param
        case OffsetPaging():
            own, size_param = {paging.param: int(place or 0)}, paging.size_param
        case CursorPaging():
            own, size_param = ({paging.param: place} if place else {}), paging.size_param
        case NextUrlPaging() | LinkHeaderPaging() if place:
            # The address holds every parameter already.
            return Ask(url=place, params={})
        case _:
            own, size_param = {}, None
    if size_param is not None:
        own[size_param] = getattr(paging, "size", None)
    return Ask(url=url, params={**params, **own})


def following(
    paging: Paging, asked: Ask, place: str | None, answer: Answer, count: int
) -> str | None:
    """The place of the next page; None after the last. `count` records came.

    Raises:
        MappingError: what should name the next page does not.
    """
    match paging:
        case NoPaging():
            return None
        case PagePaging():
            return str((int(place) if place else paging.first) + 1) if count else None
        case OffsetPaging():
            return str(int(place or 0) + count) if count else None
        case CursorPaging():
            if paging.more is not None and not jmespath.search(paging.more, answer.body):
                return None
            return _word(jmespath.search(paging.next, answer.body), paging.next)
        case NextUrlPaging():
            found = _word(jmespath.search(paging.next, answer.body), paging.next)
        case LinkHeaderPaging():
            found = answer.next_link
    return urljoin(asked.url, found) if found else None


def _word(found: object, path: str) -> str | None:
    if found is None or found is False or found == "":
        return None
    if isinstance(found, (str, int)):
        return str(found)
    raise MappingError(
        f"[rest] at {path!r} the answer has {type(found).__name__} where the next page should be "
        "named. Correct `paging` in hub.toml."
    )
