"""Who wins, and which way do values flow? The choices that a stream or a field can be given."""

from __future__ import annotations

import enum


class Direction(enum.StrEnum):
    """Which way a field's values flow."""

    TWO_WAY = "two-way"
    TO_HUB = "to_hub"
    TO_SOURCE = "to_source"


class ConflictPolicy(enum.StrEnum):
    """Whose value stands when both sides changed a field differently."""

    LATEST = "latest"
    HUB = "hub"
    SOURCE = "source"
    ASK = "ask"


class FirstMatchPolicy(enum.StrEnum):
    """Whose value stands when a row and a record meet for the first time and differ."""

    SOURCE = "source"
    HUB = "hub"
    ASK = "ask"


class DeletePolicy(enum.StrEnum):
    """What a deletion at one side means for the other."""

    TOMBSTONE = "tombstone"
    RESTORE = "restore"
    IGNORE = "ignore"


class UpdateMode(enum.StrEnum):
    """When a mapped value from the other side may be written over what the hub has."""

    OVERWRITE = "overwrite"
    SET_IF_NEW = "set_if_new"
    SET_IF_EMPTY = "set_if_empty"
    APPEND = "append"
