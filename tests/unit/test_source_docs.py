"""Does the page on sources tell of every transform?"""

from __future__ import annotations

from pathlib import Path

from hub.core.transforms import markdown

PAGE = Path(__file__).parents[2] / "docs" / "add-a-connector.md"


def test_the_page_has_the_table_of_transforms() -> None:
    assert markdown() in PAGE.read_text(encoding="utf-8")
