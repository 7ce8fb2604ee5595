"""Under which address is a static file served, and how long may a browser keep it?

The address of a file changes with its content, so a browser may keep it for a year: vendored
files carry their hash in their name (`vendor/manifest.json`), our own stand below a folder named
after a digest of all of them (`/static/v-1a2b3c4d5e/js/main.js`), so that the relative imports of
ES modules stay inside one version.

The stand-in's pages import nothing of the hub; `.ci/vendor.py` keeps their copy of this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
VERSIONED = re.compile(r"v-([0-9a-f]{10})/(.+)")
IMMUTABLE = "public, max-age=31536000, immutable"


@cache
def vendored() -> dict[str, str]:
    """Answer the hashed file name of each vendored file, by the name templates use."""
    manifest = json.loads((VENDOR / "manifest.json").read_text())
    return {name: str(entry["file"]) for name, entry in manifest.items()}


@cache
def version() -> str:
    """Answer ten digits that stand for the content of all our own static files."""
    seen = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and VENDOR not in path.parents:
            seen.update(path.relative_to(STATIC).as_posix().encode() + b"\0")
            seen.update(path.read_bytes() + b"\0")
    return seen.hexdigest()[:10]


def asset(name: str, prefix: str = "/static") -> str:
    """Answer the address of a static file: `htmx.org/htmx.min.js` (vendored) or `css/base.css`."""
    if name in vendored():
        return f"{prefix}/vendor/{vendored()[name]}"
    if not (STATIC / name).is_file():
        known = ", ".join(sorted(vendored()))
        raise LookupError(f"no static file {name!r}; add it to {STATIC.name}/, or use: {known}")
    return f"{prefix}/v-{version()}/{name}"


class ImmutableStaticFiles(StaticFiles):
    """The static folder, with a year of caching for addresses that name a content."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file; an address of an older version answers today's file, not kept."""
        place = path.replace(os.sep, "/")
        found = VERSIONED.fullmatch(place)
        response = await super().get_response(found[2] if found else path, scope)
        named = found[1] == version() if found else is_hashed(place)
        response.headers["Cache-Control"] = IMMUTABLE if named else "no-cache"
        return response


def is_hashed(place: str) -> bool:
    """Answer whether a path in the static folder is a vendored file with its hash in its name."""
    return place.startswith("vendor/") and place.removeprefix("vendor/") in vendored().values()
