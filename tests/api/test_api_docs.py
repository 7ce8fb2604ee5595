"""Does the API's page name every error code there is?"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from graphql import build_schema, parse, validate

from hub_graphql import errors, http, validation, writing

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "graphql" / "README.md").read_text()


def test_every_code_of_the_api_is_explained() -> None:
    codes = {
        kind.code
        for module in (errors, http)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and hasattr(kind, "code")
    }

    assert {"LIMIT_EXCEEDED", "MALFORMED_REQUEST"} <= codes
    assert [code for code in codes if f"`{code}`" not in PAGE] == []


def test_every_code_of_an_item_is_explained() -> None:
    source = inspect.getsource(validation) + inspect.getsource(writing)
    codes = set(re.findall(r'(?:code=|\n\s+|index, )"([A-Z_]{6,})"', source))

    assert {"NOT_UNIQUE", "REQUIRED", "DUPLICATE", "NOT_FOUND"} <= codes
    assert [code for code in codes if f"`{code}`" not in PAGE] == []


def test_operations_shown_in_the_docs_fit_the_published_schema() -> None:
    schema = build_schema((ROOT / "graphql" / "schema.graphql").read_text())
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    shown = [
        (page.name, text)
        for page in pages
        for text in re.findall(r"^```graphql\n(.*?)^```", page.read_text(), re.S | re.M)
    ]

    assert shown
    for name, text in shown:
        assert validate(schema, parse(text)) == [], name
