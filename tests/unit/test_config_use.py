"""Is there a setting that nobody reads?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

import connectors
from hub.config.models import SECTIONS, ConnectionSettings
from hub.config.streams import FieldSettings, GuardSettings, StreamSettings

ROOT = Path(__file__).parents[2]
MODELS: tuple[type[BaseModel], ...] = (
    *SECTIONS.values(),
    ConnectionSettings,
    StreamSettings,
    FieldSettings,
    GuardSettings,
    *connectors.settings_models().values(),
)


def test_every_setting_has_an_effect() -> None:
    source = "\n".join(_sources())
    unread = [
        f"{model.__name__}.{name}"
        for model in MODELS
        for name in model.model_fields
        if not re.search(rf'\.{name}\b|"{name}"', source)
    ]

    assert [] == unread


def _sources() -> Iterator[str]:
    for folder in ("hub", "connectors", "workers"):
        for path in (ROOT / folder).rglob("*.py"):
            # The models may answer a question about their own settings.
            is_asked = path.name == "models.py"
            if is_asked or not {"config", "sandbox", "demo"} & set(path.relative_to(ROOT).parts):
                yield path.read_text(encoding="utf-8")
