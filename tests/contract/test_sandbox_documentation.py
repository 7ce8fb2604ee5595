"""Does the page about the stand-in tell what is there, and name checks that exist?"""

from __future__ import annotations

import re
from pathlib import Path

from hub.sandbox.airtable.faults import PING_KINDS, REQUEST_KINDS
from hub.sandbox.airtable.fields.registry import DERIVED, STORED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/airtable-stand-in.md").read_text(encoding="utf-8")


def test_every_named_check_exists() -> None:
    defined = {
        name
        for path in (ROOT / "tests").glob("*/test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert set() == set(re.findall(r"`(test_\w+)`", PAGE)) - defined


def test_every_field_type_is_told() -> None:
    assert [] == [kind for kind in (*STORED, *DERIVED) if not re.search(rf"\b{kind}\b", PAGE)]


def test_every_fault_is_told() -> None:
    assert [] == [kind for kind in (*REQUEST_KINDS, *PING_KINDS) if f"`{kind}`" not in PAGE]
