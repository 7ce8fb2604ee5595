"""Which model reads a stream's table, and does it fit: kept equal, or read page by page?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from hub.config.problems import KeyPath, Problem
from hub.config.sources import SourceEntry, SourceStreamSettings
from hub.config.validation import salvaged, validated

_GENERAL = tuple(field.alias or name for name, field in SourceStreamSettings.model_fields.items())
_TELLS_TWO_WAY = ("hub_id_field", "direction", "on_first_match", "conflict", "modified_field")
_TELLS_SOURCE = ("dataset", "key", "every", "cron", "cursor", "append")


class AnyOwnKeys(BaseModel):
    """Stands for a kind's own keys of a stream where a process asked for no check of them."""


@runtime_checkable
class KnowsStreams(Protocol):
    """The models of the kinds, where they know their streams, too."""

    streams: dict[str, type[BaseModel]]
    two_way: frozenset[str]


def stream_model(models: object, kind: str) -> type[BaseModel]:
    """What a stream of this kind may say beside what every source stream may."""
    if isinstance(models, KnowsStreams):
        return models.streams.get(kind, AnyOwnKeys)
    return AnyOwnKeys


def is_source_stream(models: object, kind: str, table: Mapping[str, object]) -> bool:
    """Whether the stream is read page by page: by its kind, and where that can both, by its keys.

    A stream that is kept equal says so with `hub_id_field`, `direction` or a policy.
    """
    if isinstance(models, KnowsStreams):
        if kind not in models.streams:
            return False
        return kind not in models.two_way or not any(name in table for name in _TELLS_TWO_WAY)
    if any(name in table for name in _TELLS_TWO_WAY):
        return False
    return any(name in table for name in _TELLS_SOURCE) or "entity" not in table


def read_source_stream(
    connection: str,
    name: str,
    table: Mapping[str, object],
    model: type[BaseModel],
    key: KeyPath,
    *,
    written: object,
    problems: list[Problem],
) -> SourceEntry | None:
    """The stream of a source, or what of it fits; every problem is added to `problems`."""
    general = {item: value for item, value in table.items() if item in _GENERAL}
    own_names = tuple(field.alias or item for item, field in model.model_fields.items())
    # A kind may have a word of its own for what every stream may say.
    rest = {
        item: value for item, value in table.items() if item not in _GENERAL or item in own_names
    }
    common = validated(
        SourceStreamSettings, general, key, written=written, problems=problems, beside=own_names
    ) or salvaged(SourceStreamSettings, general)
    own = validated(model, rest, key, written=written, problems=problems, beside=_GENERAL)
    if common is None or own is None:
        return None
    return SourceEntry(
        **{field: getattr(common, field) for field in SourceStreamSettings.model_fields},
        connection=connection,
        name=name,
        own=own,
    )
